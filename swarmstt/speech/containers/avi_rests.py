"""Where an AVI's sound rests: chunks without bytes, each as long as a frame.

FFmpeg writes them for sound that begins late, and passes over them when it reads, so that all sound comes too early.
"""

from __future__ import annotations

import os
import struct
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice
from pathlib import Path
from typing import BinaryIO

from swarmstt.files import open_regular

LEAST_FRAMES = 3
"""Fewer are what some writers leave between frames."""

_MOST_INDEX_BYTES = 2**25
_MOST_CHUNKS = 1_000
"""Besides the sound and pictures themselves."""

_BEGINNING_FRAMES = 12
"""What rests behind so few frames was meant to be before them."""

_ENTRY = struct.Struct("<4sIII")
_HEADER = struct.Struct("<4s4sIHHIIIIIIII")
_SOUND = b"auds"


@dataclass(frozen=True, slots=True)
class Rests:
    """`places`: bytes of the file from which on all sound comes later by as many seconds as `seconds` has there."""

    places: Sequence[int] = ()
    seconds: Sequence[float] = ()

    def before(self, place: int | None) -> float:
        """Returns how many seconds of rest lie before the sound at that byte."""
        index = 0 if place is None else bisect_right(self.places, place)
        return self.seconds[index - 1] if index else 0.0


def rests_of(path: Path | None, stream: int) -> Rests:
    """Reads the index of an AVI; nothing if there is no such file, if it has none, or if its sound is not in frames.
    OSError if the file cannot be read."""
    if path is None:
        return Rests()
    frame_seconds: float | None = None
    streams, movie = -1, 0
    with open_regular(path) as file:
        for name, place, size in islice(_chunks(file, os.fstat(file.fileno()).st_size), _MOST_CHUNKS):
            if name == b"strh":
                streams += 1
                frame_seconds = _frame_seconds(file.read(_HEADER.size)) if streams == stream else frame_seconds
            elif name == b"movi":
                movie = place
            elif name == b"idx1" and movie and frame_seconds is not None and _ENTRY.size <= size <= _MOST_INDEX_BYTES:
                index = file.read(size)
                return _in_index(index, stream, movie, frame_seconds) if len(index) == size else Rests()
    return Rests()


def _chunks(file: BinaryIO, file_size: int) -> Iterator[tuple[bytes, int, int]]:
    """Goes through the chunks up to the index, into lists but not into the sound and pictures; the file stands at the
    beginning of what is in each. Of a list, the name is its kind, and the place that of its kind."""
    at = 12  # behind "RIFF", a size and "AVI "
    while at + 12 <= file_size:
        file.seek(at)
        name, size, kind = struct.unpack("<4sI4s", file.read(12))
        if name == b"LIST":
            yield kind, at + 8, size
            at += size + size % 2 + 8 if kind == b"movi" else 12
            continue
        file.seek(at + 8)
        yield name, at + 8, size
        at += size + size % 2 + 8


def _frame_seconds(header: bytes) -> float | None:
    """How long a frame is; None if this is no sound, or sound that is counted in bytes."""
    if len(header) < _HEADER.size:
        return None
    kind, *_, scale, rate, _, _, _, _, sample_bytes = _HEADER.unpack(header)
    return scale / rate if kind == _SOUND and scale and rate and not sample_bytes else None


def _in_index(index: bytes, stream: int, movie: int, frame_seconds: float) -> Rests:
    entries = _ENTRY.iter_unpack(index[: len(index) // _ENTRY.size * _ENTRY.size])
    mine = ((place, size) for name, _, place, size in entries if name == b"%02dwb" % stream)
    base = movie if _ENTRY.unpack_from(index)[2] < movie else 0  # some count from the beginning of the file
    rests: list[tuple[int, int]] = []
    empty = heard = 0
    for place, size in mine:
        if size == 0:
            empty += 1
            continue
        if empty >= LEAST_FRAMES:
            rests.append((0 if heard <= _BEGINNING_FRAMES else base + place, empty))
        empty, heard = 0, heard + 1
    lengths = accumulate(count * frame_seconds for _, count in rests)
    return Rests([place for place, _ in rests], list(lengths))
