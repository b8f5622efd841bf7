"""What a file's own header says and the decoder does not: copy protection, and how long an MP3 should be."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

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
    with path.open("rb") as file:
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
    with path.open("rb") as file:
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


def missing_part(path: Path) -> float:
    """The part (0..1) of an MP3's or WAV's audio that its header counts and the file lacks; 0 if it doesn't say."""
    with path.open("rb") as file:
        if file.read(4) == b"RIFF":
            return _wav_missing_part(file)
        file.seek(0)
        audio_start = _after_id3(file.read(10))
        file.seek(audio_start)
        head = file.read(4096)
        size = file.seek(0, 2)
    place = max(head.find(b"Xing"), head.find(b"Info"))
    if place < 0 or len(head) < place + 16:
        return 0.0
    flags, _, byte_count = struct.unpack(">III", head[place + 4 : place + 16])
    held = size - audio_start
    if flags & 3 != 3 or byte_count == 0:
        return 0.0
    return max(0.0, 1.0 - float(held) / float(byte_count))


def _wav_missing_part(file: BinaryIO) -> float:
    """A WAV whose writer could not go back says 0 or the largest size there is: that counts nothing."""
    size = file.seek(0, 2)
    start = 12
    for _ in range(_MOST_BOXES):
        file.seek(start)
        header = file.read(8)
        if len(header) < 8:
            return 0.0
        kind, length = struct.unpack("<4sI", header)
        start += 8
        if kind == b"data":
            return max(0.0, 1.0 - float(size - start) / float(length)) if 0 < length < 0x7FFFFFFF else 0.0
        start += length + length % 2
    return 0.0


def _after_id3(head: bytes) -> int:
    """Where an ID3v2 tag ends (its size is four bytes of seven bits)."""
    if len(head) < 10 or not head.startswith(b"ID3"):
        return 0
    return 10 + sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))
