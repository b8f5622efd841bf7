"""Which helper gets which chunk. Helpers ask; these functions answer what each of them should have.

Chunks go out in the order of the book, and the plan makes them smaller toward its end, so that helpers end together.
A slow helper is not given a chunk that a faster one would finish sooner, though it has to do others first.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heapify, heapreplace

from swarmstt.core.actions import AnyAction, Grant, StopLease, StoreLease
from swarmstt.core.leases import LeaseEvent
from swarmstt.core.state import Book, Chunk, Helper, Lease, State
from swarmstt.ids import LeaseId

HEDGE_GAIN = 0.8
"""A hedge must be expected to need at most this part of the time that the lease it doubles still needs."""

RECALL_LOSS = 1.05
"""A chunk that waits is taken back when it would end so many times later than if another did it."""
SHORTEST_RECALL_SECONDS = 3.0
"""A chunk that the fastest helper decodes in less time is not worth it."""


def assign_pending(state: State, at: float, out: list[AnyAction]) -> None:
    """Gives pending chunks to the helpers that want some, fastest first, until one of the two runs out."""
    if not any(book.pending and book.grantable for book in state.books.values()):
        return
    wanting = [helper for helper in state.helpers.values() if not helper.offer.silent and helper.wants(at)]
    for helper in sorted(wanting, key=lambda each: -each.speed):
        while helper.wants(at) and (chunk := choose_chunk(state, helper, at)) is not None:
            grant(state, helper, chunk, at, out)


def choose_chunk(state: State, helper: Helper, at: float) -> Chunk | None:
    """The pending chunk that this helper should decode next: of the oldest book that has one for it."""
    for book in state.books.values():
        if not (book.pending and book.grantable and helper.can_decode(book)):
            continue
        first = next(_open_to(state, book, helper, book.pending), None)
        if first is not None and _is_soon_enough(state, first, helper, at):
            return first
        last = next(_open_to(state, book, helper, reversed(book.pending)), None)
        if last is not None and _is_soon_enough(state, last, helper, at):
            return last
    return None


def _open_to(state: State, book: Book, helper: Helper, indexes: Iterator[int] | list[int]) -> Iterator[Chunk]:
    """Those chunks that the helper has not failed on; after many failures only the coordinator's own may try."""
    for index in indexes:
        chunk = book.chunks[index]
        if helper.helper_id in chunk.failed_by:
            continue
        if len(chunk.failed_by) < state.rules.failures_for_gap or helper.offer.own:
            yield chunk


def _is_soon_enough(state: State, chunk: Chunk, helper: Helper, at: float) -> bool:
    """Whether nobody would finish the chunk sooner by taking it when the work before it is done."""
    others = [each for each in state.helpers.values() if _may_come_for(each, chunk, at)]
    fastest = max([helper.speed, *(each.speed for each in others)])
    together = sum(each.speed * each.offer.slots for each in others) or helper.speed
    seconds = chunk.span.seconds
    # What it has of other books keeps others as busy, so only this book's chunks count as a wait.
    alone = all(each is helper for each in others) or any(h.chunk.book is not chunk.book for h in helper.held.values())
    wait = 0.0 if alone else _free_at(helper, at) - at
    return wait + seconds / helper.speed <= chunk.book.remaining_seconds / together + seconds / fastest


def _may_come_for(helper: Helper, chunk: Chunk, at: float) -> bool:
    """Whether the chunk can wait for this helper: for one that works here or asks for work, but not for one that
    failed on it, nor for a guest, which may have gone for ever without a word."""
    able = helper.linked and not helper.offer.silent and helper.can_decode(chunk.book)
    return able and (bool(helper.held) or helper.wants(at)) and helper.helper_id not in chunk.failed_by


def grant(state: State, helper: Helper, chunk: Chunk, at: float, out: list[AnyAction]) -> None:
    """Makes a lease of the chunk for the helper."""
    book = chunk.book
    assert book.language is not None
    lease_id = state.next_lease_id
    state.next_lease_id = LeaseId(lease_id + 1)
    lease = Lease(
        lease_id=lease_id,
        chunk=chunk,
        helper_id=helper.helper_id,
        granted_at=at,
        deadline=at + lease_seconds(state, helper, chunk),
        progressed_at=at,
    )
    state.leases[lease_id] = chunk.leases[lease_id] = helper.held[lease_id] = lease
    helper.granted += 1
    state.refresh(chunk)
    out.append(
        StoreLease(
            lease_id=lease_id,
            chunk_id=chunk.span.chunk_id,
            helper_id=helper.helper_id,
            helper_name=helper.offer.name,
        )
    )
    out.append(
        Grant(
            helper_id=helper.helper_id,
            lease_id=lease_id,
            span=chunk.span,
            model=book.settings.model,
            model_hash=book.settings.model_hash,
            options=book.settings.decode_options(book.language),
        )
    )


def lease_seconds(state: State, helper: Helper, chunk: Chunk) -> float:
    """How long a helper may be silent about a chunk."""
    rules = state.rules
    if helper.offer.silent:
        return max(rules.silent_lease_seconds, rules.silent_lease_factor * chunk.span.seconds)
    return rules.lease_seconds


def recall_late(state: State, at: float, out: list[AnyAction]) -> None:
    """Takes chunks back that wait for a slot of a helper too slow for them: they were fetched ahead before its speed
    was known, and would end long after all others. Nothing is lost, since nobody has begun with them."""
    paces = {book.book_id: _pace(state, book) for book in state.books.values() if book.open_count}
    for helper in list(state.helpers.values()):
        if helper.offer.silent or len(helper.held) <= max(1, helper.offer.slots):
            continue
        for lease, finish_at in finish_times(helper, at)[max(1, helper.offer.slots) :]:
            chunk = lease.chunk
            together, fastest = paces.get(chunk.book.book_id, (0.0, 0.0))
            mixed = any(other.chunk.book is not chunk.book for other in helper.held.values())
            if mixed or lease.progress or not together or chunk.span.seconds / fastest < SHORTEST_RECALL_SECONDS:
                continue
            end_at = at + chunk.book.remaining_seconds / together + chunk.span.seconds / fastest
            if finish_at - at > RECALL_LOSS * (end_at - at):
                state.move(lease, LeaseEvent.SUPERSEDED, out)
                out.append(StopLease(helper_id=helper.helper_id, lease_id=lease.lease_id))


def _pace(state: State, book: Book) -> tuple[float, float]:
    """How fast all who are here can decode the book together, and the fastest slot of them, in seconds a second."""
    able = [each for each in state.helpers.values() if each.linked and not each.offer.silent and each.can_decode(book)]
    return sum(each.speed * each.offer.slots for each in able), max((each.speed for each in able), default=0.0)


def assign_hedges(state: State, at: float, out: list[AnyAction]) -> None:
    """Near the end of a book, doubles the leases that would end last, where an idle helper can be faster."""
    wanting = [helper for helper in state.helpers.values() if not helper.offer.silent and helper.wants(at)]
    if not wanting:
        return
    late = sorted(_late_leases(state, at), key=lambda pair: (-pair[0], pair[1].lease_id))
    for helper in sorted(wanting, key=lambda each: -each.speed):
        for position, (finish_at, lease) in enumerate(late):
            if _can_hedge(helper, lease, finish_at, at):
                grant(state, helper, lease.chunk, at, out)
                del late[position]
                break


def _late_leases(state: State, at: float) -> Iterator[tuple[float, Lease]]:
    """The leases that a hedge could help, each with the time at which it will probably end."""
    for helper in state.helpers.values():
        for lease, finish_at in finish_times(helper, at):
            book = lease.chunk.book
            if book.grantable and book.read_whole and not book.pending and len(lease.chunk.held) == 1:
                yield finish_at, lease


def _can_hedge(helper: Helper, lease: Lease, finish_at: float, at: float) -> bool:
    chunk = lease.chunk
    if helper.helper_id == lease.helper_id or helper.helper_id in chunk.failed_by:
        return False
    return helper.can_decode(chunk.book) and chunk.span.seconds / helper.speed < HEDGE_GAIN * (finish_at - at)


def finish_times(helper: Helper, at: float) -> list[tuple[Lease, float]]:
    """When each held lease of a helper will probably end: its slots take the leases in the order of granting."""
    return _queue(helper, at)[0] if helper.held else []


def _free_at(helper: Helper, at: float) -> float:
    """When the helper can probably begin with one chunk more."""
    return min(_queue(helper, at)[1]) if helper.held else at


def _queue(helper: Helper, at: float) -> tuple[list[tuple[Lease, float]], list[float]]:
    """When each held lease will probably end, and when each slot will be free."""
    free_at = [at] * max(1, helper.offer.slots)
    heapify(free_at)
    times: list[tuple[Lease, float]] = []
    for position, lease in enumerate(helper.held.values()):
        needed = lease.chunk.span.seconds * (1.0 - lease.progress) / helper.speed
        # A lease on a slot that has not moved for long will hardly move the next moment.
        silence = at - lease.progressed_at if position < len(free_at) else 0.0
        finish_at = max(free_at[0] + max(needed - silence, 0.0), at + silence / 2)
        heapreplace(free_at, finish_at)
        times.append((lease, finish_at))
    return times, free_at
