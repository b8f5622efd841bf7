"""Which book's audio is read next, and when there is room to read on."""

from __future__ import annotations

import asyncio
from typing import Any

from swarmstt.core.books import BookState
from swarmstt.core.scheduling.state import State
from swarmstt.ids import BookId
from swarmstt.tasks import TaskSet

AHEAD_SECONDS = 4 * 3600.0
"""How much audio may wait for a transcript on disk: 230 MB of FLAC. More is read while helpers hold more chunks than
wait for them: four hours are less than fifty of the largest chunks, and a cluster takes them all at once."""


class IngestQueue:
    """Books are read one at a time, in the order in which they were queued: those for which somebody waits before the
    others, and paused ones not at all."""

    def __init__(self, state: State, ahead_seconds: float = AHEAD_SECONDS) -> None:
        self._state = state
        self._ahead_seconds = ahead_seconds
        self._queue: list[BookId] = []
        self._prioritised: set[BookId] = set()
        self._read_again: set[BookId] = set()
        """Of these some audio is lost: they need no more room than they had."""
        self._changed = asyncio.Event()
        self._current: tuple[BookId, asyncio.Task[None]] | None = None

    def add(self, book_id: BookId) -> None:
        """Has the book read, if it is not being read, or about to be."""
        if book_id not in self._queue and (self._current is None or self._current[0] != book_id):
            self._queue.append(book_id)
        self._changed.set()

    def read_again(self, book_id: BookId) -> None:
        """Has the book read once more from its start before all others, also if it is being read."""
        if self._current is not None and self._current[0] == book_id and not self._current[1].done():
            self._current[1].cancel()
        if book_id in self._queue:
            self._queue.remove(book_id)
        self._queue.insert(0, book_id)
        self._prioritised.add(book_id)
        self._read_again.add(book_id)
        self.progressed()

    def prioritise(self, book_id: BookId) -> None:
        """Has this book read before those for which nobody waits, also before one that is being read."""
        is_current = self._current is not None and self._current[0] == book_id
        if not is_current and book_id not in self._queue:
            return
        self._prioritised.add(book_id)
        self.progressed()

    def progressed(self) -> None:
        """Notes that a chunk or book changed its state, or a book was paused or resumed: there may be room to read
        on."""
        if self._current is not None:
            self._give_way(*self._current)
        self._changed.set()

    def _give_way(self, book_id: BookId, task: asyncio.Task[None]) -> None:
        """Puts off the book that is being read, if it is paused, or if somebody waits for another one."""
        if task.done() or book_id in self._queue:  # it ends already
            return
        wanted = any(each in self._prioritised and not self._is_paused(each) for each in self._queue)
        if self._is_paused(book_id) or (wanted and book_id not in self._prioritised):
            self._queue.insert(0, book_id)
            task.cancel()

    def _is_paused(self, book_id: BookId) -> bool:
        book = self._state.books.get(book_id)
        return book is not None and book.paused

    def forget(self, book_id: BookId) -> None:
        """Takes a book out, and ends the reading of it."""
        self._prioritised.discard(book_id)
        if book_id in self._queue:
            self._queue.remove(book_id)
        if self._current is not None and self._current[0] == book_id:
            self._current[1].cancel()

    async def next(self) -> BookId:
        """Takes the next book out of the queue, as soon as there is one that can be read now."""
        while True:
            in_order = sorted(self._queue, key=lambda each: each not in self._prioritised)
            has_room = bool(in_order) and self._has_room()  # asked once for all: it goes through all books
            for book_id in in_order:
                if self._can_be_read(book_id, has_room=has_room):
                    self._queue.remove(book_id)
                    self._read_again.discard(book_id)
                    return book_id
            self._changed.clear()
            await self._changed.wait()

    def _can_be_read(self, book_id: BookId, *, has_room: bool) -> bool:
        """Returns whether it is not paused and there is room for its audio. One whose language nobody knows needs to be
        read even without room: what there is of it cannot be decoded before."""
        book = self._state.books.get(book_id)
        needs_no_room = book_id in self._read_again or (book is not None and book.language is None)
        return not self._is_paused(book_id) and (needs_no_room or has_room)

    def _has_room(self) -> bool:
        """Returns whether more audio may be cut. A paused book holds up no other, however long it is."""
        books = [each for each in self._state.books.values() if each.state is BookState.OPEN and not each.paused]
        if sum(each.open_seconds for each in books) < self._ahead_seconds:
            return True
        held_count = sum(len(each.held) for each in self._state.helpers.values())
        return sum(len(each.pending) for each in books) < held_count

    async def wait_while_read(self, book_id: BookId, task: asyncio.Task[None]) -> None:
        """Waits until this task, which reads the book, has ended; meanwhile the book may be put off or taken out."""
        self._current = (book_id, task)
        await asyncio.wait({task})
        self._current = None
        if book_id not in self._queue:
            self._prioritised.discard(book_id)

    async def wait_for_room(self, detecting: TaskSet) -> None:
        """Waits while enough audio waits to be decoded. Fails with `detecting`: without a language no chunk would ever
        be done, and nothing change."""
        while True:
            if detecting.failed.done():
                await detecting.failed
            if self._has_room():
                return
            self._changed.clear()
            changed = asyncio.ensure_future(self._changed.wait())
            either: set[asyncio.Future[Any]] = {changed, detecting.failed}
            try:
                await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            finally:
                changed.cancel()
