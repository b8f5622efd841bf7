"""Which pictures are fit to be shown: JPEG and PNG, not too large, by what their headers say."""

from __future__ import annotations

import struct

MOST_BYTES = 4 * 2**20
MOST_PIXELS_WIDE = 4096
"""A picture of a few bytes can hold so many pixels that whoever shows it is out of memory."""

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_SIZES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""Markers of a JPEG that say how large it is (ITU T.81, table B.1)."""
_BARE = frozenset({0x01, *range(0xD0, 0xD9)})
"""Markers without a length."""


def picture_type(content: bytes) -> str | None:
    """Returns the content type of a picture; None for anything else, and for one that is too large."""
    if len(content) > MOST_BYTES:
        return None
    if content.startswith(_PNG):
        kind, size = "image/png", _png_size(content)
    elif content.startswith(_JPEG):
        kind, size = "image/jpeg", _jpeg_size(content)
    else:
        return None
    return kind if size is not None and all(0 < each <= MOST_PIXELS_WIDE for each in size) else None


def _png_size(content: bytes) -> tuple[int, int] | None:
    """Returns width and height, which the first block has."""
    if content[12:16] != b"IHDR" or len(content) < 24:
        return None
    width, height = struct.unpack(">II", content[16:24])
    return width, height


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    """Returns width and height, of the first block that says them."""
    place = 2
    while place + 9 <= len(content) and content[place] == 0xFF:
        marker = content[place + 1]
        if marker == 0xFF:
            place += 1
        elif marker in _BARE:
            place += 2
        elif marker in _SIZES:
            height, width = struct.unpack(">HH", content[place + 5 : place + 9])
            return width, height
        else:
            place += 2 + max(2, int.from_bytes(content[place + 2 : place + 4], "big"))
    return None
