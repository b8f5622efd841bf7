"""Containers that were joined end to end, as radio recorders and `cat` write them: where each of them begins."""

from __future__ import annotations

import re
import struct
from dataclasses import replace
from typing import BinaryIO

from swarmstt.speech.containers.found_part import Part, find, is_zero, lacking, read_at
from swarmstt.speech.containers.mpeg_audio import after_tags

_MOST_BOXES = 500_000
_EBML = bytes.fromhex("1a45dfa3")
_SEGMENT = bytes.fromhex("18538067")
_EBML_HEAD = re.compile(re.escape(_EBML) + rb".{1,48}?(?:webm|matroska)", re.DOTALL)
_ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_ASF_DATA = bytes.fromhex("3626b2758e66cf11a6d900aa0062ce6c")
_ASF_DATA_HEAD_BYTES = 50
_MOST_OBJECT_BYTES = 2**40  # a larger one is no length
_OGG_BYTES = 27
_OGG_HEADS = (
    b"\x01vorbis",
    b"OpusHead",
    b"\x7fFLAC",
    b"Speex   ",
    b"CELT    ",
    b"\x80theora",
    b"\x80kate",
    b"fishead\0",
)
_OGG_BEGINS, _OGG_ENDS = 2, 4  # flags of a page

_MARKS = (
    re.compile(rb"#!AMR\n"),
    re.compile(rb"#!AMR-WB\n"),
    re.compile(rb"TTA[12][\x01\x03]\0", re.DOTALL),
    re.compile(rb"MAC [\x80-\xff][\x0e\x0f]\0\0", re.DOTALL),
    re.compile(rb"FLV\x01[\x01\x04\x05]\0\0\0\x09\0\0\0\0"),
    re.compile(rb"NIST_1A\n   1024\n"),
    re.compile(rb"fLaC\0\0\0\x22"),
    re.compile(rb"Creative Voice File\x1a\x1a\0"),
    re.compile(rb"FORM.{4}(?:8SVX|16SV)", re.DOTALL),
    re.compile(re.escape(bytes.fromhex("b7d800203749da11a64e0007e95ead8d"))),
    re.compile(rb"nut/multimedia container\0"),
    re.compile(rb"\.RMF\0\0\0[\x10-\x20]\0[\0\x01]"),
    re.compile(rb"DSD \x1c\0\0\0\0\0\0\0"),
    re.compile(rb"FRM8.{8}DSD FVER", re.DOTALL),
    re.compile(rb"MPCKSH"),
    re.compile(rb"tBaK\x01.\0\0", re.DOTALL),
)
"""What files of some formats begin with: AMR, TTA, Monkey's Audio, Flash video, NIST, FLAC, VOC, 8SVX, WTV, NUT,
RealMedia, DSF, DSDIFF, Musepack, TAK."""
_LONGEST_MARK = 64
_FLASH_HEAD_BYTES = 8_192
_FLASH_SIZE = b"\0\x08filesize\0"
_WAVPACK_INITIAL = 1 << 11  # of the blocks that hold two channels each, the first
_BLOCK_BYTES = 2**16
_LEAST_ZEROS = 1_024


def ogg_parts(file: BinaryIO, size: int) -> list[Part]:
    """A chained Ogg file: each link begins with pages that say so."""
    if read_at(file, 0, 4) != b"OggS":
        return []
    starts, place, in_heads, cut_off, end = [0], 0, True, False, size
    while place < size:
        head = read_at(file, place, _OGG_BYTES + 255 + 8)
        if not head.startswith(b"OggS") or len(head) < _OGG_BYTES:
            following = find(file, re.compile(rb"OggS\0"), place + 1, 5)
            if following is None:
                break
            place = following
            continue
        segments = head[26]
        begins = bool(head[5] & _OGG_BEGINS) and head[_OGG_BYTES + segments :].startswith(_OGG_HEADS)
        if begins and not in_heads:
            starts.append(place)
        in_heads = begins
        page = _OGG_BYTES + segments + sum(head[_OGG_BYTES : _OGG_BYTES + segments])
        cut_off = place + page > size
        place += page
        end = place if head[5] & _OGG_ENDS and not cut_off else size  # what lies behind the last page is no sound
    return _between(starts, end, cut_off=cut_off)


def mp4_parts(file: BinaryIO, size: int) -> list[Part]:
    """A second `ftyp` box behind sound begins another file."""
    if read_at(file, 4, 4) != b"ftyp":
        return []
    starts, place, has_media, is_fragmented = [0], 0, False, False
    for _ in range(_MOST_BOXES):
        head = read_at(file, place, 16)
        if len(head) < 8:
            break
        length, kind = struct.unpack(">I4s", head[:8])
        if length == 1 and len(head) == 16:
            length = struct.unpack(">Q", head[8:])[0]
        if kind == b"ftyp" and has_media:
            starts.append(place)
            has_media = False
        has_media = has_media or kind in (b"mdat", b"moov")
        is_fragmented = is_fragmented or kind == b"moof"
        if length < 8:
            break
        if kind == b"moof" and place + length > size:
            # FFmpeg opens nothing of a file that ends within the index of a fragment.
            return _between(starts, place, cut_off=True)
        place += length
    return _between(starts, size, cut_off=is_fragmented and place > size)


def matroska_parts(file: BinaryIO, size: int) -> list[Part]:
    """Behind a segment of known length a second head may follow; one of unknown length is searched for it."""
    if read_at(file, 0, 4) != _EBML:
        return []
    found: list[Part] = []
    start: int | None = 0
    while start is not None:
        segment = _segment(file, start)
        if segment is None:
            found.append(Part(start=start, end=size))
            break
        first, length = segment
        following = find(file, _EBML_HEAD, first + length if length is not None else first, _LONGEST_MARK)
        end = following or size
        missing = lacking(end - first, length or 0)
        found.append(Part(start=start, end=end, missing=missing))
        start = following
    return found


def _segment(file: BinaryIO, start: int) -> tuple[int, int | None] | None:
    """Returns where a segment's content begins, and its length; None for one that does not say."""
    place = start
    for _ in range(16):
        head = read_at(file, place, 16)
        identity = _number_bytes(head)
        if not identity or len(head) < identity + 1:
            return None
        wide = _number_bytes(head[identity:])
        if not wide or len(head) < identity + wide:
            return None
        length = int.from_bytes(head[identity : identity + wide], "big") & ((1 << 7 * wide) - 1)
        is_unknown = length == (1 << 7 * wide) - 1
        first = place + identity + wide
        if head.startswith(_SEGMENT):
            return first, None if is_unknown else length
        if is_unknown:
            return None
        place = first + length
    return None


def _number_bytes(head: bytes) -> int:
    """How many bytes an EBML number takes; 0 if this is not one."""
    return 9 - head[0].bit_length() if head and head[0] else 0


def asf_parts(file: BinaryIO, size: int) -> list[Part]:
    """Behind the objects of a WMA file a second header may follow."""
    if read_at(file, 0, 16) != _ASF:
        return []
    starts, place = [0], 0
    for _ in range(_MOST_BOXES):
        head = read_at(file, place, 24)
        if len(head) < 24:
            break
        if head.startswith(_ASF) and place:
            starts.append(place)
        length = struct.unpack("<Q", head[16:])[0]
        if length < 24 or (head.startswith(_ASF_DATA) and length <= _ASF_DATA_HEAD_BYTES):
            break  # from a pipe or a live stream: its sound is not counted
        place += length
    end = place if place < size and is_zero(file, place, size) else size
    return _between(starts, end, cut_off=size < place < size + _MOST_OBJECT_BYTES)


def avi_parts(file: BinaryIO, size: int) -> list[Part]:
    """A long AVI goes on in `AVIX` lists; a second `AVI ` list is another film."""
    if read_at(file, 0, 4) != b"RIFF" or read_at(file, 8, 4) != b"AVI ":
        return []
    starts, place, missing = [0], 0, 0.0
    while place + 12 <= size:
        head = read_at(file, place, 12)
        length = struct.unpack("<I", head[4:8])[0]
        if not head.startswith(b"RIFF") or head[8:] not in (b"AVI ", b"AVIX"):
            break
        if head[8:] == b"AVI " and place:
            starts.append(place)
        if place + length + 8 > size and length < 0xFFFF0000:
            missing = lacking(size - place, length + 8)
        place += length + 8 + length % 2
    found = _between(starts, size)
    return [*found[:-1], replace(found[-1], missing=missing)]


def marked_parts(file: BinaryIO, size: int) -> list[Part]:
    """Formats without a length of their own, which begin with a mark that sound does not hold."""
    head = read_at(file, 0, _LONGEST_MARK)
    mark = next((mark for mark in _MARKS if mark.match(head)), None)
    if mark is None:
        return []
    starts = [0]
    while (following := find(file, mark, starts[-1] + 4, _LONGEST_MARK)) is not None:
        starts.append(following)
    found = _between(starts, _without_zeros(file, size) if head.startswith(b"#!AMR") else size)
    counted = _flash_bytes(read_at(file, found[-1].start, _FLASH_HEAD_BYTES)) if head.startswith(b"FLV") else None
    if counted is None:
        return found
    last = found[-1]
    return [*found[:-1], replace(last, missing=lacking(last.end - last.start, counted))]


def _flash_bytes(head: bytes) -> int | None:
    """Returns how many bytes a Flash video should have, if its first tag says so."""
    place = head.find(_FLASH_SIZE)
    number = head[place + len(_FLASH_SIZE) :][:8]
    if place < 0 or len(number) < 8:
        return None
    told: float = struct.unpack(">d", number)[0]
    return round(told) if 1.0 <= told < 2**53 else None


def _without_zeros(file: BinaryIO, size: int) -> int:
    """Returns where the zeros begin that fill the end of a file: as AMR they would be frames."""
    end = size
    while end > 0:
        start = max(0, end - _BLOCK_BYTES)
        block = read_at(file, start, end - start)
        kept = len(block.rstrip(b"\0"))
        if kept:
            end = start + kept
            break
        end = start
    return size if size - end < _LEAST_ZEROS else end


def wavpack_parts(file: BinaryIO, size: int) -> list[Part]:
    """A WavPack file begins with the block of its first sample; another such block begins another file."""
    if read_at(file, 0, 4) != b"wvpk":
        return []
    starts, place, has_sound = [0], 0, False
    for _ in range(_MOST_BOXES):
        place = after_tags(file, place, size)
        head = read_at(file, place, 32)
        if len(head) < 32 or not head.startswith(b"wvpk"):
            break
        length, first_sample, sample_count, flags = struct.unpack("<4xI8xIII4x", head)
        begins = sample_count > 0 and first_sample == 0 and head[10] == 0 and flags & _WAVPACK_INITIAL
        if begins and has_sound:
            starts.append(place)
        has_sound = has_sound or sample_count > 0
        place += length + 8
    return _between(starts, size)


def _between(starts: list[int], size: int, *, cut_off: bool = False) -> list[Part]:
    ends = [*starts[1:], size]
    return [
        Part(start=start, end=end, cut_off=cut_off and end == size) for start, end in zip(starts, ends, strict=True)
    ]
