"""Sound without a container: MPEG audio, AAC (ADTS) and AC-3 are frames that follow one another, each with its length.

FFmpeg takes whatever lies behind such frames for more of them. Where a file of another kind was joined to them is found
here: by the frames themselves, which go on if only some of them are damaged.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import BinaryIO

from swarmstt.speech.containers.found_part import HEADS, Part, read_at
from swarmstt.speech.containers.mpeg_audio import after_tags, frame_at

_FRAMES_IN_A_ROW = 6
_HEAD_BYTES = 8
_BLOCK_BYTES = 2**20
_SEARCHED_BYTES = (2**14, 2**18, 2**23)
"""Frames mostly go on soon, so most searches end with the first."""
_MOST_BREAKS = 1_000

_AC3_KILOBITS = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640)
_AC3_RATES = (48_000, 44_100, 32_000)
_LAST_OF_AC3 = 10
_KINDS_OF_EAC3 = range(11, 17)


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameKind:
    """How frames of one format begin, and how long the one with this header is; 0 if this is not a header."""

    sync: re.Pattern[bytes]
    length: Callable[[bytes], int]


@lru_cache(maxsize=1024)
def _mpeg_bytes(head: bytes) -> int:
    frame = frame_at(head)
    return frame.length if frame is not None else 0


def _adts_bytes(head: bytes) -> int:
    if len(head) < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0 or head[2] >> 2 & 15 > 12:
        return 0
    length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    return length if length > 7 else 0


def _ac3_bytes(head: bytes) -> int:
    """Of AC-3 the header names a bit rate, of E-AC-3 the length itself."""
    if len(head) < 6 or not head.startswith(b"\x0b\x77"):
        return 0
    if head[5] >> 3 in _KINDS_OF_EAC3:
        return 2 * (((head[2] & 7) << 8 | head[3]) + 1)
    rate, code = head[4] >> 6, head[4] & 63
    if head[5] >> 3 > _LAST_OF_AC3 or rate == 3 or code >= 2 * len(_AC3_KILOBITS):
        return 0
    words = _AC3_KILOBITS[code >> 1] * 96_000 // _AC3_RATES[rate]
    return 2 * (words + (code & 1 if rate == 1 else 0))


MPEG = FrameKind(sync=re.compile(rb"\xff[\xe2-\xff]"), length=lambda head: _mpeg_bytes(head[:4]))
_ADTS = FrameKind(sync=re.compile(rb"\xff[\xf0\xf1\xf8\xf9]"), length=_adts_bytes)
_AC3 = FrameKind(sync=re.compile(rb"\x0b\x77"), length=_ac3_bytes)
_KINDS = (MPEG, _ADTS, _AC3)


def begin_at(file: BinaryIO, place: int) -> bool:
    """Says if several frames of one of these formats follow one another from this place on."""
    content = read_at(file, place, _BLOCK_BYTES)
    return any(_are_frames(content, 0, kind) for kind in _KINDS)


def first_frames(file: BinaryIO, start: int, *, also_mpeg: bool) -> int | None:
    """Returns where the first of several frames in a row begins, not far from `start`; None if there are none."""
    kinds = _KINDS if also_mpeg else (_ADTS, _AC3)
    for searched in _SEARCHED_BYTES:
        content = read_at(file, start, searched)
        places = [_search(content, kind) for kind in kinds]
        found = min((place for place in places if place is not None), default=None)
        if found is not None or len(content) < searched:
            return None if found is None else start + found
    return None


def bare_parts(file: BinaryIO, size: int) -> list[Part]:
    """AAC or AC-3 up to the file of another kind that was joined to it; none if there is no such file."""
    content = read_at(file, after_tags(file, 0, size), _BLOCK_BYTES)
    kind = next((kind for kind in (_ADTS, _AC3) if _are_frames(content, 0, kind)), None)
    end = size if kind is None else until_other(file, size, kind)
    return [Part(start=0, end=end)] if end < size else []


def until_other(file: BinaryIO, size: int, kind: FrameKind = MPEG) -> int:
    """Returns where the frames end to which a file of another kind was joined; the size if none was."""
    place = after_tags(file, 0, size)
    for _ in range(_MOST_BREAKS):
        place = _walked(file, place, kind)
        behind = after_tags(file, place, size, with_flac_head=False)
        if place >= size or behind >= size:
            break
        going_on, other = _what_follows(file, behind, kind)
        if other is not None:
            return place
        if going_on is None:
            break
        place = going_on
    return size


def _walked(file: BinaryIO, place: int, kind: FrameKind) -> int:
    """Returns where the frames end that follow one another from here on."""
    base, content = place, b""
    while True:
        at = place - base
        if at + _HEAD_BYTES > len(content):
            base, at, content = place, 0, read_at(file, place, _BLOCK_BYTES)
        length = kind.length(content[at : at + _HEAD_BYTES])
        if not length:
            return place
        place += length


def _what_follows(file: BinaryIO, place: int, kind: FrameKind) -> tuple[int | None, int | None]:
    """Returns where frames of this kind go on, or, if it begins before that, where a file of another kind does."""
    for searched in _SEARCHED_BYTES:
        content = read_at(file, place, searched)
        going_on = _search(content, kind)
        before = content if going_on is None else content[:going_on]
        places = [_search(before, other) for other in _KINDS if other is not kind]
        places += [match.start() for match in [HEADS.search(before)] if match is not None]
        other = min((at for at in places if at is not None), default=None)
        if other is not None:
            return None, place + other
        if going_on is not None or len(content) < searched:
            return None if going_on is None else place + going_on, None
    return None, None


def _search(content: bytes, kind: FrameKind) -> int | None:
    """Returns where several frames of a kind in a row begin."""
    places = (match.start() for match in kind.sync.finditer(content))
    return next((place for place in places if _are_frames(content, place, kind)), None)


def _are_frames(content: bytes, place: int, kind: FrameKind) -> bool:
    for _ in range(_FRAMES_IN_A_ROW):
        length = kind.length(content[place : place + _HEAD_BYTES])
        if not length:
            return False
        place += length
    return True
