"""A container's clock against the samples that were counted: where sound starts late or its times jump, silence is
to be put in, so that all that follows is told at its own time."""

from __future__ import annotations

from dataclasses import dataclass

LEAST_SILENCE_SECONDS = 0.25
LARGEST_JUMP_SECONDS = 3600.0
"""A larger one is another recording, or a clock that was set: no silence is put in."""

LEAST_START_SECONDS = 0.05
_LEAST_JUMP_SECONDS = 0.04
"""Frames whose times are further apart than this do not follow one another; less is a clock that runs otherwise."""

_STEP_BACK_SECONDS = 0.25
_LEAST_SKIPPED_SECONDS = 0.05
"""Numbers of FLAC's frames are exact, their times nearly so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What comes before a frame: so much silence; `is_late` if the sound begins there, `is_lost` if the clock jumps
    by more than is believed."""

    silence: float = 0.0
    is_late: bool = False
    is_lost: bool = False


class Clock:
    """Follows the frames of one part in order."""

    def __init__(self, start: float | None = None) -> None:
        """`start` is when the picture begins, in the container's time; None if there is none, so that the sound
        begins at once."""
        self._start = start
        self._origin: float | None = None
        self._counted = 0.0
        self._next: float | None = None

    def step(self, time: float | None, following: float | None, seconds: float) -> Step:
        """Returns what to put before a frame of that time and length, and counts both.

        `following` is the time of the frame after it, if that is known: a time that the next frame does not confirm
        is damaged.
        """
        is_confirmed = following is None or time is None or following - time > -_STEP_BACK_SECONDS
        step = self._step(time) if time is not None and is_confirmed else Step()
        self._counted += step.silence + seconds
        self._next = time + seconds if time is not None and is_confirmed else None
        return step

    def _step(self, time: float) -> Step:
        if self._origin is None:
            late = 0.0 if self._start is None else time - self._start
            step = Step(silence=late, is_late=True) if LEAST_START_SECONDS <= late <= LARGEST_JUMP_SECONDS else Step()
            self._origin = time - step.silence - self._counted
            return step
        late = time - self._origin - self._counted
        if -_STEP_BACK_SECONDS < late < LEAST_SILENCE_SECONDS or (late > 0 and not self._jumps(time)):
            return Step()
        if 0 < late <= LARGEST_JUMP_SECONDS:
            return Step(silence=late)
        self._origin = time - self._counted  # another recording follows
        return Step(is_lost=late > 0)

    def _jumps(self, time: float) -> bool:
        return self._next is None or time - self._next >= _LEAST_JUMP_SECONDS


class FrameNumbers:
    """Follows the frames of a FLAC, whose numbers say when each begins, so that what was cut out is known."""

    def __init__(self) -> None:
        self._zero: float | None = None

    @property
    def begins_seconds(self) -> float:
        """Where the first frame belongs."""
        return max(0.0, self._zero or 0.0)

    def skipped(
        self,
        begins: float,
        length: float,
        *,
        following: float | None,
        reached: float,
        counted: float | None,
        most: float,
    ) -> float:
        """Returns the seconds that lack before a frame which begins there by its number; 0 if none.

        `following` is where the next frame begins, lower if this one's number is wrong; `reached`, how much was heard
        or is known to be lost before. No more is believed than up to what the header `counted`; where it counted
        nothing, no more than `most`, which is about as much as there is.
        """
        ends = begins + length - _LEAST_SKIPPED_SECONDS / 2
        if following is not None and following < ends:
            return 0.0
        if self._zero is None:
            self._zero = begins - reached
        skipped = begins - self._zero - reached
        is_possible = ends <= counted if counted else skipped <= most
        return skipped if is_possible and skipped >= _LEAST_SKIPPED_SECONDS else 0.0
