"""Reads the audio of the node's books, and finds out their languages."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from swarmstt.core.books import SAMPLE_RATE, BookDescription, BookState, ChunkSpan, ChunkState, Gap
from swarmstt.core.ordering.titles import track_titles
from swarmstt.core.scheduling import events
from swarmstt.core.scheduling.state import Book
from swarmstt.core.speech.paragraphs import missing as missing_text
from swarmstt.errors import EngineDiedError, InputError, NotFoundError, SwarmError
from swarmstt.ids import BookId, ChunkId
from swarmstt.node.books.book_ids import book_id_of
from swarmstt.node.books.ingest_queue import IngestQueue
from swarmstt.node.books.library import Library
from swarmstt.node.books.lost_audio import LostAudio
from swarmstt.node.data_dir import Folders
from swarmstt.speech.audio.book_files import fingerprint
from swarmstt.speech.decoding.languages import language_name
from swarmstt.speech.ingest.reader import (
    BookDescribed,
    BookEnded,
    BookReader,
    ChunkReady,
    GapFound,
    LanguageClips,
    Noted,
    ReadEvent,
    ReadProgress,
    ReadRequest,
)
from swarmstt.speech.ingest.spool_files import is_whole
from swarmstt.storage.rows import BookRecord
from swarmstt.swarm.links.driver import Driver
from swarmstt.tasks import TaskSet

logger = logging.getLogger(__name__)

TRIES = 2
"""A reader that was ended from outside is started so often."""
DEFAULT_LANGUAGE = "en"
"""For a book in which nobody speaks."""


class _CutOtherwise(Exception):  # noqa: N818
    """From this chunk on the audio is cut otherwise than before."""

    def __init__(self, first: ChunkId) -> None:
        super().__init__(first)
        self.first = first


@dataclass(slots=True)
class _Found:
    """What one reading has found so far."""

    description: BookDescription = field(default_factory=BookDescription)

    def note(self, **changes: Any) -> None:
        self.description = replace(self.description, **changes)


MakeReader = Callable[[ReadRequest], AbstractAsyncContextManager[AsyncIterable[ReadEvent]]]


class _TooLong(Exception):  # noqa: N818
    """The book is longer than what is read here."""


class LanguageDetection(Protocol):
    """Finds out the language of a book; `Engines` does."""

    async def detect_language(self, model_hash: str, clips: Sequence[Path], among: Sequence[str]) -> tuple[str, float]:
        """Returns the language of these clips, one of `among` unless that is empty, and its probability."""


class Ingest:
    """Turns books of the library into chunks, as the queue has them come."""

    def __init__(
        self,
        queue: IngestQueue,
        driver: Driver,
        library: Library,
        folders: Folders,
        engines: LanguageDetection,
        make_reader: MakeReader = BookReader,
        *,
        most_seconds: float | None = None,
        hand_over: Callable[[BookId], None] = lambda book_id: None,
        read_short: Callable[[], None] = lambda: None,
    ) -> None:
        """`most_seconds`: a book that turns out longer is not read here, but handed over. `read_short` is called when a
        book was read whole that is done soon, since it is short."""
        self._queue = queue
        self._driver = driver
        self._library = library
        self._folders = folders
        self._engines = engines
        self._make_reader = make_reader
        self._most_seconds = most_seconds
        self._hand_over = hand_over
        self._read_short = read_short
        self._lost = LostAudio(queue.read_again)

    async def lacks_audio(self, book: Book) -> bool:
        """Returns whether the book must be read, wholly or once more, for its open chunks."""
        paths = [self._folders.audio(book.chunks[index].span.chunk_id) for index in book.pending]
        return not book.read_whole or not await asyncio.to_thread(lambda: all(is_whole(path) for path in paths))

    async def cut_again(self, chunk_id: ChunkId) -> None:
        """Waits until a chunk whose audio is damaged or gone was cut once more. SwarmError if that cannot be done."""
        await asyncio.to_thread(self._folders.drop_audio, chunk_id)
        await self._lost.wait(chunk_id)

    async def run(self) -> None:
        """Reads until cancelled."""
        reading = TaskSet()
        try:
            while True:
                book_id = await self._queue.next()
                await self._queue.wait_while_read(book_id, reading.start(self._read_somehow(book_id)))
        finally:
            await reading.close()

    async def _read_somehow(self, book_id: BookId) -> None:
        """Reads a book, or says why that cannot be done. One that an earlier version began to read, and that is cut
        otherwise now, is done again from there on."""
        for attempt in range(1, TRIES + 1):
            book = self._driver.state.books.get(book_id)
            if book is None or book.state is not BookState.OPEN:
                self._lost.read(book_id)
                return
            try:
                await self._read(self._library.get(book_id), book)
                self._lost.read(book_id)
            except _TooLong:
                self._hand_over(book_id)
            except _CutOtherwise as found:
                logger.info("%s: this version reads more of it than the one before.", self._library.title(book_id))
                await self._drop_plan(found.first)
                continue
            except NotFoundError as error:  # it was removed meanwhile
                self._lost.read(book_id, error)
                return
            except OSError as error:
                self._unusable(book_id, InputError(f"The folder for its audio cannot be used: {error}."))
            except SwarmError as error:
                if isinstance(error, EngineDiedError) and attempt < TRIES:
                    continue
                self._unusable(book_id, error)
            return

    async def _drop_plan(self, first: ChunkId) -> None:
        book = self._driver.state.books.get(first.book_id)
        old = [chunk.span.chunk_id for chunk in book.chunks[first.index :]] if book is not None else []
        with suppress(NotFoundError):  # it was removed meanwhile
            await self._driver.ask(events.PlanDropped, first=first)
        for chunk_id in old:
            await asyncio.to_thread(self._folders.drop_audio, chunk_id)

    async def _check_plan(self, record: BookRecord, span: ChunkSpan) -> None:
        """Raises _CutOtherwise if the same audio was cut otherwise before. Other audio is the core's to refuse."""
        book, index = self._driver.state.books.get(record.book_id), span.chunk_id.index
        if book is None or index >= len(book.chunks) or book.chunks[index].span == span:
            return
        with suppress(OSError):
            mark = await asyncio.to_thread(fingerprint, [Path(source) for source in record.sources])
            if mark == record.fingerprint or book_id_of(mark, record.settings) == record.book_id:
                raise _CutOtherwise(span.chunk_id)

    def _unusable(self, book_id: BookId, error: SwarmError) -> None:
        """Gives the book up; one that was read whole before goes on, and lacks at most what was damaged since."""
        logger.warning("%s: %s", self._library.title(book_id), error.message)
        book = self._driver.state.books.get(book_id)
        self._lost.read(book_id, error)
        if book is None or not book.read_whole:
            self._driver.post(events.BookUnusable, book_id=book_id, reason=error.message)

    async def _read(self, record: BookRecord, book: Book) -> None:
        spool = self._folders.spool(record.book_id)
        await asyncio.to_thread(spool.mkdir, parents=True, exist_ok=True)
        request = ReadRequest(
            files=tuple(Path(source) for source in record.sources),
            name=record.filename,
            is_folder=record.is_folder,
            titles=track_titles(record.order.paths),
            spool=spool,
            chunk_seconds=round(record.settings.chunk_seconds),
            grain=record.settings.grain,
            have=await self._have(book),
            language_clips=book.language is None,
        )
        found = _Found()
        detecting = TaskSet()
        awaits_clips = request.language_clips
        try:
            async with self._make_reader(request) as reader:
                async for event in reader:
                    self._check_length(event)
                    await self._handle(event, record, found, detecting)
                    awaits_clips = awaits_clips and not isinstance(event, LanguageClips)
                    if not awaits_clips and not self._lost.is_awaited(record.book_id):
                        await self._queue.wait_for_room(detecting)
        finally:
            await detecting.close()

    def _check_length(self, event: ReadEvent) -> None:
        seconds: float | None = None
        if isinstance(event, (BookDescribed, ReadProgress)):
            seconds = event.total_seconds
        elif isinstance(event, ChunkReady):
            seconds = (event.chunk.start_sample + event.chunk.sample_count) / SAMPLE_RATE
        if self._most_seconds is not None and seconds is not None and seconds > self._most_seconds:
            raise _TooLong

    async def _have(self, book: Book) -> frozenset[int]:
        """Returns the chunks whose audio need not be written again."""
        completed = {chunk.index for chunk in book.chunks if chunk.state is ChunkState.COMPLETED}
        others = {chunk.index: self._folders.audio(chunk.span.chunk_id) for chunk in book.chunks}
        on_disk = await asyncio.to_thread(
            lambda: {index for index, path in others.items() if index not in completed and is_whole(path)}
        )
        return frozenset(completed | on_disk)

    async def _handle(self, event: ReadEvent, record: BookRecord, found: _Found, detecting: TaskSet) -> None:
        driver, book_id = self._driver, record.book_id
        match event:
            case BookDescribed(title=title, author=author, narrator=narrator, series=series, chapters=chapters):
                found.note(title=title, author=author, narrator=narrator, series=series, chapters=chapters)
                await self._library.describe(book_id, found.description)
            case LanguageClips(clips=clips):
                paths = [clip.path for clip in clips]
                detecting.start(self._detect(record, paths))
            case ChunkReady(chunk=chunk):
                span = ChunkSpan(
                    chunk_id=ChunkId(book_id, chunk.index),
                    start_sample=chunk.start_sample,
                    sample_count=chunk.sample_count,
                )
                await self._check_plan(record, span)
                driver.post(events.ChunkRead, span=span)
                self._lost.came(span.chunk_id)
            case ReadProgress(total_seconds=seconds):
                found.note(estimated_seconds=seconds)
                driver.post(events.BookEstimated, book_id=book_id, seconds=seconds)
            case GapFound():
                found.note(damages=(*found.description.damages, _damage(event)))
            case Noted(text=text):
                found.note(notes=(*found.description.notes, text))
                logger.info("%s", text)
            case BookEnded(sample_count=sample_count, chapters=chapters, sound=sound, content_hash=content_hash):
                found.note(content_hash=content_hash, chapters=chapters, estimated_seconds=sample_count / SAMPLE_RATE)
                found.note(sound=() if found.description.damages else sound)
                await self._library.describe(book_id, found.description)
                if sample_count <= driver.state.rules.short_seconds * SAMPLE_RATE:
                    self._read_short()
                await detecting.wait()
                driver.post(events.BookIngested, book_id=book_id)

    async def _detect(self, record: BookRecord, clips: list[Path]) -> None:
        """Decides the book's language, once."""
        language = DEFAULT_LANGUAGE
        if clips:
            among = record.settings.languages or ()
            language, probability = await self._engines.detect_language(record.settings.model_hash, clips, among)
            said = f"{language_name(language).title()} ({round(100 * probability)} %)"
            logger.info("%s: detected %s.", record.filename, said)
        for clip in clips:
            await asyncio.to_thread(clip.unlink, missing_ok=True)
        self._driver.post(events.LanguageDecided, book_id=record.book_id, language=language)


def _damage(found: GapFound) -> Gap:
    """Audio that is missing takes no room in the book unless silence stands for it: else the gap is a place. The reason
    says how much it was."""
    place, missing = round(found.at_seconds, 3), found.missing_seconds
    much = "" if missing is None or missing < 1 else missing_text(missing)
    return Gap(start=place, end=round(found.at_seconds + found.silent_seconds, 3), reason=found.reason + much)
