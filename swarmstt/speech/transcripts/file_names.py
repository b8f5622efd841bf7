"""File names for transcripts that every system takes."""

from __future__ import annotations

from swarmstt.core.file_names import allowed_text, shortened
from swarmstt.display_text import cut_to_utf16

MOST_NAME_BYTES = 255
"""The longest file name, in bytes of UTF-8, that the usual file systems take."""


def file_stem(name: str, number: int, suffix_bytes: int, most_units: int | None = None) -> str:
    """Makes a stem of a book's name for its `number`th try (from 1), with room for a suffix of so many bytes.
    `most_units`: how many UTF-16 units the name may have with the suffix, where the folder leaves room for no more."""
    ending = f" ({number})" if number > 1 else ""
    room = MOST_NAME_BYTES - suffix_bytes - len(ending)
    stem = shortened(allowed_text(name), room)
    if most_units is not None:
        stem = cut_to_utf16(stem, max(1, most_units - suffix_bytes - len(ending))).rstrip(". ")
    return (stem or "transcript") + ending
