"""Where a book is cut into chunks: a function of its audio, its marks and the settings, never of the swarm.

The planner is fed while the audio is decoded, and yields a chunk as soon as everything that could move its end has
been heard. Each decision looks only at facts before a horizon that depends on the chunk's start alone, so it does not
matter in which portions the facts arrive.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Mapping
from dataclasses import dataclass

from swarmstt.core.books import Grain
from swarmstt.errors import UsageError

LONG_BOOK_SECONDS: Mapping[Grain, int] = {"fine": 3600, "soon_fine": 600}
"""Books from this length on are cut fine toward their end. A shorter one would have many chunks of one or two windows,
which a processor reads well only if many share its slots."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grain:
    """How fine a book is cut. A chunk is `1 / divisor` of what remains, as guided self-scheduling does, but at least
    `smallest_seconds`. It is not cut before `earliest_cut_seconds`, and no rest below `shortest_rest_seconds` is left
    over as a last chunk of its own."""

    divisor: int
    smallest_seconds: int
    earliest_cut_seconds: int
    shortest_rest_seconds: int


_COARSE = _Grain(divisor=10, smallest_seconds=45, earliest_cut_seconds=20, shortest_rest_seconds=15)
"""Two windows, well filled."""

_FINE = _Grain(divisor=22, smallest_seconds=15, earliest_cut_seconds=8, shortest_rest_seconds=8)
"""Down to half a window, so that many PCs end together. Simulated, PCs with four chunks a slot (two where it is cut
coarsely), median time over the best possible: ten PCs, ten minutes 1.57 (2.33), twenty 1.37 (1.55); two PCs, ten
minutes 1.10 (1.22)."""

SMALLEST_SECONDS = _FINE.smallest_seconds
SHORTEST_REST_SECONDS = _FINE.shortest_rest_seconds

MARK_REACH_SECONDS = 3
"""A pause this near to a chapter or file mark belongs to it."""

LONG_PAUSE_SECONDS = 1.0
"""A longer pause is no better to cut in than one of this length."""

LEAST_CHUNK_SECONDS = 10
MOST_CHUNK_SECONDS = 3600
"""What a plan can be made with; `--chunk_seconds` asks for less extreme ones (config.py)."""

_LONG_PAUSE_WORTH = 0.3  # a long pause may be this part of the target further away than a very short one
_MARK_WORTH = 10.0  # more than distance and length can ever weigh


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSettings:
    """The largest chunk in seconds (10 to 3600), and how many samples a second has. `grain` None: cut as before there
    were fine cuts."""

    chunk_seconds: int = 300
    grain: Grain | None = "soon_fine"
    sample_rate: int = 16_000

    def __post_init__(self) -> None:
        if not LEAST_CHUNK_SECONDS <= self.chunk_seconds <= MOST_CHUNK_SECONDS:
            raise UsageError(f"The longest part must have {LEAST_CHUNK_SECONDS} to {MOST_CHUNK_SECONDS} seconds.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """A stretch in which nobody speaks, in samples of the book."""

    start_sample: int
    end_sample: int

    @property
    def middle_sample(self) -> int:
        return (self.start_sample + self.end_sample) // 2


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietSpot:
    """The middle of a stretch that is quiet among its neighbours; a lower `loudness` (decibels) is quieter."""

    sample: int
    loudness: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedChunk:
    """A stretch of the book; chunks follow one another without gap or overlap."""

    index: int
    start_sample: int
    sample_count: int

    @property
    def end_sample(self) -> int:
        return self.start_sample + self.sample_count


class Planner:
    """Takes what is heard of one book, in ascending order, and yields its chunks, in ascending order.

    `mark` and `estimate` must be called before the `heard` that passes their sample.
    """

    def __init__(self, settings: PlanSettings) -> None:
        self._rate = settings.sample_rate
        self._largest = settings.chunk_seconds * self._rate
        self._long = None if settings.grain is None else LONG_BOOK_SECONDS[settings.grain] * self._rate
        self._start = 0
        self._index = 0
        self._heard = 0
        self._total: int | None = None
        self._pauses: list[Pause] = []
        self._spots: list[QuietSpot] = []
        self._marks: list[int] = []
        self._estimates: list[tuple[int, int]] = []

    def mark(self, sample: int) -> None:
        """A chapter or file starts here."""
        insort(self._marks, sample)

    def estimate(self, at_sample: int, total_samples: int) -> None:
        """From what was decoded up to `at_sample`, the whole book has about `total_samples`."""
        self._estimates.append((at_sample, total_samples))

    def heard(self, until_sample: int, pauses: list[Pause], spots: list[QuietSpot]) -> list[PlannedChunk]:
        """All pauses that end, and all spots that lie, before `until_sample` are known: yields what can be cut."""
        self._heard = until_sample
        self._pauses += pauses
        self._spots += spots
        return self._cut_what_can_be()

    def finish(self, total_samples: int) -> list[PlannedChunk]:
        """The book ends here: yields the chunks that are left, whose last ends at `total_samples`."""
        self._total = self._heard = total_samples
        return self._cut_what_can_be()

    def _cut_what_can_be(self) -> list[PlannedChunk]:
        chunks = []
        while (end := self._next_end()) is not None:
            chunks.append(PlannedChunk(index=self._index, start_sample=self._start, sample_count=end - self._start))
            self._start, self._index = end, self._index + 1
            self._forget()
        return chunks

    def _forget(self) -> None:
        self._pauses = [pause for pause in self._pauses if pause.end_sample > self._start]
        self._spots = [spot for spot in self._spots if spot.sample > self._start]
        del self._marks[: bisect_left(self._marks, self._start - MARK_REACH_SECONDS * self._rate)]
        passed = [estimate for estimate in self._estimates if estimate[0] <= self._start]
        self._estimates = passed[-1:] + self._estimates[len(passed) :]

    def _next_end(self) -> int | None:
        """Where the chunk that starts at `_start` ends; None while that cannot be said (or nothing is left)."""
        if self._total == self._start:
            return None
        peek = self._start + min(SMALLEST_SECONDS * self._rate, self._largest)
        if not self._knows(peek):
            return None
        if self._ends_by(peek):
            return self._total
        grain = self._grain(peek)
        glance = self._start + self._smallest(grain)
        if not self._knows(glance):
            return None
        if self._ends_by(glance):
            return self._total
        target = self._target(grain, glance)
        near = min(self._largest, target + target // 2)
        rest_reach = _COARSE.shortest_rest_seconds * self._rate
        if not self._knows(horizon := self._start + near + rest_reach):
            return None
        if self._ends_by(self._start + near):
            return self._total
        if (cut := self._best_pause(grain, target, near, horizon)) is not None:
            return cut
        if not self._knows(horizon := self._start + self._largest + rest_reach):
            return None
        return self._cut_far(grain, target, horizon)

    def _cut_far(self, grain: _Grain, target: int, horizon: int) -> int:
        """No pause is near the target: the best further on, else the rest whole if short, else the quietest spot."""
        if (cut := self._best_pause(grain, target, self._largest, horizon)) is not None:
            return cut
        if self._total is not None and self._ends_by(self._start + min(2 * target, self._largest)):
            return self._total
        first, last = self._reach(grain, target, self._largest, horizon)
        spots = [spot for spot in self._spots if first <= spot.sample <= last]
        goal = self._start + target
        if not spots:
            return min(goal, last)
        return min(spots, key=lambda spot: (spot.loudness, abs(spot.sample - goal), spot.sample)).sample

    def _knows(self, sample: int) -> bool:
        return self._total is not None or self._heard >= sample

    def _ends_by(self, sample: int) -> bool:
        return self._total is not None and self._total <= sample

    def _grain(self, peek: int) -> _Grain:
        """How fine the book is cut from here on, from the newest estimate that may be looked at."""
        return _FINE if self._long is not None and (self._estimated(peek) or 0) >= self._long else _COARSE

    def _smallest(self, grain: _Grain) -> int:
        return min(grain.smallest_seconds * self._rate, self._largest)

    def _target(self, grain: _Grain, glance: int) -> int:
        """The size this chunk should have, from the newest estimate that may be looked at."""
        remaining = (self._estimated(glance) or glance) - self._start
        return max(self._smallest(grain), min(self._largest, remaining // grain.divisor))

    def _estimated(self, at: int) -> int | None:
        """The length of the whole book, as it was estimated up to a sample; None without an estimate."""
        return next((total for at_sample, total in reversed(self._estimates) if at_sample <= at), None)

    def _reach(self, grain: _Grain, target: int, farthest: int, horizon: int) -> tuple[int, int]:
        """The first and last sample at which this chunk may end."""
        earliest = min(grain.earliest_cut_seconds * self._rate, self._largest // 2)
        first = self._start + max(target // 2, earliest)
        last = self._start + farthest
        if self._total is not None and self._total <= horizon:
            last = min(last, max(self._total - grain.shortest_rest_seconds * self._rate, first))
        return first, last

    def _best_pause(self, grain: _Grain, target: int, farthest: int, horizon: int) -> int | None:
        first, last = self._reach(grain, target, farthest, horizon)
        within = [p for p in self._pauses if first <= p.middle_sample <= last and p.end_sample <= horizon]
        if not within:
            return None
        return min(within, key=lambda pause: (self._cost(pause, target), pause.start_sample)).middle_sample

    def _cost(self, pause: Pause, target: int) -> float:
        distance = abs(pause.middle_sample - self._start - target) / target
        length = (pause.end_sample - pause.start_sample) / (LONG_PAUSE_SECONDS * self._rate)
        return distance - _LONG_PAUSE_WORTH * min(1.0, length) - self._mark_worth(pause)

    def _mark_worth(self, pause: Pause) -> float:
        """High for the pause that holds a mark, a little lower for one beside it, else nothing."""
        reach = MARK_REACH_SECONDS * self._rate
        behind = bisect_left(self._marks, pause.start_sample)
        beside = self._marks[max(0, behind - 1) : behind + 1]
        away = min((max(pause.start_sample - mark, mark - pause.end_sample, 0) for mark in beside), default=reach)
        return _MARK_WORTH - away / reach if away < reach else 0.0
