"""The audio of a book as files that go into an EPUB: as they are if every reader plays them, else encoded again."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.core.ebooks.order import SoundSource
from swarmstt.speech.audio.audio_file import AudioFile
from swarmstt.speech.ebooks.sounds import MP3, MP4, OPUS, Sound

_BITS_A_SECOND = 48_000
_PLAYED = {
    ("mp3", "mp3"): (MP3, ".mp3"),
    ("mp3", "mp3float"): (MP3, ".mp3"),
    ("mov", "aac"): (MP4, ".m4a"),
    ("ogg", "opus"): (OPUS, ".opus"),
    ("ogg", "libopus"): (OPUS, ".opus"),
}
"""By container and codec: what readers of EPUBs play."""


def prepared(sources: Sequence[SoundSource], folder: Path) -> list[Sound]:
    """Returns the sound of a book; what is encoded again goes into that folder. InputError if a file cannot be read."""
    sounds: list[Sound] = []
    at = 0.0
    for number, source in enumerate(sources):
        path = Path(source.path)
        kind = _kind_of(path) if source.start is not None else None
        if kind is not None and source.start is not None and source.end is not None:
            sound = Sound(path=path, start=source.start, end=source.end, media_type=kind[0], suffix=kind[1])
        else:
            target = folder / f"{number + 1:04}.m4a"
            start = at if source.start is None else source.start
            end = start + _encode(path, target)
            sound = Sound(path=target, start=start, end=end, media_type=MP4, suffix=".m4a")
        sounds.append(sound)
        at = sound.end
    return sounds


def _kind_of(path: Path) -> tuple[str, str] | None:
    """Returns how a reader knows a file, if it can play it, and all of it."""
    with AudioFile(path) as file:
        if not file.is_one_container:
            return None
        return _PLAYED.get((file.format_name.partition(",")[0], file.codec()[0]))


def _encode(path: Path, target: Path) -> float:
    """Encodes the sound of a file as this program hears it, silence included; returns its seconds."""
    with AudioFile(path) as file, av.open(str(target), "w", format="ipod") as out:
        stream = out.add_stream("aac", rate=SAMPLE_RATE, layout="mono")
        stream.bit_rate = _BITS_A_SECOND
        resampler = av.AudioResampler(format="fltp", layout="mono", rate=SAMPLE_RATE)
        at = 0
        for block in file.blocks():
            frame = av.AudioFrame.from_ndarray(block.samples[None, :], format="s16", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, at, Fraction(1, SAMPLE_RATE)
            at += len(block.samples)
            _mux(out, stream, resampler, frame)
        _mux(out, stream, resampler, None)
        out.mux(stream.encode(None))
        return file.sample_count / SAMPLE_RATE


def _mux(out: Any, stream: Any, resampler: Any, frame: Any) -> None:
    for each in resampler.resample(frame):
        out.mux(stream.encode(each))
