"""Making a lease: one chunk for one helper."""

from __future__ import annotations

from swarmstt.core.actions import AnyAction, Grant, StoreLease
from swarmstt.core.state import Chunk, Helper, Lease, State
from swarmstt.ids import LeaseId


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
        deadline=at + lease_seconds(state, helper, chunk),
        progressed_at=at,
    )
    state.leases[lease_id] = chunk.leases[lease_id] = lease
    helper.hold(lease)
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
