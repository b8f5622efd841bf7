"""What comes out of a container one after another: sound, and what is lost between."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """So many seconds are missing here; `track`: the container lost its way."""

    seconds: float = 0.0
    track: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """A decoded frame, its length, its time by the container's clock if that has one, and the part (0..1) of the
    container that was read for it.

    `follows_rest`: the encoder left out what nobody spoke in before it.
    """

    frame: Any
    seconds: float
    time: float | None
    part_read: float | None
    follows_rest: bool = False


def with_next(packets: Iterator[Any]) -> Iterator[tuple[Any, Any | None]]:
    """Each packet, with the one behind it; None if there is none, or the container lost its way before it."""
    held: list[Any] = []
    for packet in packets:
        if held:
            yield held.pop(), packet
        held.append(packet)
    if held:
        yield held.pop(), None
