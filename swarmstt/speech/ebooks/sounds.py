"""The sound inside an EPUB: files as they are if readers play them, and where in which of them a moment is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

MP3, MP4, OPUS = "audio/mpeg", "audio/mp4", "audio/ogg; codecs=opus"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """A file of sound, and where it begins and ends in seconds of the book. `suffix` is that of its name."""

    path: Path
    start: float
    end: float
    media_type: str
    suffix: str


@dataclass(frozen=True, slots=True)
class Part:
    """A part of one file of sound, in seconds from its start."""

    sound: int
    begin: float
    end: float


def part_of(sounds: Sequence[Sound], begin: float, end: float) -> Part | None:
    """Returns where a stretch of the book is: in the file that has most of it. None if no file has any."""
    best: Part | None = None
    for number, sound in enumerate(sounds):
        first, last = round(max(begin, sound.start) - sound.start, 3), round(min(end, sound.end) - sound.start, 3)
        if last > first and (best is None or last - first > best.end - best.begin):
            best = Part(number, first, last)
    return best
