"""How long things will probably take: when a helper's slots are free, when a chunk can be done, and when a book.

All of it is reckoned anew for each event from speeds and from what heartbeats told, and nothing of it is kept.
"""

from __future__ import annotations

from heapq import heapify, heapreplace

from swarmstt.core.state import Book, Chunk, Helper, Lease, State
from swarmstt.ids import BookId, ChunkId, HelperId


class Outlook:
    """One book's future, if its chunks that are not granted yet, and those of the books before it, are shared well.

    `seconds`: until all of that is done; helpers whose hands are full for longer than that do not count.
    `fastest`: of one slot, in seconds of audio a second. Both 0 where nobody is there to do it.
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
        """Whether the helper, which can begin in `wait` seconds, is done in time with all others, or at least before
        any of them would be if it took the chunk next."""
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


class Forecast:
    """The outlooks of all books at one moment, each made when it is asked for."""

    def __init__(self, state: State, at: float) -> None:
        self.state = state
        self.at = at
        self._outlooks: dict[BookId, Outlook] = {}

    def of(self, book: Book, seconds_to_grant: float) -> Outlook:
        if book.book_id not in self._outlooks:
            self._outlooks[book.book_id] = Outlook(self.state, book, seconds_to_grant, self.at)
        return self._outlooks[book.book_id]


def _works_on(helper: Helper, book: Book, at: float) -> bool:
    """Whether a chunk can wait for this helper: for one that works here or asks for work, but not for a guest, which
    may have gone for ever without a word."""
    if not helper.linked or helper.offer.silent or not (helper.held or helper.wants(at)):
        return False
    return helper.can_decode(book)


def finish_times(helper: Helper, at: float) -> list[tuple[Lease, float]]:
    """When each held lease of a helper will probably end: its slots take the leases in the order of granting."""
    return _queue(helper, at)[0] if helper.held else []


def free_at(helper: Helper, at: float) -> float:
    """When the helper can probably begin with one chunk more."""
    return min(_queue(helper, at)[1]) if helper.held else at


def _queue(helper: Helper, at: float) -> tuple[list[tuple[Lease, float]], list[float]]:
    """When each held lease will probably end, and when each slot will be free."""
    slots = [at] * max(1, helper.offer.slots)
    heapify(slots)
    times: list[tuple[Lease, float]] = []
    for position, lease in enumerate(helper.held.values()):
        # A lease on a slot that has not moved for long will hardly move the next moment. One that waited for a slot
        # cannot have begun before the helper delivered another.
        heard_at = max(lease.progressed_at, helper.delivered_at)
        silence = at - heard_at if position < len(slots) else 0.0
        finish_at = max(slots[0] + max(lease.left_seconds / helper.speed - silence, 0.0), at + silence / 2)
        heapreplace(slots, finish_at)
        times.append((lease, finish_at))
    return times, slots
