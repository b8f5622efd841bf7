"""Reads the audio of the node's books, one book at a time, and no further ahead than needed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from swarmstt.core import events
from swarmstt.core.books import BookState, Chapter, ChunkSpan, ChunkState, Gap
from swarmstt.core.state import Book
from swarmstt.errors import EngineDiedError, NotFoundError, SwarmError
from swarmstt.ids import BookId, ChunkId
from swarmstt.node.engines import Engines
from swarmstt.node.folders import Folders
from swarmstt.node.shelf import Shelf
from swarmstt.speech.reader import (
    BookDescribed,
    BookEnded,
    BookReader,
    ChunkReady,
    GapFound,
    LanguageClips,
    ReadEvent,
    ReadProgress,
    ReadRequest,
)
from swarmstt.storage.rows import BookRecord
from swarmstt.swarm.driver import Driver
from swarmstt.tasks import TaskSet

logger = logging.getLogger(__name__)

AHEAD_SECONDS = 4 * 3600.0
"""How much audio may wait for a transcript on disk: 230 MB of FLAC, and enough for a large swarm."""
TRIES = 2
"""A reader that was ended from outside is started so often."""
DEFAULT_LANGUAGE = "en"
"""For a book in which nobody speaks."""


@dataclass(slots=True, kw_only=True)
class _Found:
    """What one reading has told so far."""

    title: str | None = None
    author: str | None = None
    chapters: tuple[Chapter, ...] = ()
    damages: tuple[Gap, ...] = ()
    seconds: float = 0.0


class Reading:
    """Turns books on the shelf into chunks. Books are read in the order in which they were queued."""

    def __init__(
        self,
        driver: Driver,
        shelf: Shelf,
        folders: Folders,
        engines: Engines,
        make_reader: Callable[[ReadRequest], BookReader] = BookReader,
    ) -> None:
        self._driver = driver
        self._shelf = shelf
        self._folders = folders
        self._engines = engines
        self._make_reader = make_reader
        self._queue: list[BookId] = []
        self._hurried: set[BookId] = set()
        self._changed = asyncio.Event()
        self._current: tuple[BookId, asyncio.Task[None]] | None = None

    def queue(self, book_id: BookId) -> None:
        if book_id not in self._queue and (self._current is None or self._current[0] != book_id):
            self._queue.append(book_id)
        self._changed.set()

    def hurry(self, book_id: BookId) -> None:
        """Reads this book before those for which nobody waits, also before one that is being read."""
        is_current = self._current is not None and self._current[0] == book_id
        if not is_current and book_id not in self._queue:
            return
        self._hurried.add(book_id)
        self.progressed()

    def progressed(self) -> None:
        """Some chunk or book is in another state, or a book was paused or goes on: there may be room to read on."""
        if self._current is not None:
            self._give_way(*self._current)
        self._changed.set()

    def _give_way(self, book_id: BookId, task: asyncio.Task[None]) -> None:
        """The book that is being read is read on later, if it is paused, or if somebody waits for another one."""
        if task.done() or book_id in self._queue:  # it ends already
            return
        wanted = any(each in self._hurried and not self._is_paused(each) for each in self._queue)
        if self._is_paused(book_id) or (wanted and book_id not in self._hurried):
            self._queue.insert(0, book_id)
            task.cancel()

    def _is_paused(self, book_id: BookId) -> bool:
        book = self._driver.coordinator.state.books.get(book_id)
        return book is not None and book.paused

    def forget(self, book_id: BookId) -> None:
        """Stops reading a book."""
        self._hurried.discard(book_id)
        if book_id in self._queue:
            self._queue.remove(book_id)
        if self._current is not None and self._current[0] == book_id:
            self._current[1].cancel()

    async def run(self) -> None:
        """Reads until cancelled."""
        reading = TaskSet()
        try:
            while True:
                book_id = await self._next()
                task = reading.start(self._read_somehow(book_id))
                self._current = (book_id, task)
                await asyncio.wait({task})
                self._current = None
                if book_id not in self._queue:
                    self._hurried.discard(book_id)
        finally:
            await reading.close()

    async def _next(self) -> BookId:
        """Takes the next book out of the queue, as soon as there is one that can be read now."""
        while True:
            in_order = sorted(self._queue, key=lambda each: each not in self._hurried)
            for book_id in in_order:
                if self._can_be_read(book_id):
                    self._queue.remove(book_id)
                    return book_id
            self._changed.clear()
            await self._changed.wait()

    def _can_be_read(self, book_id: BookId) -> bool:
        """Whether it is not paused and there is room for its audio. One whose language nobody knows needs to be read
        even without room: what there is of it cannot be decoded before."""
        book = self._driver.coordinator.state.books.get(book_id)
        is_unknown = book is not None and book.language is None
        return not self._is_paused(book_id) and (is_unknown or self._waiting_seconds() < AHEAD_SECONDS)

    def _waiting_seconds(self) -> float:
        """How much audio waits to be decoded. A paused book holds up no other, however long it is."""
        books = self._driver.coordinator.state.books.values()
        return sum(book.open_seconds for book in books if book.state is BookState.OPEN and not book.paused)

    async def _read_somehow(self, book_id: BookId) -> None:
        """Reads a book, or says why that cannot be done."""
        for attempt in range(1, TRIES + 1):
            book = self._driver.coordinator.state.books.get(book_id)
            if book is None or book.state is not BookState.OPEN:
                return
            try:
                await self._read(self._shelf.get(book_id), book)
            except NotFoundError:
                return  # it was removed meanwhile
            except OSError as error:
                self._unusable(book_id, f"The folder for its audio cannot be used: {error}.")
            except SwarmError as error:
                if isinstance(error, EngineDiedError) and attempt < TRIES:
                    continue
                self._unusable(book_id, error.message)
            return

    def _unusable(self, book_id: BookId, reason: str) -> None:
        logger.warning("%s: %s", self._shelf.title(book_id), reason)
        self._driver.post(events.BookUnusable(at=self._driver.now(), book_id=book_id, reason=reason))

    async def _read(self, record: BookRecord, book: Book) -> None:
        spool = self._folders.spool(record.book_id)
        await asyncio.to_thread(spool.mkdir, parents=True, exist_ok=True)
        request = ReadRequest(
            files=tuple(Path(source) for source in record.sources),
            name=record.filename,
            is_folder=record.is_folder,
            spool=spool,
            chunk_seconds=round(record.settings.chunk_seconds),
            have=await self._have(book),
            language_clips=book.language is None,
        )
        found = _Found()
        detecting = TaskSet()
        awaits_clips = request.language_clips
        try:
            async with self._make_reader(request) as reader:
                async for event in reader:
                    await self._handle(event, record, found, detecting)
                    awaits_clips = awaits_clips and not isinstance(event, LanguageClips)
                    if not awaits_clips:
                        await self._wait_if_far_ahead(detecting)
        finally:
            await detecting.close()

    async def _have(self, book: Book) -> frozenset[int]:
        """The chunks whose audio need not be written again."""
        completed = {chunk.index for chunk in book.chunks if chunk.state is ChunkState.COMPLETED}
        others = {chunk.index: self._folders.audio(chunk.span.chunk_id) for chunk in book.chunks}
        on_disk = await asyncio.to_thread(
            lambda: {index for index, path in others.items() if index not in completed and path.exists()}
        )
        return frozenset(completed | on_disk)

    async def _handle(self, event: ReadEvent, record: BookRecord, found: _Found, detecting: TaskSet) -> None:
        driver, book_id = self._driver, record.book_id
        match event:
            case BookDescribed(title=title, author=author, chapters=chapters):
                found.title, found.author, found.chapters = title, author, chapters
                await self._describe(book_id, found)
            case LanguageClips(clips=clips):
                paths = [clip.path for clip in clips]
                detecting.start(self._detect(record, paths))
            case ChunkReady(chunk=chunk):
                span = ChunkSpan(
                    chunk_id=ChunkId(book_id, chunk.index),
                    start_sample=chunk.start_sample,
                    sample_count=chunk.sample_count,
                )
                driver.post(events.ChunkRead(at=driver.now(), span=span))
            case ReadProgress(total_seconds=seconds):
                found.seconds = seconds
                driver.post(events.BookEstimated(at=driver.now(), book_id=book_id, seconds=seconds))
            case GapFound():
                found.damages += (_damage(event),)
            case BookEnded(sample_count=_, chapters=chapters):
                found.chapters = chapters
                await self._describe(book_id, found)
                await detecting.wait()
                driver.post(events.BookRead(at=driver.now(), book_id=book_id))

    async def _describe(self, book_id: BookId, found: _Found) -> None:
        await self._shelf.describe(
            book_id,
            title=found.title,
            author=found.author,
            chapters=found.chapters,
            damages=found.damages,
            estimated_seconds=found.seconds,
        )

    async def _detect(self, record: BookRecord, clips: list[Path]) -> None:
        """Decides the book's language, once."""
        language = DEFAULT_LANGUAGE
        if clips:
            language, probability = await self._engines.detect_language(record.settings.model_hash, clips)
            logger.info("%s: the language is %s (%d %%).", record.filename, language, round(100 * probability))
        for clip in clips:
            await asyncio.to_thread(clip.unlink, missing_ok=True)
        driver = self._driver
        driver.post(events.LanguageDecided(at=driver.now(), book_id=record.book_id, language=language))

    async def _wait_if_far_ahead(self, detecting: TaskSet) -> None:
        """Fails with `detecting`: without a language no chunk would ever be done, and nothing change."""
        while True:
            if detecting.failed.done():
                await detecting.failed
            if self._waiting_seconds() < AHEAD_SECONDS:
                return
            self._changed.clear()
            changed = asyncio.ensure_future(self._changed.wait())
            either: set[asyncio.Future[Any]] = {changed, detecting.failed}
            try:
                await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            finally:
                changed.cancel()


def _damage(found: GapFound) -> Gap:
    """Audio that is missing takes no room in the book: the gap is a place, and the reason says how much it was."""
    place, missing = round(found.at_seconds, 3), found.missing_seconds
    much = "" if missing is None or missing < 1 else f" (about {round(missing)} s of audio are missing)"
    return Gap(start=place, end=place, reason=found.reason + much)
