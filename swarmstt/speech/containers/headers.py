"""What a file's own header says and the decoder does not: copy protection, and where an MP4's sound ends."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from swarmstt.files import open_regular

_PROTECTED_ENTRIES = frozenset({b"drms", b"drmi", b"enca", b"encv", b"aavd"})
_PROTECTED_BRANDS = frozenset({b"aax ", b"aaxc"})
_BOXES_ON_THE_WAY = (b"moov", b"trak", b"mdia", b"minf", b"stbl")
"""Each inside the one before it."""
_MOST_BOXES = 2_000
_ASF_HEADER = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_ASF_ENCRYPTION = (
    bytes.fromhex("fbb31122 23bdd211 b4b700a0 c955fc6e"),
    bytes.fromhex("14e68a29 2226174c b935dae0 7ee9289c"),
)
"""Content Encryption and Extended Content Encryption objects (ASF specification, section 10.1)."""

_HEAD_BYTES = 2**16


def is_protected(path: Path) -> bool:
    """Whether this is an MP4 or WMA file with copy protection."""
    with open_regular(path) as file:
        head = file.read(_HEAD_BYTES)
        if head.startswith(_ASF_HEADER):
            return any(guid in head for guid in _ASF_ENCRYPTION)
        if head[4:8] != b"ftyp":
            return False
        if head[8:12] in _PROTECTED_BRANDS:
            return True
        file.seek(0, 2)
        return any(entry in _PROTECTED_ENTRIES for entry in _sample_entries(file, 0, file.tell(), [0]))


def media_end(path: Path) -> int:
    """Where the audio's bytes end: in an MP4 behind its last mdat box (an index may follow), else the file's size."""
    with open_regular(path) as file:
        size = file.seek(0, 2)
        end = 0
        file.seek(0)
        if file.read(8)[4:8] != b"ftyp":
            return size
        for kind, _, box_end in _boxes(file, 0, size, [0]):
            if kind == b"mdat":
                end = box_end
    return end or size


def _sample_entries(file: BinaryIO, start: int, end: int, seen: list[int], depth: int = 0) -> Iterator[bytes]:
    """The first sample entry of each track."""
    for kind, body, box_end in _boxes(file, start, end, seen):
        if kind in _BOXES_ON_THE_WAY[depth:]:
            yield from _sample_entries(file, body, box_end, seen, depth + 1)
        elif kind == b"stsd":
            file.seek(body + 12)  # behind version, flags, count, and the entry's size
            yield file.read(4)


def _boxes(file: BinaryIO, start: int, end: int, seen: list[int]) -> Iterator[tuple[bytes, int, int]]:
    """Kind, body and end of the boxes that follow one another here; no more than `_MOST_BOXES` in all."""
    while start + 8 <= end and seen[0] < _MOST_BOXES:
        seen[0] += 1
        file.seek(start)
        header = file.read(16)
        if len(header) < 8:
            return
        size, kind = struct.unpack(">I4s", header[:8])
        body = start + 8
        if size == 1 and len(header) >= 16:
            size, body = struct.unpack(">Q", header[8:16])[0], start + 16
        box_end = end if size == 0 else min(end, start + size)
        if box_end <= start or box_end < body:
            return
        yield kind, body, box_end
        start = box_end
