"""What keeps the end of a book short: chunks taken back from queues that are too long, and late leases doubled."""

from __future__ import annotations

from collections.abc import Iterator

from swarmstt.core.scheduling.actions import AnyAction, StopLease
from swarmstt.core.scheduling.forecast import Forecast, finish_times, free_at
from swarmstt.core.scheduling.granting import grant
from swarmstt.core.scheduling.leases import LeaseEvent, LeaseState
from swarmstt.core.scheduling.state import Book, Helper, Lease, State
from swarmstt.ids import BookId, LeaseId

HEDGE_GAIN = 0.8
"""Start a hedge only if it should finish within this fraction of the original lease's remaining time."""

OVERDUE_REACH = 4.0
"""A lease that will end after all others is doubled while its book still needs at most this many times what the
fastest helper needs for its chunk: later, the hedge itself would end last. Simulated: 2.5 to 6 do equally well."""

MOST_OVERDUE = 16
"""Only the latest are considered between two ticks; the rest follow after them."""

RECALL_LOSS = 1.05
"""A chunk that waits is taken back when it would end so many times later than if another did it."""
SHORTEST_RECALL_SECONDS = 3.0
"""A chunk that the fastest helper decodes in less time is not worth it."""


def recall_late(state: State, at: float, out: list[AnyAction]) -> None:
    """Take chunks back that wait for a slot of a helper too slow for them: they were fetched ahead before its speed
    was known, and would end long after all others. Nothing is lost, since nobody has begun with them."""
    paces: dict[BookId, tuple[float, float]] = {}
    for helper in state.helpers.values():
        slots = max(1, helper.offer.slots)
        if not helper.policy.sends_heartbeats or len(helper.held) <= slots:
            continue
        for lease, finish_at in finish_times(helper, at)[slots:]:
            chunk, book = lease.chunk, lease.chunk.book
            if lease.progress or lease.urgent or any(other.chunk.book is not book for other in helper.held.values()):
                continue
            if book.book_id not in paces:
                paces[book.book_id] = _pace(state, book)
            together, fastest = paces[book.book_id]
            if not together or chunk.span.seconds / fastest < SHORTEST_RECALL_SECONDS:
                continue
            soonest = book.remaining_seconds / together + chunk.span.seconds / fastest
            if finish_at - at > RECALL_LOSS * soonest:
                state.move(lease, LeaseEvent.RECALLED, out)
                out.append(StopLease(helper_id=helper.helper_id, lease_id=lease.lease_id))


def _pace(state: State, book: Book) -> tuple[float, float]:
    """Return how fast all helpers that are here can decode the book together, and the fastest slot of them, in seconds
    of audio a second."""
    here = [each for each in state.helpers.values() if each.linked and each.policy.asks_by_itself]
    able = [each for each in here if each.can_decode(book)]
    return sum(each.speed * each.offer.slots for each in able), max((each.speed for each in able), default=0.0)


def mark_overdue(state: State, at: float) -> None:
    """Find the leases that will end after all else, near the end of the last open book, the latest first."""
    state.overdue.clear()
    books = [book for book in state.books.values() if book.grantable and book.open_count]
    if len(books) != 1 or not books[0].read_whole:
        return
    forecast = Forecast(state, books[0], books[0].pending_seconds, at)
    late: list[tuple[float, Lease]] = []
    for helper in forecast.hands:
        if helper.held_seconds > forecast.seconds * helper.rate:
            late += [(end, lease) for lease, end in finish_times(helper, at) if _is_overdue(forecast, lease, end - at)]
    late.sort(key=lambda pair: (-pair[0], pair[1].lease_id))
    state.overdue.update({lease.lease_id: finish_at for finish_at, lease in late[:MOST_OVERDUE]})


def _is_overdue(forecast: Forecast, lease: Lease, seconds: float) -> bool:
    best = lease.chunk.span.seconds / forecast.fastest
    return seconds > forecast.seconds + best / 2 and forecast.seconds <= OVERDUE_REACH * best


def hedge_overdue(state: State, wanting: list[Helper], at: float, out: list[AnyAction]) -> None:
    """Have helpers double overdue leases before they begin with chunks that are smaller: large ones go first."""
    late = [(end, lease) for lease_id, end in state.overdue.items() if (lease := _still_overdue(state, lease_id))]
    _hedge(state, wanting, late, at, out)


def _still_overdue(state: State, lease_id: LeaseId) -> Lease | None:
    lease = state.leases.get(lease_id)
    if lease is None or lease.state is not LeaseState.HELD or len(lease.chunk.held) != 1:
        return None
    book = lease.chunk.book
    waits = book.pending and book.chunks[book.pending[0]].span.seconds > lease.chunk.span.seconds
    return None if waits or not book.grantable else lease


def assign_hedges(state: State, at: float, out: list[AnyAction]) -> None:
    """Double the leases of a book that would end last, once all its chunks are out, if an idle helper can be faster."""
    wanting = [helper for helper in state.helpers.values() if helper.policy.asks_by_itself and helper.wants(at)]
    if wanting:
        late = sorted(_late_leases(state, at), key=lambda pair: (-pair[0], pair[1].lease_id))
        _hedge(state, wanting, late, at, out)


def _hedge(
    state: State, wanting: list[Helper], late: list[tuple[float, Lease]], at: float, out: list[AnyAction]
) -> None:
    """Make one hedge at most for each helper, the fastest first; `late` are leases and when they will end."""
    for helper in sorted(wanting, key=lambda each: -each.speed) if late else []:
        # What comes too late from this one comes too late from the rest, who are slower.
        late = [(end, lease) for end, lease in late if lease.chunk.span.seconds / helper.speed < _limit(end, at)]
        if not late:
            return
        wait = free_at(helper, at) - at
        for place, (end, lease) in enumerate(late):
            in_time = wait + lease.chunk.span.seconds / helper.speed < _limit(end, at)
            if in_time and _may_hedge(helper, lease):
                grant(state, helper, lease.chunk, at, out)
                del late[place]
                break


def _limit(finish_at: float, at: float) -> float:
    """Return in how many seconds a hedge must be done of a lease that will end at that time."""
    return HEDGE_GAIN * (finish_at - at)


def _late_leases(state: State, at: float) -> Iterator[tuple[float, Lease]]:
    """Yield the leases that a hedge could help, each with the time at which it will probably end."""
    for helper in state.helpers.values():
        for lease, finish_at in finish_times(helper, at):
            book = lease.chunk.book
            if book.grantable and book.read_whole and not book.pending and len(lease.chunk.held) == 1:
                yield finish_at, lease


def _may_hedge(helper: Helper, lease: Lease) -> bool:
    chunk = lease.chunk
    if helper.helper_id == lease.helper_id or helper.helper_id in chunk.failed_by:
        return False
    return helper.can_decode(chunk.book)
