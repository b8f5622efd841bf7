"""File names for transcripts that every system takes."""

from __future__ import annotations

import re

MOST_NAME_BYTES = 255
"""The longest file name, in bytes of UTF-8, that the usual file systems take."""

_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?=\.|$)", re.IGNORECASE)
"""Devices on Windows, whatever follows the first dot."""


def file_stem(name: str, number: int, suffix_bytes: int) -> str:
    """A stem from a book's name for its `number`th try (from 1) that leaves room for a suffix of so many bytes."""
    # Names of some systems hold bytes that are no text; they become question marks, which Windows forbids.
    printable = name.encode("utf-8", "replace").decode("utf-8")
    stem = _FORBIDDEN.sub("_", printable).strip().rstrip(". ")
    if _RESERVED.match(stem):
        stem = f"_{stem}"
    ending = f" ({number})" if number > 1 else ""
    room = MOST_NAME_BYTES - suffix_bytes - len(ending)
    stem = stem.encode("utf-8")[:room].decode("utf-8", "ignore").rstrip(". ")  # without half a character at the cut
    return (stem or "transcript") + ending
