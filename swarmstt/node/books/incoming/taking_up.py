"""Has books go on that this node knows: those that were open when it began, one that is added once more, and one that
is to be tried again or put before the others."""

from __future__ import annotations

from typing import Protocol

from swarmstt.core.books import BookSettings, BookState
from swarmstt.core.scheduling import events
from swarmstt.core.scheduling.book_events import what_to_do_again
from swarmstt.core.scheduling.state import Book
from swarmstt.ids import BookId
from swarmstt.node.books.ingest import Ingest
from swarmstt.node.books.ingest_queue import IngestQueue
from swarmstt.node.books.library import Library
from swarmstt.swarm.links.driver import Driver


class ModelOffer(Protocol):
    """The models that this PC decodes with; `Offering` does."""

    async def ready_or_give_up(self, settings: BookSettings) -> None:
        """Gets the model of a book ready; without it, says of the book what it waits for."""

    async def try_again(self) -> None:
        """Tries every model again with which this PC could not decode."""


class TakingUp:
    def __init__(
        self, driver: Driver, library: Library, ingest: Ingest, ingest_queue: IngestQueue, offering: ModelOffer
    ) -> None:
        self._driver = driver
        self._library = library
        self._ingest = ingest
        self._ingest_queue = ingest_queue
        self._offering = offering

    async def open_books(self) -> None:
        """Takes up the books that were open when this node began."""
        for book in list(self._driver.state.books.values()):
            if book.state is BookState.OPEN:
                await self._offering.ready_or_give_up(book.settings)
                await self._read_what_is_missing(book)

    async def again(self, book_id: BookId) -> None:
        """Takes up a known book that was added once more: what has no words is tried again, what is done is written
        again."""
        book = self._driver.state.books.get(book_id)
        if book is None:
            return  # it was removed meanwhile
        if book.for_program:  # it is this person's now, as the library has it already
            local_only = self._library.get(book_id).local_only
            await self._driver.ask(events.BookClaimed, book_id=book_id, local_only=local_only)
        match what_to_do_again(book):
            case "retry":
                await self.retry(book)
            case "rewrite":
                await self._driver.ask(events.BookRewritten, book_id=book_id)

    async def retry(self, book: Book) -> None:
        """Has what failed of a book tried again, and the models that it waits for."""
        await self._offering.try_again()
        await self._driver.ask(events.BookRetried, book_id=book.book_id)
        if book.state is BookState.OPEN:
            await self._read_what_is_missing(book)

    async def _read_what_is_missing(self, book: Book) -> None:
        if await self._ingest.lacks_audio(book):
            self._ingest_queue.add(book.book_id)  # that passes over a book which has gone meanwhile

    async def prioritise(self, book_id: BookId) -> None:
        """Puts the book before the others."""
        await self._driver.ask(events.BookPrioritised, book_id=book_id)
        self._ingest_queue.prioritise(book_id)
