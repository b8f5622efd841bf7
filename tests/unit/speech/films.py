"""Makes files whose tracks and times are not as usual: several tracks, sound that starts late, jumps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt

RATE = 48_000


@dataclass(frozen=True, kw_only=True)
class Sounding:
    """One sound track: 16 kHz mono samples, when it starts, which flags and tags it has, and jumps: (from this second
    of its sound on, so many seconds later). Between the seconds of `rests` the encoder leaves most packets out."""

    samples: npt.NDArray[np.int16]
    start: float = 0.0
    flags: int | None = None
    tags: tuple[tuple[str, str], ...] = ()
    jumps: Sequence[tuple[float, float]] = ()
    rests: tuple[float, float] | None = None


def film(
    path: Path,
    tracks: Sequence[Sounding],
    *,
    codec: str = "libopus",
    container: str | None = None,
    picture_seconds: float = 0.0,
    picture: str = "mpeg4",
    rate: int = RATE,
) -> Path:
    """Writes packets at the times that the tracks say. With `picture_seconds` there is a moving picture, from 0 on, in
    the coding `picture`."""
    with av.open(str(path), "w", format=container) as target:
        video = _picture(target, picture) if picture_seconds else None
        streams = []
        for track in tracks:
            stream = target.add_stream(codec, rate=rate, layout="mono")
            if track.flags is not None:
                stream.disposition = track.flags
            stream.metadata.update(dict(track.tags))
            streams.append(stream)
        packets: list[tuple[float, Any]] = []
        if video is not None:
            packets += _pictures(video, picture_seconds)
        for stream, track in zip(streams, tracks, strict=True):
            packets += _sounds(stream, track)
        target.start_encoding()
        for _, packet in sorted(packets, key=lambda each: each[0]):
            target.mux(packet)
    return path


def _picture(target: Any, codec: str) -> Any:
    stream = target.add_stream(codec, rate=5)
    stream.width, stream.height, stream.pix_fmt = 32, 32, "gbrp" if codec == "magicyuv" else "yuv420p"
    return stream


def _pictures(stream: Any, seconds: float) -> list[tuple[float, Any]]:
    packets = []
    for number in range(int(seconds * 5)):
        picture = av.VideoFrame.from_ndarray(np.full((32, 32, 3), number % 255, dtype=np.uint8), format="rgb24")
        picture.pts, picture.time_base = number, Fraction(1, 5)
        packets += stream.encode(picture)
    packets += stream.encode(None)
    return [(float(packet.pts * packet.time_base), packet) for packet in packets]


def _sounds(stream: Any, track: Sounding) -> list[tuple[float, Any]]:
    packets = []
    for first in range(0, len(track.samples), 16_000):
        block = np.ascontiguousarray(track.samples[None, first : first + 16_000])
        frame = av.AudioFrame.from_ndarray(block, format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 16_000, first, Fraction(1, 16_000)
        packets += stream.encode(frame)
    packets += stream.encode(None)
    placed = []
    for packet in packets:
        time = float(packet.pts * packet.time_base)
        later = track.start + sum(jump for place, jump in track.jumps if time >= place)
        packet.pts += round(later / packet.time_base)
        packet.dts = packet.pts
        placed.append((time + later, packet))
    return placed if track.rests is None else _rested(placed, *track.rests)


def _rested(packets: list[tuple[float, Any]], start: float, end: float) -> list[tuple[float, Any]]:
    kept: list[tuple[float, Any]] = []
    next_rest = start
    for time, packet in packets:
        if not start <= time < end:
            kept.append((time, packet))
        elif time >= next_rest:  # one each 0.4 s
            next_rest = time + 0.4
            short = av.Packet(bytes(packet)[:1])
            short.stream, short.time_base = packet.stream, packet.time_base
            short.pts, short.dts = packet.pts, packet.dts
            kept.append((time, short))
    return kept
