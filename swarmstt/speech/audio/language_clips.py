"""Short clips from several places of a book, on which its language is decided."""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import av
import numpy as np

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.errors import InputError
from swarmstt.files import open_regular
from swarmstt.speech.audio.audio_file import AudioFile
from swarmstt.speech.audio.downmix import Samples
from swarmstt.speech.audio.silence import FRAME_SAMPLES, frame_loudness, pause_threshold

MOST_CLIPS = 5
CLIP_SECONDS = 30
SEARCHED_SECONDS = 45
"""The clip is the best 30 s of this much audio."""

_SECONDS_EACH = 60  # a book has one clip for each of these, up to five
_LEAST_SOUND = 0.2
_RAW_FORMATS = ("mp3", "aac")  # without an index: seeking by time would read the whole file
_MOST_RAW_BYTES = 4 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place in a book: one of its files, and how far (0..1) into it."""

    file_index: int
    part: float


def places(sizes: Sequence[int], total_seconds: float) -> list[Place]:
    """Up to five places spread evenly over files of these sizes in bytes."""
    count = max(1, min(MOST_CLIPS, int(total_seconds // _SECONDS_EACH)))
    total = sum(sizes)
    found = []
    for number in range(count):
        offset = total * (2 * number + 1) / (2 * count)
        for index, size in enumerate(sizes):
            if offset < size:
                found.append(Place(file_index=index, part=offset / size))
                break
            offset -= size
    return found


def read_clips(files: Sequence[Path], wanted: Sequence[Place]) -> list[Samples]:
    """Up to 30 s with sound from each of these places; without those that cannot be reached or hold no sound."""
    clips: list[Samples] = []
    for index, group in groupby(wanted, key=lambda place: place.file_index):
        with suppress(InputError, av.FFmpegError, OSError), AudioFile(files[index]) as file:
            for place in group:
                clip = best_stretch(_read_at(files[index], file, place.part))
                if clip is not None:
                    clips.append(clip)
    return clips


def best_stretch(samples: Samples) -> Samples | None:
    """The 30 s of these samples that hold the most sound; None if hardly any of it is sound."""
    if not len(samples):
        return None
    loudness = frame_loudness(samples)
    sounding = loudness > max(0.0, pause_threshold(loudness))
    length = min(len(sounding), CLIP_SECONDS * SAMPLE_RATE // FRAME_SAMPLES)
    sums = np.cumsum(np.concatenate([[0], sounding]))
    held = sums[length:] - sums[:-length]
    start = int(held.argmax())
    if held[start] < _LEAST_SOUND * length:
        return None
    return samples[start * FRAME_SAMPLES : (start + length) * FRAME_SAMPLES]


def _read_at(path: Path, file: AudioFile, part: float) -> Samples:
    if file.format_name in _RAW_FORMATS:
        return _read_raw(path, file, part)
    file.seek(part, SEARCHED_SECONDS)
    return _first_samples(file)


def _first_samples(file: AudioFile) -> Samples:
    """The next 45 s."""
    wanted = SEARCHED_SECONDS * SAMPLE_RATE
    blocks: list[Samples] = []
    for block in file.blocks():
        blocks.append(block.samples)
        wanted -= len(block.samples)
        if wanted <= 0:
            break
    return np.concatenate(blocks) if blocks else np.zeros(0, dtype=np.int16)


def _read_raw(path: Path, file: AudioFile, part: float) -> Samples:
    """Decodes a piece from the middle of a file whose frames need nothing but themselves."""
    size = path.stat().st_size
    bytes_per_second = size / max(file.claimed_seconds or 1.0, 1.0)
    length = int(min(_MOST_RAW_BYTES, bytes_per_second * SEARCHED_SECONDS * 1.1 + 2**14))
    with open_regular(path) as source:
        source.seek(max(0, min(int(size * part), size - length)))
        piece = io.BytesIO(source.read(length))
    with AudioFile(path, source=piece, format_name=file.format_name) as cut:
        return _first_samples(cut)
