"""What a person changes of a book that is transcribed: implements EditsPort of the web room."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from swarmstt.core.books import BookState
from swarmstt.core.edits import BookEdits, WantedChapter, edited_chapters, respellings_of
from swarmstt.core.scheduling import events
from swarmstt.errors import ConflictError
from swarmstt.ids import BookId
from swarmstt.node.books.library import Library
from swarmstt.node.page.views import total_seconds
from swarmstt.storage.rows import BookRecord
from swarmstt.swarm.links.driver import Driver


class Edits:
    """Keeps what a person changed, and has the book written again."""

    def __init__(self, driver: Driver, library: Library) -> None:
        self._driver = driver
        self._library = library
        self._one_at_a_time = asyncio.Lock()

    async def set_chapters(self, book_id: BookId, chapters: Sequence[WantedChapter] | None) -> None:
        async with self._one_at_a_time:
            record = self._transcribed(book_id)
            edited = None
            if chapters is not None:
                duration = round(total_seconds(self._driver.state.books[book_id]), 3)
                edited = edited_chapters(chapters, record.shown_chapters, duration)
            await self._keep(record, replace(record.edits, chapters=edited))

    async def set_respellings(self, book_id: BookId, wanted: Mapping[str, str]) -> None:
        async with self._one_at_a_time:
            record = self._transcribed(book_id)
            await self._keep(record, replace(record.edits, respellings=respellings_of(wanted)))

    def _transcribed(self, book_id: BookId) -> BookRecord:
        record, book = self._library.get(book_id), self._driver.state.books.get(book_id)
        if book is None or book.state not in (BookState.DONE, BookState.MERGING):
            raise ConflictError("Chapters and names can be changed once the book is transcribed.")
        return record

    async def _keep(self, record: BookRecord, edits: BookEdits) -> None:
        """What is sent again is written again too: the node may have ended between keeping it and writing it."""
        if edits != record.edits:
            await self._library.set_edits(record.book_id, edits)
        await self._driver.ask(events.BookRewritten, book_id=record.book_id)
