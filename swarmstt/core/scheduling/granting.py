"""Making a lease: one chunk for one helper."""

from __future__ import annotations

from swarmstt.core.scheduling.actions import AnyAction, Grant, StoreLease
from swarmstt.core.scheduling.state import Chunk, Helper, Lease, State
from swarmstt.ids import LeaseId


def grant(state: State, helper: Helper, chunk: Chunk, at: float, out: list[AnyAction], *, urgent: bool = False) -> None:
    """Make a lease of the chunk for the helper. `urgent`: besides what it asked for."""
    book = chunk.book
    assert book.language is not None
    lease_id = state.next_lease_id
    state.next_lease_id = LeaseId(lease_id + 1)
    lease = Lease(
        lease_id=lease_id,
        chunk=chunk,
        helper_id=helper.helper_id,
        deadline=at + lease_seconds(state, helper, chunk),
        progressed_at=at,
        urgent=urgent,
    )
    state.leases[lease_id] = chunk.leases[lease_id] = lease
    helper.hold(lease)
    helper.granted += not urgent
    state.refresh(chunk)
    count_overtaking(state, chunk)
    out.append(
        StoreLease(
            lease_id=lease_id,
            chunk_id=chunk.span.chunk_id,
            helper_id=helper.helper_id,
            helper_name=helper.offer.name,
            helper_kind=helper.kind,
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
            urgent=urgent,
            tries=chunk.tries,
        )
    )


def count_overtaking(state: State, chunk: Chunk) -> None:
    """Keep count of how much short recordings have had before the books that wait."""
    rules, books = state.rules, state.books.values()
    if not chunk.book.is_short(rules):
        state.overtaken_seconds = max(-rules.overtaking_saved_seconds, state.overtaken_seconds - chunk.span.seconds)
    elif any(book.pending and book.grantable and not book.is_short(rules) for book in books):
        state.overtaken_seconds += max(chunk.span.seconds, rules.least_cost_seconds)


def lease_seconds(state: State, helper: Helper, chunk: Chunk) -> float:
    """Return how long a helper may be silent about a chunk."""
    rules = state.rules
    if helper.policy.sends_heartbeats:
        return rules.lease_seconds
    return max(rules.silent_lease_seconds, rules.silent_lease_factor * chunk.span.seconds)
