"""What helpers do: join, ask, send heartbeats, deliver, fail, hand back, and go away."""

from __future__ import annotations

from swarmstt.core.books import BookState, ChunkState
from swarmstt.core.scheduling import events
from swarmstt.core.scheduling.actions import (
    Acknowledge,
    AnyAction,
    Notice,
    StopLease,
    StoreResult,
)
from swarmstt.core.scheduling.assignment import choose_chunk
from swarmstt.core.scheduling.book_events import complete_chunk, give_up_chunk, reopen_gap
from swarmstt.core.scheduling.forecast import Forecasts
from swarmstt.core.scheduling.granting import grant, lease_seconds
from swarmstt.core.scheduling.leases import LeaseEvent, LeaseState
from swarmstt.core.scheduling.result_checks import problem
from swarmstt.core.scheduling.rules import possible_speed
from swarmstt.core.scheduling.state import Chunk, Helper, Lease, State
from swarmstt.ids import HelperId, LeaseId

SPEED_MEMORY = 0.5
"""Weight of the newest chunk in a helper's measured speed: PCs change with what else runs on them."""


def joined(state: State, event: events.HelperJoined, out: list[AnyAction]) -> None:
    """Take in a helper whose link opened, or a guest that began again. Leases that it no longer knows of are lost."""
    helper = state.helpers.get(event.helper_id)
    speed = event.offer.speed or (helper.speed if helper else state.rules.assumed_speed)
    if helper is None:
        helper = Helper(helper_id=event.helper_id, kind=event.kind, offer=event.offer, speed=speed)
        state.helpers[event.helper_id] = helper
    helper.kind, helper.offer, helper.speed = event.kind, event.offer, speed
    helper.has_joined, helper.left_at = True, None
    helper.credit = helper.granted = 0
    for lease in list(helper.held.values()):
        if lease.lease_id not in event.holding:
            # A guest that begins again has not gone away.
            state.move(lease, LeaseEvent.EXPIRED if helper.policy.sends_heartbeats else LeaseEvent.REVOKED, out)
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
    if helper is None:
        return
    helper.left_at = None
    helper.credit = helper.granted + 1
    chunk = choose_chunk(Forecasts(state, event.at), helper) if helper.wants(event.at) else None
    if chunk is not None:
        grant(state, helper, chunk, event.at, out)
    helper.credit = helper.granted


def _lease_of(state: State, helper_id: HelperId, lease_id: LeaseId, out: list[AnyAction]) -> Lease | None:
    """Return the lease, if it is this helper's. One that is not known any more is of no use to anybody."""
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
    """Measure a helper by its heartbeats until it has delivered: a slow one's first chunk takes minutes."""
    seconds = event.at - lease.progressed_at
    if helper.measured or event.progress is None or not 0.0 < lease.progress < event.progress or seconds <= 0:
        return
    newest = possible_speed((min(1.0, event.progress) - lease.progress) * lease.chunk.span.seconds / seconds)
    helper.speed += SPEED_MEMORY * (newest - helper.speed)


def _may_revive(lease: Lease) -> bool:
    """Return whether a lost lease is worth having back: not if its book rests or its helper got the chunk again."""
    chunk = lease.chunk
    book = chunk.book
    if book.paused or book.state is not BookState.OPEN or chunk.state is ChunkState.FAILED:
        return False
    return all(other.helper_id != lease.helper_id for other in chunk.held)


def delivered(state: State, event: events.ChunkDelivered, out: list[AnyAction]) -> None:
    """Take a result. The first valid one of a chunk is the chunk's, whichever helper sent it and however late."""
    lease = _lease_of(state, event.helper_id, event.lease_id, out)
    if lease is None:
        return
    chunk = lease.chunk
    why = problem(event.transcript, chunk.span.seconds)
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
        complete_chunk(state, chunk, event.transcript.wordless, out)
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
    lease = _lease_of(state, event.helper_id, event.lease_id, out)
    if helper is not None and not event.reached and not (lease is not None and lease.urgent):
        helper.granted = max(0, helper.granted - 1)
    if lease is not None:
        out.append(Acknowledge(helper_id=event.helper_id, lease_id=event.lease_id))
        count_failure(state, lease, event.reason, out)


def count_failure(state: State, lease: Lease, reason: str, out: list[AnyAction]) -> None:
    """End the lease as failed; its chunk goes to other helpers, or becomes a gap."""
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
    """Make a chunk a gap once no helper that is here is left to try it, or once enough have failed and no last resort
    is left."""
    if chunk.held or not chunk.failed_by:
        return
    here = [h for h in state.helpers.values() if h.linked and h.policy.asks_by_itself and h.can_decode(chunk.book)]
    untried = [helper for helper in here if helper.helper_id not in chunk.failed_by]
    enough = len(chunk.failed_by) >= state.rules.failures_for_gap
    if here and (not untried or (enough and not any(helper.policy.is_last_resort for helper in untried))):
        give_up_chunk(state, chunk, out)
        reason = chunk.reason or ""
        out.append(Notice(kind="not_decoded", book_id=chunk.book.book_id, reason=reason, trouble=True))


def returned(state: State, event: events.ChunkReturned, out: list[AnyAction]) -> None:
    lease = _lease_of(state, event.helper_id, event.lease_id, out)
    if lease is not None:
        state.move(lease, LeaseEvent.RETURNED, out)
        out.append(Acknowledge(helper_id=event.helper_id, lease_id=event.lease_id))
