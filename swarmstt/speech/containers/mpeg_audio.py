"""MP3 has no container: frame follows frame, between tags. Where the first frame is, and what it says of the others."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

from swarmstt.speech.containers.found_part import Part, lacking, read_at

LEAST_HOLE_BYTES = 2_048
"""Less than this between frames is what encoders and cutters leave there."""

_SEARCHED_BYTES = 8 * 2**20
_FRAMES_IN_A_ROW = 4
_MOST_TAGS = 100
_BIT_RATES = {  # in kbit/s, by (is MPEG 1, layer)
    (True, 1): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The header of an MPEG audio frame."""

    version: int
    layer: int
    rate: int
    is_mono: bool
    length: int
    seconds: float

    def goes_with(self, other: Frame) -> bool:
        """Says if both can be of one stream."""
        return (self.version, self.layer, self.rate) == (other.version, other.layer, other.rate)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What the header in the first frame counts, itself among the bytes; None where it does not say."""

    seconds: float | None
    byte_count: int | None


def frame_at(head: bytes) -> Frame | None:
    """Reads the four bytes of a frame's header; None if they are not one."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer = head[1] >> 3 & 3, 4 - (head[1] >> 1 & 3)
    rates, bits, rate_index = _RATES.get(version), head[2] >> 4, head[2] >> 2 & 3
    if rates is None or layer == 4 or bits in (0, 15) or rate_index == 3:
        return None
    rate, bit_rate = rates[rate_index], 1000 * _BIT_RATES[version == 3, layer][bits]
    samples = 384 if layer == 1 else 576 if layer == 3 and version != 3 else 1152
    padding = head[2] >> 1 & 1
    length = (12 * bit_rate // rate + padding) * 4 if layer == 1 else samples // 8 * bit_rate // rate + padding
    return Frame(
        version=version,
        layer=layer,
        rate=rate,
        is_mono=head[3] >> 6 == 3,
        length=length,
        seconds=samples / rate,
    )


def after_tags(file: BinaryIO, start: int, end: int, *, with_flac_head: bool = True) -> int:
    """Returns where the tags that begin here end: ID3v2, APEv2, ID3v1, Lyrics3, and the head of a FLAC file."""
    for _ in range(_MOST_TAGS):
        head = read_at(file, start, 32)
        length = _tag_bytes(file, start, head) if with_flac_head or not head.startswith(b"fLaC") else 0
        if not length or start >= end:
            break
        start = min(end, start + length)
    return start


def _tag_bytes(file: BinaryIO, start: int, head: bytes) -> int:
    if head.startswith(b"ID3") and len(head) >= 10:
        size = sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))
        return 10 + size + (10 if head[5] & 0x10 else 0)
    if head.startswith(b"TAG+"):
        return 227
    if head.startswith(b"TAG"):
        return 128
    if head.startswith(b"APETAGEX") and len(head) >= 24:
        size, is_header = struct.unpack("<I", head[12:16])[0], head[23] & 0x20
        return size + 32 if is_header else 32
    if head.startswith(b"LYRICSBEGIN"):
        return _lyrics_bytes(read_at(file, start, 2**16))
    if head.startswith(b"fLaC"):
        return _flac_head_bytes(file, start)
    return 0


def _lyrics_bytes(content: bytes) -> int:
    ends = [content.find(mark) + len(mark) for mark in (b"LYRICS200", b"LYRICSEND") if mark in content]
    return min(ends, default=0)


def _flac_head_bytes(file: BinaryIO, start: int) -> int:
    place = start + 4
    for _ in range(_MOST_TAGS):
        head = read_at(file, place, 4)
        if len(head) < 4:
            break
        place += 4 + int.from_bytes(head[1:], "big")
        if head[0] & 0x80:
            break
    return place - start


def first_frame(file: BinaryIO, start: int) -> int | None:
    """Returns where the first of several frames in a row begins, from `start` on; None if none is near."""
    content = read_at(file, start, _SEARCHED_BYTES)
    place = content.find(b"\xff")
    while place >= 0:
        if _are_frames(content, place):
            return start + place
        place = content.find(b"\xff", place + 1)
    return None


def _are_frames(content: bytes, place: int) -> bool:
    first = frame_at(content[place : place + 4])
    frame = first
    for _ in range(_FRAMES_IN_A_ROW - 1):
        if first is None or frame is None or not frame.goes_with(first):
            return False
        place += frame.length
        if place >= len(content):
            return True  # a short file, or a search that ends here
        frame = frame_at(content[place : place + 4])
    return first is not None and frame is not None and frame.goes_with(first)


def counted(file: BinaryIO, start: int) -> Counted | None:
    """Returns what the frame at this place says if it is a header (Xing, Info or VBRI), which holds no sound."""
    content = read_at(file, start, 256)
    frame = frame_at(content[:4])
    if frame is None or frame.layer != 3:
        return None
    side = (17 if frame.is_mono else 32) if frame.version == 3 else (9 if frame.is_mono else 17)
    for place in {4 + side, 6 + side}:  # behind a checksum, some say
        if content[place : place + 4] in (b"Xing", b"Info"):
            return _xing(content[place + 4 :], frame)
    if content[36:40] == b"VBRI" and len(content) >= 54:
        byte_count, frame_count = struct.unpack(">II", content[46:54])
        return Counted(seconds=frame_count * frame.seconds or None, byte_count=byte_count or None)
    return None


def _xing(content: bytes, frame: Frame) -> Counted:
    flags, place = struct.unpack(">I", content[:4].rjust(4, b"\0"))[0], 4
    numbers: list[int | None] = []
    for flag in (1, 2):
        number = struct.unpack(">I", content[place : place + 4].rjust(4, b"\0"))[0] if flags & flag else 0
        numbers.append(number or None)
        place += 4 if flags & flag else 0
    frame_count, byte_count = numbers
    return Counted(seconds=frame_count * frame.seconds if frame_count else None, byte_count=byte_count)


def mp3_part(file: BinaryIO, size: int) -> tuple[Part, Counted | None]:
    """Returns what of an MP3 is to be read, and what its header counts.

    What lies between its tags and its first frame is passed over: decoded, it would be noise. Sound was lost there
    unless that frame is the header, which an encoder writes before all others.
    """
    tags_end = after_tags(file, 0, size)
    first = first_frame(file, tags_end)
    if first is None:
        return Part(start=0, end=size), None
    said = counted(file, first)
    before = first - tags_end
    missing = lacking(size - first, said.byte_count or 0) if said else 0.0
    if before < LEAST_HOLE_BYTES:
        return Part(start=0, end=size, missing=missing), said
    frame = frame_at(read_at(file, first, 4))
    lost = 0.0 if said or frame is None else before * frame.seconds / frame.length
    tags = (0, tags_end) if tags_end else None
    return Part(start=first, end=size, missing=missing, tags=tags, missing_before=lost), said
