"""How long things will probably take: when a helper's slots are free, when a chunk can be done, and when a book.

All of it is computed again for each event, from speeds and heartbeats, and nothing of it is kept.
"""

from __future__ import annotations

from heapq import heapify, heapreplace

from swarmstt.core.scheduling.state import Book, Chunk, Helper, Lease, State
from swarmstt.ids import BookId, ChunkId, HelperId


class Forecast:
    """One book's future, if its chunks that are not granted yet, and those of the books before it, are shared well.

    `seconds`: until all of that is done; helpers busy for longer than that are ignored. `fastest`: of one slot, in
    seconds of audio a second. Both are 0 if no helper is there to do it.
    """

    def __init__(self, state: State, book: Book, seconds_to_grant: float, at: float) -> None:
        self.hands = [each for each in state.helpers.values() if _works_on(each, book, at)]
        self.fastest = max((each.speed for each in self.hands), default=0.0)
        self.seconds = 0.0
        loads = [(each.held_seconds, each.rate) for each in self.hands]
        while loads:
            self.seconds = (seconds_to_grant + sum(load for load, _ in loads)) / sum(rate for _, rate in loads)
            count, loads = len(loads), [each for each in loads if each[0] <= self.seconds * each[1]]
            if len(loads) == count:
                break
        self._soonest: dict[ChunkId, tuple[float, HelperId | None]] = {}

    def is_soon_enough(self, chunk: Chunk, helper: Helper, wait: float) -> bool:
        """Return whether the helper, which can begin in `wait` seconds, is done in time with all others, or at least
        before any of them would be if it took the chunk next."""
        seconds = wait + chunk.span.seconds / helper.speed
        if seconds <= self.seconds:
            return True
        chunk_id = chunk.span.chunk_id
        if chunk_id not in self._soonest:
            self._soonest[chunk_id] = self._look_for_soonest(chunk)
        soonest, by_whom = self._soonest[chunk_id]
        return by_whom is None or by_whom == helper.helper_id or seconds <= soonest

    def _look_for_soonest(self, chunk: Chunk) -> tuple[float, HelperId | None]:
        soonest, by_whom = 0.0, None
        for each in self.hands:
            seconds = each.held_seconds / each.rate + chunk.span.seconds / each.speed
            if (by_whom is None or seconds < soonest) and each.helper_id not in chunk.failed_by:
                soonest, by_whom = seconds, each.helper_id
        return soonest, by_whom


class Forecasts:
    """The forecasts of all books at one moment, each made when it is asked for."""

    def __init__(self, state: State, at: float) -> None:
        self.state = state
        self.at = at
        self._forecasts: dict[BookId, Forecast] = {}

    def of(self, book: Book, seconds_to_grant: float) -> Forecast:
        if book.book_id not in self._forecasts:
            self._forecasts[book.book_id] = Forecast(self.state, book, seconds_to_grant, self.at)
        return self._forecasts[book.book_id]


def _works_on(helper: Helper, book: Book, at: float) -> bool:
    """Return whether a chunk can wait for this helper: it works here, or asks for work, by itself."""
    if not helper.linked or not helper.policy.asks_by_itself or not (helper.held or helper.wants(at)):
        return False
    return helper.can_decode(book)


def finish_times(helper: Helper, at: float) -> list[tuple[Lease, float]]:
    """Return when each held lease of a helper will probably end: its slots take the leases in the order of granting."""
    return _queue(helper, at)[0] if helper.held else []


def free_at(helper: Helper, at: float) -> float:
    """Return when the helper can probably begin with one more chunk."""
    slot_count = max(1, helper.offer.slots)
    if len(helper.held) < slot_count:
        return at
    if len(helper.held) > slot_count:
        return min(_queue(helper, at)[1])
    return min(_finish_on_slot(helper, lease, at) for lease in helper.held.values())


def _finish_on_slot(helper: Helper, lease: Lease, at: float) -> float:
    """Return when a lease will probably end that its helper has on a slot."""
    # One that has not moved for long will hardly move the next moment. One that waited for a slot cannot have begun
    # before the helper delivered another.
    silence = at - max(lease.progressed_at, helper.delivered_at)
    return max(at + max(lease.left_seconds / helper.speed - silence, 0.0), at + silence / 2)


def _queue(helper: Helper, at: float) -> tuple[list[tuple[Lease, float]], list[float]]:
    """Return when each held lease will probably end, and when each slot will be free."""
    slot_count = max(1, helper.offer.slots)
    slots: list[float] = []
    times: list[tuple[Lease, float]] = []
    for lease in helper.held.values():
        if len(slots) < slot_count:
            finish_at = _finish_on_slot(helper, lease, at)
            slots.append(finish_at)
            if len(slots) == slot_count:
                heapify(slots)
        else:
            finish_at = max(slots[0] + lease.left_seconds / helper.speed, at)
            heapreplace(slots, finish_at)
        times.append((lease, finish_at))
    slots += [at] * (slot_count - len(slots))
    return times, slots
