"""Text that came from outside, made fit to be shown."""

from __future__ import annotations

MOST_NAME_LETTERS = 200
"""Names of PCs, models and devices."""


def one_line(text: str, most_letters: int = MOST_NAME_LETTERS) -> str:
    """What another PC wrote, fit for a log, a screen or a database: printable, on one line, not too long."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text[: 4 * most_letters])
    return " ".join(printable.split())[:most_letters].rstrip()
