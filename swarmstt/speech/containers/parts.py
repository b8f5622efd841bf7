"""What lies in a file one after another: mostly one container, or several that were joined end to end. FFmpeg reads
the first of them and stops, or goes by a length in its header that is not true."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from swarmstt.files import open_regular
from swarmstt.speech.containers import chunked, joined
from swarmstt.speech.containers.bare_frames import bare_parts, first_frames
from swarmstt.speech.containers.found_part import HEADS, LONGEST_HEAD, Part, find, read_at
from swarmstt.speech.containers.mpeg_audio import after_tags
from swarmstt.speech.containers.piece import Piece

_FINDERS: tuple[Callable[[BinaryIO, int], list[Part]], ...] = (
    chunked.parts,
    joined.ogg_parts,
    joined.mp4_parts,
    joined.matroska_parts,
    joined.asf_parts,
    joined.avi_parts,
    joined.wavpack_parts,
    joined.marked_parts,
    bare_parts,
)
_MOST_PARTS = 20_000
_MOST_LEAD_IN_BYTES = 2**20
_MOST_TAIL_BYTES = 64 * 2**20
_MOST_BOXES = 1_000
_LEAST_MORE_BYTES = 8_192
"""More than the frames of an MP3 that must follow one another."""


def parts_of(path: Path) -> list[Part]:
    """Returns what to read of a file, in order; at least one part. OSError if the file cannot be read."""
    with open_regular(path) as file:
        size = file.seek(0, 2)
        return _found(file, size) or [Part(start=0, end=size)]


def parts_behind_lead_in(path: Path) -> list[Part]:
    """Returns the parts of a file that does not begin with its container, but with a tag of another format, or what a
    server said before it; none if there is no container near its beginning."""
    with open_regular(path) as file:
        size = file.seek(0, 2)
        start = find(file, HEADS, 1, LONGEST_HEAD, end=_MOST_LEAD_IN_BYTES)
    return [] if start is None else _parts_from(path, start, size)


def parts_behind(path: Path, place: int, *, may_be_mp3: bool) -> list[Part]:
    """Returns the parts of another file that was joined to the one whose sound ends here; none if there is none.
    OSError if the file cannot be read."""
    with open_regular(path) as file:
        size = file.seek(0, 2)
        head = find(file, HEADS, place, LONGEST_HEAD, end=place + _MOST_TAIL_BYTES)
        behind = _after_boxes(file, after_tags(file, place, size, with_flac_head=False), size)
        frames = first_frames(file, behind, also_mpeg=may_be_mp3)
        start = min((found for found in (head, frames) if found is not None), default=None)
    return _parts_from(path, start, size) if start is not None and size - start >= _LEAST_MORE_BYTES else []


def _after_boxes(file: BinaryIO, place: int, size: int) -> int:
    """Returns where boxes of an MP4 file end that may begin here."""
    for _ in range(_MOST_BOXES):
        head = read_at(file, place, 8)
        length = int.from_bytes(head[:4], "big")
        if len(head) < 8 or not head[4:].isalnum() or not 8 <= length <= size - place:
            break
        place += length
    return place


def _parts_from(path: Path, start: int, size: int) -> list[Part]:
    with io.BufferedReader(Piece(path, Part(start=start, end=size))) as rest:
        parts = _found(rest, size - start) or [Part(start=0, end=size - start)]
    return [
        replace(
            part,
            start=part.start + start,
            end=part.end + start,
            tags=None if part.tags is None else (part.tags[0] + start, part.tags[1] + start),
        )
        for part in parts
    ]


def _found(file: BinaryIO, size: int) -> list[Part]:
    for find_parts in _FINDERS:
        if found := find_parts(file, size):
            return found[:_MOST_PARTS]
    return []
