"""What helpers do: join, ask, send heartbeats, deliver, fail, hand back, and go away."""

from __future__ import annotations

from swarmstt.core import events
from swarmstt.core.actions import (
    Acknowledge,
    AnyAction,
    NothingForGuest,
    StopLease,
    StoreResult,
    Told,
)
from swarmstt.core.assignment import choose_chunk
from swarmstt.core.book_events import complete_chunk, give_up_chunk, reopen_gap
from swarmstt.core.books import BookState, ChunkState
from swarmstt.core.granting import grant, lease_seconds
from swarmstt.core.leases import LeaseEvent, LeaseState
from swarmstt.core.outlook import Forecast
from swarmstt.core.results import fault
from swarmstt.core.rules import possible_speed
from swarmstt.core.state import Chunk, Helper, Lease, State
from swarmstt.ids import HelperId, LeaseId

SPEED_MEMORY = 0.5
"""Weight of the newest chunk in a helper's measured speed: PCs change with what else runs on them."""


def joined(state: State, event: events.HelperJoined, out: list[AnyAction]) -> None:
    """A link opened, or a guest began anew. Leases it no longer knows of are lost."""
    helper = state.helpers.get(event.helper_id)
    speed = event.offer.speed or (helper.speed if helper else state.rules.assumed_speed)
    if helper is None:
        helper = Helper(helper_id=event.helper_id, offer=event.offer, speed=speed)
        state.helpers[event.helper_id] = helper
    helper.offer, helper.speed, helper.left_at = event.offer, speed, None
    helper.credit = helper.granted = 0
    for lease in list(helper.held.values()):
        if lease.lease_id not in event.holding:
            state.move(lease, LeaseEvent.REVOKED if event.offer.silent else LeaseEvent.EXPIRED, out)
    for lease_id in sorted(event.holding):
        renewed(state, events.LeaseRenewed(at=event.at, helper_id=event.helper_id, lease_id=lease_id), out)


def changed(state: State, event: events.HelperChanged) -> None:
    helper = state.helpers.get(event.helper_id)
    if helper is not None:
        helper.offer = event.offer
        helper.speed = event.offer.speed or helper.speed


def left(state: State, event: events.HelperLeft) -> None:
    helper = state.helpers.get(event.helper_id)
    if helper is not None and helper.left_at is None:
        helper.left_at = event.at


def wanted(state: State, event: events.ChunksWanted) -> None:
    helper = state.helpers.get(event.helper_id)
    if helper is not None:
        helper.credit = max(helper.credit, event.total)


def guest_asked(state: State, event: events.GuestAsked, out: list[AnyAction]) -> None:
    helper = state.helpers.get(event.helper_id)
    chunk = None
    if helper is not None:
        helper.left_at = None
        helper.credit = helper.granted + 1
        chunk = choose_chunk(Forecast(state, event.at), helper) if helper.wants(event.at) else None
        if chunk is not None:
            grant(state, helper, chunk, event.at, out)
        helper.credit = helper.granted
    if chunk is None:
        out.append(NothingForGuest(helper_id=event.helper_id))


def _lease_of(state: State, helper_id: HelperId, lease_id: LeaseId, out: list[AnyAction]) -> Lease | None:
    """The lease, if it is this helper's. One that is not known any more is of no use to anybody."""
    lease = state.leases.get(lease_id)
    if lease is None or lease.helper_id != helper_id:
        out.append(StopLease(helper_id=helper_id, lease_id=lease_id))
        return None
    return lease


def renewed(state: State, event: events.LeaseRenewed, out: list[AnyAction]) -> None:
    lease = _lease_of(state, event.helper_id, event.lease_id, out)
    if lease is None:
        return
    if lease.state is LeaseState.LOST and not _may_revive(lease):
        out.append(StopLease(helper_id=event.helper_id, lease_id=event.lease_id))
        return
    revived = lease.state is LeaseState.LOST
    state.move(lease, LeaseEvent.RENEWED, out)
    if lease.state is LeaseState.HELD:
        helper = state.helpers[event.helper_id]
        lease.deadline = event.at + lease_seconds(state, helper, lease.chunk)
        _learn_from_progress(helper, lease, event)
        if revived or (event.progress is not None and event.progress > lease.progress):
            helper.advance(lease, max(lease.progress, min(1.0, event.progress or 0.0)))
            lease.progressed_at = event.at
    elif lease.state is LeaseState.DELIVERED:
        out.append(Acknowledge(helper_id=event.helper_id, lease_id=event.lease_id))
    else:
        out.append(StopLease(helper_id=event.helper_id, lease_id=event.lease_id))


def _learn_from_progress(helper: Helper, lease: Lease, event: events.LeaseRenewed) -> None:
    """Until a helper has delivered, its heartbeats tell how fast it is; a slow one's first chunk takes minutes."""
    seconds = event.at - lease.progressed_at
    if helper.measured or event.progress is None or not 0.0 < lease.progress < event.progress or seconds <= 0:
        return
    newest = possible_speed((min(1.0, event.progress) - lease.progress) * lease.chunk.span.seconds / seconds)
    helper.speed += SPEED_MEMORY * (newest - helper.speed)


def _may_revive(lease: Lease) -> bool:
    """A lost lease is worth having back, unless its book rests or its helper has the chunk anew."""
    chunk = lease.chunk
    book = chunk.book
    if book.paused or book.state is not BookState.OPEN or chunk.state is ChunkState.FAILED:
        return False
    return all(other.helper_id != lease.helper_id for other in chunk.held)


def delivered(state: State, event: events.ChunkDelivered, out: list[AnyAction]) -> None:
    """The first valid result of a chunk is the chunk's, whoever sent it and however late."""
    lease = _lease_of(state, event.helper_id, event.lease_id, out)
    if lease is None:
        return
    chunk = lease.chunk
    why = fault(event.transcript, chunk.span.seconds)
    if why is not None and chunk.state is not ChunkState.COMPLETED:
        out.append(StopLease(helper_id=event.helper_id, lease_id=event.lease_id))
        name = state.helpers[lease.helper_id].offer.name
        count_failure(state, lease, f"what {name} sent makes no sense: {why}", out)
        return
    if chunk.state is not ChunkState.COMPLETED:
        if chunk.state is ChunkState.FAILED:
            reopen_gap(state, chunk, out)  # somebody had it after all
        state.move(lease, LeaseEvent.DELIVERED, out)
        out.append(
            StoreResult(
                chunk_id=chunk.span.chunk_id,
                lease_id=lease.lease_id,
                transcript=event.transcript,
                provenance=event.provenance,
            )
        )
        _learn_from_success(state, lease, event.provenance.processing_seconds, event.at)
        complete_chunk(state, chunk, out)
    out.append(Acknowledge(helper_id=event.helper_id, lease_id=event.lease_id))


def _learn_from_success(state: State, lease: Lease, processing_seconds: float, at: float) -> None:
    chunk, helper = lease.chunk, state.helpers[lease.helper_id]
    helper.failures.clear()
    helper.done_seconds += chunk.span.seconds
    helper.delivered_at = at
    if processing_seconds > 0:
        newest = possible_speed(chunk.span.seconds / processing_seconds)
        helper.speed += (SPEED_MEMORY if helper.measured else 1.0) * (newest - helper.speed)
        helper.measured = True
    for helper_id in chunk.failed_by:
        other = state.helpers.get(helper_id)
        if other is not None and chunk.span.chunk_id in other.failures:
            other.failures[chunk.span.chunk_id] = True


def failed(state: State, event: events.ChunkFailed, out: list[AnyAction]) -> None:
    helper = state.helpers.get(event.helper_id)
    if helper is not None and not event.reached:
        helper.granted = max(0, helper.granted - 1)
    lease = _lease_of(state, event.helper_id, event.lease_id, out)
    if lease is not None:
        out.append(Acknowledge(helper_id=event.helper_id, lease_id=event.lease_id))
        count_failure(state, lease, event.reason, out)


def count_failure(state: State, lease: Lease, reason: str, out: list[AnyAction]) -> None:
    """The lease ends as failed; its chunk goes to others, or becomes a gap."""
    ended = lease.state not in (LeaseState.HELD, LeaseState.LOST)
    chunk, helper = lease.chunk, state.helpers[lease.helper_id]
    state.move(lease, LeaseEvent.FAILED, out, reason)
    if ended or chunk.state in (ChunkState.COMPLETED, ChunkState.FAILED):
        return
    chunk.failed_by[lease.helper_id] = reason
    state.troubled[chunk.span.chunk_id] = chunk
    helper.failures[chunk.span.chunk_id] = False
    give_up_where_hopeless(state, chunk, out)


def give_up_where_hopeless(state: State, chunk: Chunk, out: list[AnyAction]) -> None:
    """A chunk becomes a gap once nobody who is here is left to try it, or enough have failed and the
    coordinator's own helper cannot try it either."""
    if chunk.held or not chunk.failed_by:
        return
    here = [h for h in state.helpers.values() if h.linked and not h.offer.silent and h.can_decode(chunk.book)]
    untried = [helper for helper in here if helper.helper_id not in chunk.failed_by]
    enough = len(chunk.failed_by) >= state.rules.failures_for_gap
    if here and (not untried or (enough and not any(helper.offer.own for helper in untried))):
        give_up_chunk(state, chunk, out)
        text = f"A part of the book could not be decoded: {chunk.reason}. It can be tried again."
        out.append(Told(text=text, book_id=chunk.book.book_id, trouble=True))


def returned(state: State, event: events.ChunkReturned, out: list[AnyAction]) -> None:
    lease = _lease_of(state, event.helper_id, event.lease_id, out)
    if lease is not None:
        state.move(lease, LeaseEvent.RETURNED, out)
        out.append(Acknowledge(helper_id=event.helper_id, lease_id=event.lease_id))
