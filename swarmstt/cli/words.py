"""How the command line says things: times as a person says them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any


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


def marks_of(books: Iterable[dict[str, Any]]) -> dict[str, str]:
    """What tells books of one title apart, by id, as on the page (web/static/words.js): what differs of file, folder,
    model, task and time."""
    marks: dict[str, list[str]] = {}
    for alike in _groups(books, lambda book: book["title"] or book["filename"]):
        _mark(alike, _FEATURES, marks)
    return {book_id: ", ".join(filter(None, texts)) for book_id, texts in marks.items()}


def _mark(alike: list[dict[str, Any]], features: Sequence[_Feature], marks: dict[str, list[str]]) -> None:
    if len(alike) < 2 or not features:
        return
    differs, *others = features
    for same in _groups(alike, differs):
        if len(same) < len(alike):
            for book in same:
                marks.setdefault(book["book_id"], []).append(differs(book))
        _mark(same, others, marks)


def _groups(books: Iterable[dict[str, Any]], key: _Feature) -> list[list[dict[str, Any]]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for book in books:
        groups.setdefault(key(book), []).append(book)
    return list(groups.values())


_Feature = Callable[[dict[str, Any]], str]
_FEATURES: tuple[_Feature, ...] = (
    lambda book: book["filename"],
    lambda book: f"in {book['folder']}" if book.get("folder") else "",
    lambda book: book["model"],
    lambda book: "into English" if book["task"] == "translate" else "",
    lambda book: f"added {book['added_at'][:16].replace('T', ' ')}",
)
