"""What an opened container says of its sound: duration, codec, chapters, and when a frame is heard."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from swarmstt.speech.containers.matroska_chapters import matroska_chapters


def claimed_seconds(container: Any, stream: Any) -> float | None:
    """What the container says of its duration; it may lie."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    told = container.duration
    return told / 1_000_000 if told and told > 0 else None


def duration(packet: Any) -> float:
    """A packet's seconds; 0 where it does not say."""
    if not packet.duration or packet.time_base is None:
        return 0.0
    return float(packet.duration * packet.time_base)


def time_of(frame: Any, later: float = 0.0) -> float | None:
    """A decoded frame's time by the container's clock, in seconds, and so much later; None if it does not say."""
    pts, base = frame.pts, frame.time_base
    if pts is None or base is None:
        return None
    return later + float(
        pts * base.numerator / base.denominator
    )  # as exact as a product of fractions, and many times faster


def codec_of(container: Any, stream: Any) -> tuple[str, int]:
    """The codec's name, and the bits a second of the sound as far as the container says."""
    context = stream.codec_context
    return str(context.name), int(context.bit_rate or container.bit_rate or 0)


def chapters_of(container: Any, path: Path | None) -> list[dict[str, Any]]:
    """The chapters of a container as PyAV gives them; `path`: its file, if it is all of one."""
    if path is not None and str(container.format.name).startswith("matroska"):
        with suppress(OSError):
            return matroska_chapters(path) or list(container.chapters())
    return list(container.chapters())
