"""Sound without compression, behind a header that counts its bytes: WAV, AIFF, Wave64, CAF and AU.

Headers count wrongly: a writer into a pipe could not go back, a recorder died, a size over 4 GB wrapped around, two
files were joined. What is there is read.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

from swarmstt.speech.containers.bare_frames import begin_at
from swarmstt.speech.containers.found_part import HEADS, Part, find, is_zero, lacking, read_at

_WRAP = 2**32
_MOST_CHUNKS = 2_000
_LEAST_MORE_BYTES = 2_048
"""Less than this behind the sound is what programs leave there."""

_TAGS = (b"ID3", b"TAG", b"APETAGEX", b"LYRICS")
_W64_RIFF = bytes.fromhex("726966662e91cf11a5d628db04c10000")
_W64_DATA = bytes.fromhex("64617461f3acd3118cd100c04f8edb8a")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """How one of these formats is built. `length` tells how many bytes of a chunk's header stand before its content,
    and how long that is; `patch` makes the bytes that tell another length of the sound."""

    start: re.Pattern[bytes]
    first_chunk: int
    data: bytes
    header_bytes: int
    length: Callable[[bytes], int]
    patch: Callable[[int], bytes]
    padded: int = 1
    skipped: int = 0
    """Bytes of the data chunk before the sound."""


_WAV = _Kind(
    start=re.compile(rb"(?:RIFF|RF64|BW64)....WAVE", re.DOTALL),
    first_chunk=12,
    data=b"data",
    header_bytes=8,
    length=lambda header: int(struct.unpack("<I", header[4:8])[0]),
    patch=lambda length: struct.pack("<I", min(length, 0xFFFFFFFF)),
    padded=2,
)
_WAV_BIG_ENDIAN = _Kind(
    start=re.compile(rb"RIFX....WAVE", re.DOTALL),
    first_chunk=12,
    data=b"data",
    header_bytes=8,
    length=lambda header: int(struct.unpack(">I", header[4:8])[0]),
    patch=lambda length: struct.pack(">I", min(length, 0xFFFFFFFF)),
    padded=2,
)
_AIFF = _Kind(
    start=re.compile(rb"FORM....AIF[FC]", re.DOTALL),
    first_chunk=12,
    data=b"SSND",
    header_bytes=8,
    length=lambda header: int(struct.unpack(">I", header[4:8])[0]),
    patch=lambda length: struct.pack(">I", min(length + 8, 0x7FFFFFFF)),
    padded=2,
    skipped=8,
)
_CAF = _Kind(
    start=re.compile(rb"caff\x00\x01\x00\x00desc", re.DOTALL),
    first_chunk=8,
    data=b"data",
    header_bytes=12,
    length=lambda header: int(struct.unpack(">Q", header[4:12])[0]),
    patch=lambda length: struct.pack(">Q", length + 4),
    skipped=4,
)
_W64 = _Kind(
    start=re.compile(re.escape(_W64_RIFF) + rb".{8}wave", re.DOTALL),
    first_chunk=40,
    data=_W64_DATA,
    header_bytes=24,
    length=lambda header: max(0, int(struct.unpack("<Q", header[16:24])[0]) - 24),
    patch=lambda length: struct.pack("<Q", length + 24),
    padded=8,
)
_KINDS = (_WAV, _WAV_BIG_ENDIAN, _AIFF, _CAF, _W64)
_AU = re.compile(rb"\.snd\0\0..", re.DOTALL)
_AU_HEAD_BYTES = 24
_LONGEST_START = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sound:
    """Where the sound of a container begins, how many bytes of it the header counts (None: it does not say), and where
    it says so in 64 bits, if it does."""

    first: int
    length: int | None
    long_length_at: int | None = None


def parts(file: BinaryIO, size: int) -> list[Part]:
    """Returns the parts of such a file; none of another."""
    head = read_at(file, 0, _LONGEST_START)
    if _AU.match(head):
        return _au_parts(file, size)
    for kind in _KINDS:
        if kind.start.match(head):
            return list(_parts(file, size, kind))
    return []


def _parts(file: BinaryIO, size: int, kind: _Kind) -> Iterator[Part]:
    start: int | None = 0
    while start is not None:
        found = _sound(file, kind, start, size)
        if found is None:
            following = find(file, kind.start, start + 4, _LONGEST_START)
            yield Part(start=start, end=following or size)
        else:
            part, following = _part(file, size, kind, start, found)
            yield from [part] if part.patches else _with_more_sound(file, kind, part, found)
        start = following


def _part(file: BinaryIO, size: int, kind: _Kind, start: int, sound: _Sound) -> tuple[Part, int | None]:
    """Returns the part that begins here and has this sound, and where the next one begins."""
    first, length = sound.first, sound.length
    if length is None or _is_cut_off(file, size, kind, first, length):
        following = find(file, kind.start, first, _LONGEST_START)
        end = following or size
        missing = 0.0 if length is None else lacking(end - first, length)
        patches = _patched(file, kind, start, sound, end - first) if length is None or following else ()
        return Part(start=start, end=end, missing=missing, patches=patches), following
    end, following = _end_of(file, size, kind, first, length)
    if end == first + length:
        return Part(start=start, end=following or size), following
    patches = _patched(file, kind, start, sound, end - first)
    return Part(start=start, end=end, patches=patches, more_bytes=end - first - length), following


def _is_cut_off(file: BinaryIO, size: int, kind: _Kind, first: int, length: int) -> bool:
    """Says if the file, or the next container in it, ends before as many bytes of sound as the header counts."""
    if length > size - first:
        return True
    if _after(file, size, kind, first + length)[0]:
        return False
    following = find(file, kind.start, first, _LONGEST_START)
    return following is not None and following < first + length


def _with_more_sound(file: BinaryIO, kind: _Kind, part: Part, sound: _Sound) -> Iterator[Part]:
    """A container may hold several chunks of sound, of which FFmpeg plays one: each is read behind the same head."""
    more = list(_sounds_behind(file, kind, sound.first + (sound.length or 0), part.end)) if not part.missing else []
    yield replace(part, end=sound.first + (sound.length or 0)) if more else part
    for first, length in more:
        held = min(length, part.end - first)
        patches = _patched(file, kind, part.start, sound, held)
        yield Part(
            start=first,
            end=first + held,
            patches=patches,
            missing=lacking(held, length),
            tags=(part.start, sound.first),
        )


def _sounds_behind(file: BinaryIO, kind: _Kind, place: int, end: int) -> Iterator[tuple[int, int]]:
    """Returns where more chunks of sound begin from here on, and their lengths."""
    for _ in range(_MOST_CHUNKS):
        place += -place % kind.padded
        header = read_at(file, place, kind.header_bytes)
        if len(header) < kind.header_bytes or place >= end or not _is_name(header):
            return
        length = kind.length(header)
        place += kind.header_bytes
        if header.startswith(kind.data) and length > kind.skipped:
            yield place + kind.skipped, length - kind.skipped
        place += length


def _sound(file: BinaryIO, kind: _Kind, start: int, size: int) -> _Sound | None:
    """Returns the sound of the container that begins here; None if it has none."""
    long_length, long_length_at = 0, None
    place = start + kind.first_chunk
    for _ in range(_MOST_CHUNKS):
        header = read_at(file, place, kind.header_bytes + 16)
        if len(header) < kind.header_bytes:
            return None
        length = kind.length(header)
        if header.startswith(b"ds64") and len(header) >= 24:
            long_length, long_length_at = int(struct.unpack("<Q", header[16:24])[0]), place + 16
        place += kind.header_bytes
        if header.startswith(kind.data):
            first = place + kind.skipped
            counted = None if _is_unknown(length, kind) else max(0, length - kind.skipped)
            if long_length and length == 0xFFFFFFFF:
                counted = None if long_length >= 2**62 else long_length
            return _Sound(first=first, length=counted, long_length_at=long_length_at)
        place += length + -length % kind.padded
        if place > size:
            return None
    return None


def _is_unknown(length: int, kind: _Kind) -> bool:
    """Says if this is what those write who cannot go back: nothing, or about the most that the format holds."""
    if length <= kind.skipped:
        return True
    if kind.header_bytes > 8:
        return length >= 2**62
    return (
        0x7F000000 <= length <= 0x7F010000  # SoX, into AIFF
        or 0x7FFF0000 <= length <= 0x80010000  # SoX, espeak, mplayer, arecord
        or length >= 0xFFFF0000  # FFmpeg
    )


def _end_of(file: BinaryIO, size: int, kind: _Kind, first: int, length: int) -> tuple[int, int | None]:
    """Returns where the sound ends in truth, and where the next container begins."""
    for counted in range(length, size - first + 1, _WRAP):
        ends_well, following = _after(file, size, kind, first + counted)
        if ends_well:
            return first + counted, following
    end = first + length
    following = find(file, kind.start, end, _LONGEST_START)
    more = (following or size) - end
    if more < _LEAST_MORE_BYTES or is_zero(file, end, following or size):
        return end, following
    return following or size, following


def _after(file: BinaryIO, size: int, kind: _Kind, place: int) -> tuple[bool, int | None]:
    """Says if what lies behind the sound is chunks, tags or the next container up to the end."""
    place += -place % kind.padded if kind is _W64 else 0
    for _ in range(_MOST_CHUNKS):
        for begin in (place, place + 1):
            header = read_at(file, begin, _LONGEST_START)
            if kind.start.match(header):
                return True, begin
            if HEADS.match(header):
                return True, None  # a file of another kind
            if len(header) <= kind.header_bytes or header.startswith(_TAGS):
                return True, None
            if _is_chunk(header, kind, size - begin):
                break
        else:
            return begin_at(file, place), None
        place = begin + kind.header_bytes + kind.length(header)
        place += -place % kind.padded if kind is _W64 else 0
    return True, None


def _is_chunk(header: bytes, kind: _Kind, left: int) -> bool:
    return _is_name(header) and kind.header_bytes + kind.length(header) <= left


def _is_name(header: bytes) -> bool:
    return all(0x20 <= byte < 0x7F for byte in header[:4])


def _patched(file: BinaryIO, kind: _Kind, start: int, sound: _Sound, length: int) -> tuple[tuple[int, bytes], ...]:
    told, first = kind.patch(length), sound.first - start
    patches: tuple[tuple[int, bytes], ...] = ((first - kind.skipped - len(told), told),)
    if kind is _AIFF and int.from_bytes(read_at(file, start + 4, 4), "big") < first - kind.skipped - kind.header_bytes:
        # From a pipe the form counts nothing, which FFmpeg takes for another format. One that reaches the sound stays.
        patches = ((4, struct.pack(">I", min(first + length - 8, 0x7FFFFFFF))), *patches)
    if sound.long_length_at is None:
        return patches
    return (*patches, (sound.long_length_at - start, struct.pack("<Q", length)))


def _au_parts(file: BinaryIO, size: int) -> list[Part]:
    """AU has no chunks: what lies behind the sound that is counted is sound, or another file."""
    found: list[Part] = []
    start: int | None = 0
    while start is not None:
        first, length = struct.unpack(">II", read_at(file, start + 4, 8).ljust(8, b"\xff"))
        first = start + max(_AU_HEAD_BYTES, first)
        is_known = 0 < length < 0x7F000000
        following = find(file, _AU, first + length if is_known else first, _LONGEST_START)
        end = following or size
        missing = lacking(end - first, length) if is_known else 0.0
        more = end - first - length if is_known and end - first - length >= _LEAST_MORE_BYTES else 0
        patches = ((8, struct.pack(">I", min(max(0, end - first), 0xFFFFFFFF))),) if more or not is_known else ()
        found.append(Part(start=start, end=end, missing=missing, patches=patches, more_bytes=more))
        start = following
    return found
