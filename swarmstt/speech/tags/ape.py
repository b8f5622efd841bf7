"""The APEv2 tag at the end of an MP3, as rippers of the first years wrote it. FFmpeg reads it in other kinds of files.

What is there has come from anywhere: nothing is believed beyond the bytes that are there.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from pathlib import Path

from swarmstt.files import open_regular

_FOOTER = struct.Struct("<8sIIII8x")
_ITEM = struct.Struct("<II")
_MARK = b"APETAGEX"
_ID3V1_BYTES = 128
_MOST_BYTES = 2**20
_MOST_ITEMS = 200
_IS_TEXT = 0b110
"""These bits of an item's flags are 0 if it is a text."""
_USUAL = {"year": "date", "album artist": "album_artist"}
"""What FFmpeg calls some of them."""


def ape_tags(path: Path) -> Mapping[str, str]:
    """Returns the texts of a file's APE tag by their names in small letters; nothing if it has none. OSError if the
    file cannot be read."""
    with open_regular(path) as file:
        size = file.seek(0, 2)
        for behind in (0, _ID3V1_BYTES):
            start = size - behind - _FOOTER.size
            if start < 0:
                break
            file.seek(start)
            mark, _, length, count, _ = _FOOTER.unpack(file.read(_FOOTER.size))
            if mark == _MARK and _FOOTER.size < length <= min(_MOST_BYTES, start + _FOOTER.size):
                file.seek(start + _FOOTER.size - length)
                return dict(_texts(file.read(length - _FOOTER.size), min(count, _MOST_ITEMS)))
    return {}


def _texts(items: bytes, count: int) -> Iterator[tuple[str, str]]:
    at = 0
    for _ in range(count):
        key_start = at + _ITEM.size
        key_end = items.find(b"\0", key_start)
        if key_end < 0:
            return
        length, flags = _ITEM.unpack_from(items, at)
        at = key_end + 1 + length
        if at > len(items):
            return
        name = items[key_start:key_end].decode("ascii", "ignore").lower()
        if name and not flags & _IS_TEXT:  # several values are parted by a zero byte
            value = items[key_end + 1 : at].replace(b"\0", b", ")
            yield _USUAL.get(name, name), value.decode("utf-8", "surrogateescape")
