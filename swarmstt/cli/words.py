"""How the command line says things: times as a person says them."""

from __future__ import annotations


def about(seconds: float) -> str:
    """A length of time in words: "about 14 minutes"."""
    if seconds < 50:
        return f"about {max(5, round(seconds / 5) * 5)} seconds"
    minutes = round(seconds / 60)
    if minutes < 100:
        return f"about {minutes} minute" + ("s" if minutes != 1 else "")
    hours = round(seconds / 360) / 10
    return f"about {hours:g} hours"


def clock(seconds: float) -> str:
    """A place in a book: 1:02:03."""
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
