"""How speech resembles other speech of its window, and how many turns of a phrase that makes.

Whisper counts badly what is said over and over; the sound counts well, since each turn is like the next. Pure values;
all times are seconds of one clock (`speech/decoding/echoes.py` measures them).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from statistics import median

MOST_DIFFERENCE = 0.5
"""Speech that differs less than this from other speech of its window is said again there. Of real repetition, synthetic
and cut from readers, at least 0.8 did (53 runs, but for one that was badly aligned), of what tiny.en and base looped
over at most 0.44 (54 loops): the cases that the mark was chosen by."""

SURE_DIFFERENCE = 0.4
"""Where most of a run is not said again, chance alone gives some turns of it speech that differs by less than 0.5."""

LEAST_CARRIED = 0.5
"""So much of a phrase's speech must be said again."""

_ASKED_SECONDS = 3.0
_LEAST_WITH_STEPS = 0.5
"""So much of the speech that is said again must say after how long, or its turns cannot be counted: 0.58 and more did
in the real runs of `tests/unit/core/speech/repetitions.json`, at most 0.39 in its loops."""

_SAME_DIFFERENCE = 0.3
_PAUSE_SECONDS = 0.25
_NEARBY_SECONDS = 0.45

_SAME_PACE = 0.25

_LEAST_TURNS = 2.5
"""Fewer are chance: of those loops none had more than 0.9."""

_STEPS_AROUND = 15
"""The pace of a run may change, so a turn's length is the median of the steps around it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Echo:
    """Speech from `start` to `end`, and how much it differs from what resembles it most elsewhere in its window:
    0 if that is the very same, 1 if it is like any other speech. `again_after`: after how many seconds of speech it
    comes again, or came before; None if it does not."""

    start: float
    end: float
    difference: float
    again_after: float | None = None


def turns_heard(start: float, end: float, echoes: Sequence[Echo]) -> float | None:
    """How many turns of a phrase the sound has between two words; None if that cannot be told."""
    end = _beyond(end, echoes)
    alike = said_again(start, end, echoes)
    found = [(echo.start, echo.again_after) for echo in alike if echo.again_after is not None]
    if not found or len(found) < len(alike) * _LEAST_WITH_STEPS:
        return None
    usual = median(seconds for _, seconds in found)
    # Of turns that are not quite alike, the next may be missed: then the step is two turns long.
    steps = [(at, seconds / max(1, round(seconds / usual))) for at, seconds in found]
    turns = sum(overlap(echo, start, end) / _pace(echo.start, steps) for echo in alike)
    return turns if turns >= _LEAST_TURNS else None


def said_again(start: float, end: float, echoes: Sequence[Echo]) -> list[Echo]:
    """The speech between two times that is said again, from where it surely is to where it surely is, or to the pause
    nearby: what lies beside it is half like it, being measured in stretches, and its own ends are half unlike it."""
    within = [echo for echo in echoes if overlap(echo, start, end) > 0]
    sure = [index for index, echo in enumerate(within) if echo.difference < SURE_DIFFERENCE]
    if not sure:
        return [echo for echo in within if echo.difference < MOST_DIFFERENCE]
    first, until = _near_pause(within, sure[0]), _near_pause(within, sure[-1] + 1)
    return [
        echo
        for index, echo in enumerate(within[first:until], start=first)
        if echo.difference < MOST_DIFFERENCE or not sure[0] <= index <= sure[-1]
    ]


def said_on(start: float, end: float, echoes: Sequence[Echo]) -> tuple[float, float]:
    """From where to where speech goes on to be said again, beyond these times, at the pace that it has between them."""
    steps = [echo.again_after for echo in said_again(start, end, echoes) if echo.again_after is not None]
    usual = median(steps) if steps else 0.0

    def goes_on(echo: Echo) -> bool:
        return echo.again_after is not None and abs(echo.again_after - usual) <= _SAME_PACE * usual

    for echo in sorted(echoes, key=lambda echo: echo.start):
        if echo.start >= end:
            if not goes_on(echo):
                break
            end = echo.end
    for echo in sorted(echoes, key=lambda echo: -echo.end):
        if echo.end <= start:
            if not goes_on(echo):
                break
            start = echo.start
    return start, end


def said_again_from(at: float, echoes: Sequence[Echo]) -> bool:
    """Whether what is said in the seconds from that time on is said over and over."""
    return carried_part(at, at + _ASKED_SECONDS, echoes) >= LEAST_CARRIED


def carried_part(start: float, end: float, echoes: Sequence[Echo], most: float = MOST_DIFFERENCE) -> float:
    """The part of the speech between two times that is said again; 0 if there is no speech."""
    total = spoken_seconds(start, end, echoes)
    again = spoken_seconds(start, end, [echo for echo in echoes if echo.difference < most])
    return again / total if total else 0.0


def spoken_seconds(start: float, end: float, echoes: Sequence[Echo]) -> float:
    """Seconds of speech between two times."""
    return sum(overlap(echo, start, end) for echo in echoes)


def overlap(echo: Echo, start: float, end: float) -> float:
    """Seconds of an echo between two times."""
    return max(0.0, min(echo.end, end) - max(echo.start, start))


def _beyond(end: float, echoes: Sequence[Echo]) -> float:
    """The time, or a little later: alignment has the word after a run begin early, in the last of its turns."""
    most = end + _NEARBY_SECONDS
    for echo in echoes:
        if echo.start <= end < echo.end <= most and echo.difference < _SAME_DIFFERENCE:
            end = echo.end
    return end


def _near_pause(speech: Sequence[Echo], index: int) -> int:
    """Where the nearest pause is before the speech of an index; the index itself if none is near."""
    ends = [0, *accumulate(echo.end - echo.start for echo in speech)]
    pauses = [at for at in range(1, len(speech)) if speech[at].start - speech[at - 1].end > _PAUSE_SECONDS]
    nearest = min([0, *pauses, len(speech)], key=lambda at: abs(ends[at] - ends[index]))
    return nearest if abs(ends[nearest] - ends[index]) <= _NEARBY_SECONDS else index


def _pace(at: float, steps: Sequence[tuple[float, float]]) -> float:
    """The length of a turn there, in seconds of speech."""
    nearest = sorted(steps, key=lambda step: abs(step[0] - at))[:_STEPS_AROUND]
    return median(seconds for _, seconds in nearest)
