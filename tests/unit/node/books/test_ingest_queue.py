"""What it costs to choose the book that is read next."""

from __future__ import annotations

import asyncio
from typing import Any

from swarmstt.core.scheduling.rules import Rules
from swarmstt.core.scheduling.state import Book, State
from swarmstt.ids import BookId, LeaseId
from swarmstt.node.books.ingest_queue import AHEAD_SECONDS, IngestQueue
from tests.support.waiting import settled
from tests.unit.core.worlds import SETTINGS


class Books(dict[BookId, Book]):
    """Counts how often somebody goes through all of them."""

    rounds = 0

    def values(self) -> Any:
        self.rounds += 1
        return super().values()


async def test_however_many_books_wait_for_room_it_is_asked_for_once_each_time() -> None:
    books = Books()
    state = State(rules=Rules(), next_lease_id=LeaseId(1), books=books)
    queue = IngestQueue(state)
    for number in range(50):
        book_id = BookId(str(number))
        books[book_id] = Book(book_id=book_id, settings=SETTINGS, language="en", open_seconds=AHEAD_SECONDS)
        queue.add(book_id)
    choosing = asyncio.ensure_future(queue.next())
    await settled()
    assert books.rounds == 1
    queue.progressed()
    await settled()
    assert books.rounds == 2
    for book in books.values():
        book.open_seconds = 0.0
    queue.progressed()
    assert await choosing == BookId("0")
