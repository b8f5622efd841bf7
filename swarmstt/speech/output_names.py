"""File names for transcripts that every system takes."""

from __future__ import annotations

from swarmstt.core.file_names import allowed_text, shortened

MOST_NAME_BYTES = 255
"""The longest file name, in bytes of UTF-8, that the usual file systems take."""


def file_stem(name: str, number: int, suffix_bytes: int) -> str:
    """A stem from a book's name for its `number`th try (from 1) that leaves room for a suffix of so many bytes."""
    ending = f" ({number})" if number > 1 else ""
    room = MOST_NAME_BYTES - suffix_bytes - len(ending)
    stem = shortened(allowed_text(name), room)
    return (stem or "transcript") + ending
