"""Writes the transcripts of finished books, one after the other."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path

from swarmstt.config import FORMATS
from swarmstt.core import events
from swarmstt.core.actions import MergeBook
from swarmstt.core.books import BookOutput, ChunkState, OutputOptions
from swarmstt.core.merge import BookFacts, ChunkOutcome
from swarmstt.errors import EngineDiedError, NotFoundError, SwarmError
from swarmstt.ids import BookId, ChunkId
from swarmstt.node.folders import Folders
from swarmstt.node.shelf import Shelf
from swarmstt.speech.writer import write_book
from swarmstt.storage.store import Store
from swarmstt.swarm.driver import Driver

logger = logging.getLogger(__name__)


class Writing:
    """Carries out MergeBook."""

    def __init__(
        self, driver: Driver, shelf: Shelf, store: Store, folders: Folders, now: Callable[[], datetime]
    ) -> None:
        self._driver = driver
        self._shelf = shelf
        self._store = store
        self._folders = folders
        self._now = now
        self._queue: asyncio.Queue[MergeBook] = asyncio.Queue()

    def queue(self, order: MergeBook) -> None:
        self._queue.put_nowait(order)

    async def run(self) -> None:
        """Writes until cancelled."""
        while True:
            order = await self._queue.get()
            driver, book_id = self._driver, order.book_id
            try:
                await self._write(order)
            except NotFoundError:
                continue  # it was removed meanwhile
            except SwarmError as error:
                logger.warning("%s: %s", self._shelf.title(book_id), error.message)
                driver.post(events.BookUnusable(at=driver.now(), book_id=book_id, reason=error.message))
            else:
                driver.post(events.BookWritten(at=driver.now(), book_id=book_id))

    async def _write(self, order: MergeBook) -> None:
        record = self._shelf.get(order.book_id)
        book = self._driver.coordinator.state.books.get(order.book_id)
        if book is None:
            raise NotFoundError
        completed_at = self._now().isoformat(timespec="seconds")
        facts = BookFacts(
            book_id=record.book_id,
            filename=record.filename,
            completed_at=completed_at,
            language=book.language or "",
            model=record.settings.model,
            model_hash=record.settings.model_hash,
            title=record.title,
            author=record.author,
            chapters=record.chapters,
            damages=record.damages,
        )
        own = BookOutput(
            folder=str(self._folders.finished(record.book_id)),
            name="transcript",
            formats=FORMATS,
            options=OutputOptions(word_timestamps=True),
        )
        _, files = await self.written(facts, len(book.chunks), (own, record.output))
        await self._shelf.written(record.book_id, completed_at, files)
        if all(chunk.state is ChunkState.COMPLETED for chunk in book.chunks):  # no gap that may be tried again
            await asyncio.to_thread(shutil.rmtree, self._folders.spool(record.book_id), ignore_errors=True)
        gaps = sum(1 for chunk in book.chunks if chunk.reason) + len(record.damages)
        note = "" if not gaps else f", with {gaps} gap" + ("s" if gaps > 1 else "")
        logger.info("%s is done%s: %s", self._shelf.title(record.book_id), note, ", ".join(map(str, files)))

    async def written(self, facts: BookFacts, chunk_count: int, outputs: tuple[BookOutput, ...]) -> list[list[Path]]:
        """A writer that was ended from outside is started once more."""
        try:
            return await write_book(facts, self._outcomes(facts.book_id, chunk_count), outputs)
        except EngineDiedError as error:
            logger.info("%s", error.message)
            return await write_book(facts, self._outcomes(facts.book_id, chunk_count), outputs)

    async def _outcomes(self, book_id: BookId, count: int) -> AsyncIterator[ChunkOutcome]:
        for index in range(count):
            outcome = await self._store.outcome(ChunkId(book_id, index))
            if outcome is None:
                raise NotFoundError
            yield outcome
