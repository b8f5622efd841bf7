"""What an opened container says of its sound: how long it is, how it is coded, and when a frame is heard."""

from __future__ import annotations

from typing import Any


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


def time_of(frame: Any) -> float | None:
    """A decoded frame's time by the container's clock, in seconds; None if it does not say."""
    pts, base = frame.pts, frame.time_base
    if pts is None or base is None:
        return None
    return float(pts * base.numerator / base.denominator)  # as exact as a product of fractions, and many times faster


def codec_of(container: Any, stream: Any) -> tuple[str, int]:
    """The codec's name, and the bits a second of the sound as far as the container says."""
    context = stream.codec_context
    return str(context.name), int(context.bit_rate or container.bit_rate or 0)
