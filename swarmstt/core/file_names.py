"""What every system takes in a file name, and the order in which a person counts files."""

from __future__ import annotations

import re
import unicodedata

FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
"""Signs that some system takes in no file name."""

_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?=\.|$)", re.IGNORECASE)
"""Devices on Windows, whatever follows the first dot."""

_NaturalPart = tuple[tuple[int, int, str], ...]


def allowed_text(name: str) -> str:
    """The name without what some system forbids: each such sign is an underscore, and one stands before a device."""
    # Names of some systems hold bytes that are no text; they become question marks, which Windows forbids.
    printable = name.encode("utf-8", "replace").decode("utf-8")
    text = FORBIDDEN.sub("_", printable).strip().rstrip(". ")
    return f"_{text}" if _RESERVED.match(text) else text


def shortened(text: str, most_bytes: int) -> str:
    """The text in so many bytes of UTF-8, without half a character at the cut, and without dots or spaces there."""
    return text.encode("utf-8")[:most_bytes].decode("utf-8", "ignore").rstrip(". ")


def natural_key(path: tuple[str, ...]) -> tuple[tuple[_NaturalPart, ...], tuple[str, ...]]:
    """Orders paths, given in their parts: "2" before "10" in each part, letters regardless of case, the last part
    without its suffix; ties by the exact names."""
    stem = path[-1].rpartition(".")[0] or path[-1]
    return tuple(_natural_part(part) for part in (*path[:-1], stem)), path


def _natural_part(part: str) -> _NaturalPart:
    pieces = re.split(r"(\d{1,18})", unicodedata.normalize("NFC", part).casefold())
    return tuple((0, int(piece), "") if piece.isdecimal() else (1, 0, piece) for piece in pieces if piece)
