"""The rules of a coordinator's state, as code. The tests ask for them after every event; the program itself does not,
since they look at every book."""

from __future__ import annotations

from swarmstt.core.books import BookState, ChunkState
from swarmstt.core.scheduling.leases import LeaseState
from swarmstt.core.scheduling.state import Book, State


def validate(state: State) -> None:
    """Raise AssertionError if one of the rules at the top of `state` does not hold."""
    held = {lease_id for lease_id, lease in state.leases.items() if lease.state is LeaseState.HELD}
    assert held == {lease_id for helper in state.helpers.values() for lease_id in helper.held}
    for helper in state.helpers.values():
        assert abs(helper.held_seconds - sum(lease.left_seconds for lease in helper.held.values())) < 1e-3
    assert state.pending_count == sum(len(book.pending) for book in state.books.values())
    for book in state.books.values():
        _validate_book(book)


def _validate_book(book: Book) -> None:
    states = [chunk.state for chunk in book.chunks]
    assert book.pending == [i for i, state in enumerate(states) if state is ChunkState.PENDING]
    open_chunks = [c for c in book.chunks if c.state in (ChunkState.PENDING, ChunkState.IN_PROGRESS)]
    assert book.open_count == len(open_chunks)
    assert abs(book.open_seconds - sum(c.span.seconds for c in open_chunks)) < 1e-3
    pending_seconds = sum(book.chunks[index].span.seconds for index in book.pending)
    assert abs(book.pending_seconds - pending_seconds) < 1e-3
    for index, chunk in enumerate(book.chunks):
        assert chunk.index == index
        assert bool(chunk.held) == (chunk.state is ChunkState.IN_PROGRESS)
        assert len({lease.helper_id for lease in chunk.held}) == len(chunk.held)
    if book.state in (BookState.MERGING, BookState.DONE):
        assert book.read_whole
        assert book.open_count == 0
