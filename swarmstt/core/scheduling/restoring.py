"""From what the store holds back to a coordinator's state."""

from __future__ import annotations

from swarmstt.core.books import BookState, ChunkState
from swarmstt.core.scheduling.events import HelperOffer
from swarmstt.core.scheduling.leases import LeaseState
from swarmstt.core.scheduling.state import Book, Chunk, Helper, Lease, State
from swarmstt.core.scheduling.stored import StoredBook, StoredLease


def restored(state: State, stored: StoredBook) -> Book:
    """Add the book to the state and return it. Its leases that were held count as lost."""
    book = Book(
        book_id=stored.book_id,
        settings=stored.settings,
        state=stored.state,
        reason=stored.reason,
        local_only=stored.local_only,
        for_program=stored.for_program,
        language=stored.language,
        paused=stored.paused,
        read_whole=stored.read_whole,
    )
    state.books[book.book_id] = book
    for each in stored.chunks:
        chunk = Chunk(
            span=each.span,
            book=book,
            state=each.state,
            reason=each.reason,
            wordless=each.wordless,
            tries=each.tries,
        )
        book.chunks.append(chunk)
        book.read_seconds += chunk.span.seconds
        if chunk.state not in (ChunkState.COMPLETED, ChunkState.FAILED):
            state.open_chunk(chunk)
    for lease in stored.leases:
        _restore_lease(state, book.chunks[lease.chunk_id.index], lease)
    if book.state is BookState.DONE:
        state.forget_leases(book, of_gaps=False)
    return book


def _restore_lease(state: State, chunk: Chunk, stored: StoredLease) -> None:
    lease_state = LeaseState.LOST if stored.state is LeaseState.HELD else stored.state
    lease = Lease(
        lease_id=stored.lease_id,
        chunk=chunk,
        helper_id=stored.helper_id,
        deadline=0.0,
        progressed_at=0.0,
        state=lease_state,
    )
    state.leases[lease.lease_id] = chunk.leases[lease.lease_id] = lease
    if lease.helper_id not in state.helpers:
        # It has not joined yet since the restart.
        offer = HelperOffer(name=stored.helper_name, slots=0)
        state.helpers[lease.helper_id] = Helper(
            helper_id=lease.helper_id,
            kind=stored.helper_kind,
            offer=offer,
            speed=state.rules.assumed_speed,
            left_at=0.0,
        )
    if lease_state is LeaseState.FAILED and chunk.state is ChunkState.PENDING:
        chunk.failed_by[lease.helper_id] = stored.reason or "it failed"
        state.troubled[chunk.span.chunk_id] = chunk
