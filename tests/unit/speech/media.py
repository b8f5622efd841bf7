"""Makes audio and video files of every format, with PyAV's own encoders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.int16]


@dataclass(frozen=True, kw_only=True)
class Format:
    """How to encode; `container` is FFmpeg's name where the suffix does not tell it."""

    codec: str
    container: str | None = None
    rate: int = 22_050
    layout: str = "mono"
    bit_rate: int | None = 64_000
    stream_options: Mapping[str, str] | None = None
    container_options: Mapping[str, str] | None = None
    with_video: bool = False


# The encoders' quickest ways: it is the decoding that is tested.
MP3 = Format(codec="libmp3lame", container="mp3", stream_options={"compression_level": "9"})
M4A = Format(codec="aac", container="ipod", stream_options={"aac_coder": "fast"})
M4A_INDEX_FIRST = replace(M4A, container_options={"movflags": "faststart"})
WAV = Format(codec="pcm_s16le", container="wav", rate=16_000, bit_rate=None)


def voice(seconds: float, rate: int = 16_000, pause_every: float = 4.0) -> Samples:
    """Something like speech: a wandering tone in syllables, with a pause of 0.6 s after each few seconds. The tone
    repeats after 20 s, which is quick to make; the faint noise beside it does not."""
    count = round(seconds * rate)
    times = np.arange(min(count, 20 * rate)) / rate
    tone = np.sin(2 * np.pi * (600 * times + 60 * np.sin(2 * np.pi * 0.7 * times)))
    syllables = 0.55 + 0.45 * np.sin(2 * np.pi * 5 * times)
    speaking = (times % pause_every) < pause_every - 0.6
    noise = np.random.default_rng(0).normal(size=count) * 0.001
    voiced: Samples = ((np.resize(tone * syllables * speaking * 0.4, count) + noise) * 32767).astype(np.int16)
    return voiced


def write(
    path: Path,
    samples: npt.NDArray[np.int16],
    how: Format,
    *,
    rate: int = 16_000,
    tags: Mapping[str, str] | None = None,
    chapters: Sequence[tuple[str, float, float]] = (),
) -> Path:
    """Encodes mono samples (or shape (2, n) for stereo) of this rate."""
    channels = samples[None] if samples.ndim == 1 else samples
    source_layout = "mono" if len(channels) == 1 else "stereo"
    with av.open(str(path), "w", format=how.container, options=dict(how.container_options or {})) as container:
        container.metadata.update(tags or {})
        if chapters:
            container.set_chapters([_chapter(number, *chapter) for number, chapter in enumerate(chapters)])
        video = _add_video(container) if how.with_video else None
        stream = container.add_stream(how.codec, rate=how.rate, layout=how.layout, options=how.stream_options or {})
        if how.bit_rate:
            stream.bit_rate = how.bit_rate
        if video is not None:
            _write_video(container, video, channels.shape[1] / rate)
        for start in range(0, channels.shape[1], rate):
            block = np.ascontiguousarray(channels[:, start : start + rate])
            frame = av.AudioFrame.from_ndarray(block.T.reshape(1, -1), format="s16", layout=source_layout)
            frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def write_silent_video(path: Path, seconds: float = 1.0) -> Path:
    """A video without sound."""
    with av.open(str(path), "w") as container:
        stream = _add_video(container)
        _write_video(container, stream, seconds)
    return path


def likeness(first: npt.NDArray[Any], second: npt.NDArray[Any], most_lag: int = 2_000) -> float:
    """The best correlation of the two, shifted against each other by up to so many samples."""
    length = min(len(first), len(second)) - most_lag
    middle = first[most_lag // 2 : most_lag // 2 + length].astype(np.float64)
    size = 2 ** int(np.ceil(np.log2(len(second) + length)))
    correlation = np.fft.irfft(np.fft.rfft(second.astype(np.float64), size) * np.conj(np.fft.rfft(middle, size)), size)
    best = int(np.argmax(correlation[:most_lag]))
    other = second[best : best + length].astype(np.float64)
    return float(np.dot(middle, other) / np.sqrt(np.dot(middle, middle) * np.dot(other, other)))


def _chapter(number: int, title: str, start: float, end: float) -> dict[str, Any]:
    return {
        "id": number,
        "start": int(start * 1000),
        "end": int(end * 1000),
        "time_base": Fraction(1, 1000),
        "metadata": {"title": title},
    }


def _add_video(container: Any) -> Any:
    stream = container.add_stream("mpeg4", rate=5)
    stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
    return stream


def _write_video(container: Any, stream: Any, seconds: float) -> None:
    for number in range(max(1, int(seconds * 5))):
        picture = av.VideoFrame.from_ndarray(np.full((32, 32, 3), number % 255, dtype=np.uint8), format="rgb24")
        picture.pts, picture.time_base = number, Fraction(1, 5)
        container.mux(stream.encode(picture))
    container.mux(stream.encode(None))
