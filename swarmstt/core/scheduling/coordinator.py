"""The one door to all decisions about books, chunks and leases: `Coordinator.handle(event) -> actions`.

The shell turns the world into events and carries the actions out, the stored ones first. Nothing in here reads a
clock or touches anything outside: the same code runs under a real node, a simulation and the tests.
"""

from __future__ import annotations

from collections.abc import Iterable

from typing_extensions import assert_never

from swarmstt.core.books import BookState
from swarmstt.core.scheduling import book_events, events, helper_events, ticks
from swarmstt.core.scheduling.actions import AnyAction, MergeBook
from swarmstt.core.scheduling.assignment import assign_pending
from swarmstt.core.scheduling.invariants import validate
from swarmstt.core.scheduling.restoring import restored
from swarmstt.core.scheduling.rules import Rules
from swarmstt.core.scheduling.state import State
from swarmstt.core.scheduling.stored import StoredBook
from swarmstt.ids import LeaseId

_OF_ONE_HELPER = (
    events.HelperJoined,
    events.HelperChanged,
    events.ChunksWanted,
    events.ChunkDelivered,
    events.LeaseRenewed,
)
"""After these only that helper can be due for something new, unless a chunk became free; after a heartbeat nobody."""

_SAID_BY_HELPER = (*_OF_ONE_HELPER, events.ChunkFailed, events.ChunkReturned, events.GuestAsked)


class Coordinator:
    """Decides for the books of one node. `state` may be read between events, and never be changed from outside."""

    def __init__(self, rules: Rules | None = None, next_lease_id: int = 1) -> None:
        self.state = State(rules=rules or Rules(), next_lease_id=LeaseId(next_lease_id))

    def restore(self, books: Iterable[StoredBook]) -> list[AnyAction]:
        """Take up what the store holds, after a restart. Every earlier lease counts as expired: its chunk may go out
        again, but a helper that still works on it is welcome with its heartbeat or its result."""
        out: list[AnyAction] = []
        for stored in books:
            book = restored(self.state, stored)
            if book.state is BookState.MERGING:
                out.append(MergeBook(book_id=book.book_id, settings=book.settings))
            book_events.finish_if_complete(book, out)
        return out

    def handle(self, event: events.AnyEvent) -> list[AnyAction]:
        """Decide what is to be done about this event. Raises NotFoundError if it names a book that does not exist."""
        out: list[AnyAction] = []
        pending_count = self.state.pending_count
        if isinstance(event, _SAID_BY_HELPER) and (helper := self.state.helpers.get(event.helper_id)) is not None:
            helper.answers = True
        self._dispatch(event, out)
        if self.state.pending_count > pending_count or not isinstance(event, _OF_ONE_HELPER):
            assign_pending(self.state, event.at, out)
        elif not isinstance(event, events.LeaseRenewed):
            assign_pending(self.state, event.at, out, only=event.helper_id)
        return out

    def validate(self) -> None:
        """Raise AssertionError if the state contradicts itself."""
        validate(self.state)

    def _dispatch(self, event: events.AnyEvent, out: list[AnyAction]) -> None:
        state = self.state
        match event:
            case events.Ticked():
                ticks.ticked(state, event, out)
            case events.LeaseRenewed():
                helper_events.renewed(state, event, out)
            case events.ChunksWanted():
                helper_events.wanted(state, event)
            case events.ChunkDelivered():
                helper_events.delivered(state, event, out)
            case events.ChunkFailed():
                helper_events.failed(state, event, out)
            case events.ChunkReturned():
                helper_events.returned(state, event, out)
            case events.GuestAsked():
                helper_events.guest_asked(state, event, out)
            case events.HelperJoined():
                helper_events.joined(state, event, out)
            case events.HelperChanged():
                helper_events.changed(state, event)
            case events.HelperLeft():
                helper_events.left(state, event)
            case events.BookAdded():
                book_events.added(state, event, out)
            case events.ChunkRead():
                book_events.chunk_read(state, event, out)
            case events.PlanDropped():
                book_events.plan_dropped(state, event, out)
            case events.BookEstimated():
                book_events.find(state, event.book_id).estimated_seconds = event.seconds
            case events.LanguageDecided():
                book_events.language_decided(state, event, out)
            case events.BookIngested():
                book_events.read_whole(state, event, out)
            case events.BookUnusable():
                book_events.unusable(state, event, out)
            case events.BookWritten():
                book_events.written(state, event, out)
            case events.BookPaused():
                book_events.paused(state, event, out)
            case events.BookResumed():
                book_events.resumed(state, event, out)
            case events.BookRemoved():
                book_events.removed(state, event, out)
            case events.BookRetried():
                book_events.retried(state, event, out)
            case events.BookRewritten():
                book_events.rewritten(state, event, out)
            case events.BookClaimed():
                book_events.claimed(state, event, out)
            case events.BookPrioritised():
                book_events.prioritised(state, event, out)
            case _:
                assert_never(event)
