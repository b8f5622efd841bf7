"""What one worker of a cluster has in hand: the chunks that it decodes, and those that it begins with next.

Until a worker's result has come and the next chunk is there, a tenth of a second goes by, in which it does nothing. So
it is sent that chunk a little before it needs it, and no earlier: by then it is plain which worker is free first.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

AHEAD_PART = 0.2
"""A chunk is sent ahead when so much of the time is left that the one before will probably take, and later: two chunks
of the same length take unlike times."""
LEAST_AHEAD_SECONDS = 1.0
"""Or when no more than this is left: a busy network needs it."""


@dataclass(slots=True, kw_only=True)
class _Given:
    """A chunk of so many seconds of audio; `began_at` None: it waits for a slot."""

    seconds: float
    began_at: float | None

    def left(self, speed: float, at: float) -> tuple[float, float]:
        """Returns how many seconds more it will probably take, and how many in all."""
        whole = self.seconds / speed
        return whole - (0.0 if self.began_at is None else at - self.began_at), whole


class WorkerLoad:
    """`slots`: how many chunks it decodes at once; of each, one more may wait there."""

    def __init__(self) -> None:
        self.slots = 0
        self._given: dict[str, _Given] = {}
        self._speed: float | None = None
        """Seconds of audio a second on one slot, in its last result."""

    @property
    def keys(self) -> Collection[str]:
        """The chunks that it was given."""
        return self._given.keys()

    @property
    def begun(self) -> frozenset[str]:
        """Those of them that it decodes; the others wait."""
        return frozenset(key for key, each in self._given.items() if each.began_at is not None)

    @property
    def free(self) -> int:
        return self.slots - len(self._given)

    def give(self, key: str, seconds: float, at: float) -> None:
        self._given[key] = _Given(seconds=seconds, began_at=at if self.free > 0 else None)

    def end(self, key: str, at: float, *, decoded: bool) -> None:
        """Takes note that it has a chunk no more. What waits there longest has its slot."""
        ended = self._given.pop(key, None)
        if ended is None or ended.began_at is None:
            return
        if decoded and at > ended.began_at:
            self._speed = ended.seconds / (at - ended.began_at)
        waiting = next((each for each in self._given.values() if each.began_at is None), None)
        if waiting is not None:
            waiting.began_at = at

    def ahead_in(self, at: float) -> float | None:
        """Returns in how many seconds it can probably begin with one chunk more, if that is soon; negative if it takes
        longer than was expected."""
        if self._speed is None or not 0 < self.slots <= len(self._given) < 2 * self.slots:
            return None
        begun = [each for each in self._given.values() if each.began_at is not None]
        left = sorted(each.left(self._speed, at) for each in begun)
        place = len(self._given) - self.slots  # of those that are ready sooner the chunks have been sent
        if place >= len(left):
            return None
        seconds, whole = left[place]
        return seconds if seconds <= max(LEAST_AHEAD_SECONDS, AHEAD_PART * whole) else None
