"""Writes the transcripts of finished books, one after the other."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from swarmstt.core.books import BESIDE, UNKNOWN_ENGINE, BookOutput, Chapter, Gap
from swarmstt.core.ebooks.order import SoundSource
from swarmstt.core.ebooks.report import BookEbook
from swarmstt.core.edits import BookEdits
from swarmstt.core.scheduling import events
from swarmstt.core.scheduling.actions import MergeBook
from swarmstt.core.speech.doubt import Likelihood, doubt_reason
from swarmstt.core.speech.merge import BookFacts, ChunkOutcome
from swarmstt.core.speech.names import names_with
from swarmstt.errors import EngineDiedError, NotFoundError, SwarmError
from swarmstt.ids import BookId, ChunkId
from swarmstt.node.books.ebooks import Ebooks
from swarmstt.node.books.library import Library
from swarmstt.node.books.sources import shown_files
from swarmstt.node.data_dir import Folders
from swarmstt.options import OutputOptions
from swarmstt.output_formats import EPUB, FORMATS
from swarmstt.phrases import model_name
from swarmstt.speech.process.warm_child import WarmChild
from swarmstt.speech.transcripts.writer import NO_EBOOK, ROLE, ReadAlongOrder, Written, makes_ebook, write_book
from swarmstt.storage.rows import BookRecord
from swarmstt.storage.store import Store
from swarmstt.swarm.links.driver import Driver

logger = logging.getLogger(__name__)


_NOT_BESIDE = f"Nothing was written {BESIDE}: it was uploaded or came in a zip, and is in swarmstt's own folder."

WriteBook = Callable[
    [BookFacts, AsyncIterator[ChunkOutcome], tuple[BookOutput, ...], ReadAlongOrder], Awaitable[Written]
]


class Writing:
    """Carries out MergeBook."""

    def __init__(
        self,
        driver: Driver,
        library: Library,
        store: Store,
        folders: Folders,
        now: Callable[[], datetime],
        write: WriteBook | None = None,
        *,
        ebooks: Ebooks,
    ) -> None:
        self.writer = WarmChild(ROLE)
        self._write_book: WriteBook = write or partial(write_book, start=self.writer.take)
        self._ebooks = ebooks
        self._driver = driver
        self._library = library
        self._store = store
        self._folders = folders
        self._now = now
        self._queue: asyncio.Queue[MergeBook] = asyncio.Queue()
        self._in_work: dict[BookId, asyncio.Task[None]] = {}
        self._of_programs: asyncio.Queue[MergeBook] = asyncio.Queue()
        """Nothing is written for these: they wait for no book."""

    def queue(self, order: MergeBook) -> None:
        book = self._driver.state.books.get(order.book_id)
        (self._of_programs if book is not None and book.for_program else self._queue).put_nowait(order)

    async def forget(self, book_id: BookId) -> None:
        """Ends the writing of a book that was removed, and waits until it has ended."""
        task = self._in_work.get(book_id)
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    async def run(self) -> None:
        """Writes until cancelled."""
        async with self.writer:
            await asyncio.gather(self._carry_out(self._queue), self._carry_out(self._of_programs))

    async def _carry_out(self, queue: asyncio.Queue[MergeBook]) -> None:
        while True:
            order = await queue.get()
            driver, book_id = self._driver, order.book_id
            task = asyncio.create_task(self._write(order))
            self._in_work[book_id] = task
            try:
                await asyncio.wait({task})
            finally:
                self._in_work.pop(book_id, None)
                task.cancel()  # does nothing to one that has ended
                await asyncio.wait({task})
            if task.cancelled():
                continue  # it was removed meanwhile
            try:
                task.result()
            except NotFoundError:
                continue  # as well
            except SwarmError as error:
                logger.warning("%s: %s", self._library.title(book_id), error.message)
                driver.post(events.BookUnusable, book_id=book_id, reason=error.message)
            else:
                driver.post(events.BookWritten, book_id=book_id)

    async def _write(self, order: MergeBook) -> None:
        record = self._library.get(order.book_id)
        book = self._driver.state.books.get(order.book_id)
        if book is None:
            raise NotFoundError
        completed_at = self._now().isoformat(timespec="seconds")
        if record.for_program:  # its answer is made when it is asked for, in the form that is asked for
            await self._library.written(record.book_id, completed_at, [])
            return
        facts = await self.facts_of(record, book.language or "", completed_at)
        likelihood = Likelihood()
        own = BookOutput(
            folder=str(self._folders.finished(record.book_id)),
            name="transcript",
            formats=tuple(FORMATS),
            options=OutputOptions(word_timestamps=True),
        )
        ebook = await asyncio.to_thread(self._ebooks.order_of, record.book_id)
        output = record.output
        if ebook is not None and EPUB not in output.formats:
            output = replace(output, formats=(*output.formats, EPUB))
        if record.uploaded:  # its audio lies in the node's own folder: nobody looks beside it
            output = replace(output, options=replace(output.options, beside=False))
        not_beside = (_NOT_BESIDE,) if record.output.options.beside and record.uploaded else ()
        output = replace(output, options=with_respellings(output.options, record.edits))
        own = replace(
            own, options=replace(own.options, keep_heard=output.options.keep_heard, names=output.options.names)
        )
        read_along = ReadAlongOrder(ebook=ebook, sounds=sounds_of(record))
        written = await self.written(facts, len(book.chunks), (own, output), likelihood, read_along)
        [_, files] = written.files
        await self._ebooks.told(record.book_id, written.ebook, written.trouble)
        if not facts.chapters_are_given:
            await self._library.set_found_chapters(record.book_id, written.chapters)
        await self._library.set_names(record.book_id, written.names)
        await self._library.set_own_notes(record.book_id, (*not_beside, *written.notes))
        await self._note_doubt(record, likelihood, book.read_seconds)
        await self._library.written(record.book_id, completed_at, files)
        if not any(chunk.has_gap for chunk in book.chunks):  # no gap that may be tried again
            await asyncio.to_thread(shutil.rmtree, self._folders.spool(record.book_id), ignore_errors=True)
        gaps = sum(len(chunk.wordless) + bool(chunk.reason) for chunk in book.chunks) + len(record.damages)
        note = "" if not gaps else f", with {gaps} gap" + ("s" if gaps > 1 else "")
        title = self._library.title(record.book_id)
        logger.info("%s is done%s: %s", title, note, ", ".join(map(str, files)))
        if mixture := mixture_of(facts.engines):
            logger.info("%s: %s", title, mixture)

    async def facts_of(self, record: BookRecord, language: str, completed_at: str) -> BookFacts:
        """Returns what a transcript says of its book besides its words."""
        return BookFacts(
            book_id=record.book_id,
            filename=record.filename,
            completed_at=completed_at,
            language=language,
            model=model_name(record.settings.model),
            model_hash=record.settings.model_hash,
            engines=await self._store.engines(record.book_id),
            title=record.title,
            author=record.author,
            task=record.settings.decode.task,
            language_is_given=record.settings.decode.language is not None,
            narrator=record.narrator,
            series=record.series,
            files=shown_files(record),
            chapters=given_chapters(record),
            chapters_are_given=record.edits.chapters is not None,
            damages=without_doubt(record),
            notes=record.notes,
        )

    async def written(
        self,
        facts: BookFacts,
        chunk_count: int,
        outputs: tuple[BookOutput, ...],
        likelihood: Likelihood | None = None,
        read_along: ReadAlongOrder = NO_EBOOK,
    ) -> Written:
        """Writes the transcript; a writer that was ended, from outside or because an ebook took too long, is started
        once more, without the ebook. `likelihood` takes in what is written."""
        try:
            return await self._write_book(
                facts, self._outcomes(facts.book_id, chunk_count, likelihood), outputs, read_along
            )
        except EngineDiedError as error:
            logger.info("%s", error.message)
            why = f"The ebook could not be made: {error.message}" if makes_ebook(outputs, read_along) else None
        ebook = read_along.ebook
        outputs = (*outputs[:1], *(_without_epub(each) for each in outputs[1:]))
        read_along = replace(read_along, ebook=None)
        written = await self._write_book(facts, self._outcomes(facts.book_id, chunk_count, None), outputs, read_along)
        if why is None:
            return written
        return replace(written, trouble=(why,), ebook=BookEbook(name=ebook.name) if ebook is not None else None)

    async def _outcomes(
        self, book_id: BookId, count: int, likelihood: Likelihood | None
    ) -> AsyncIterator[ChunkOutcome]:
        for index in range(count):
            outcome = await self._store.outcome(ChunkId(book_id, index))
            if outcome is None:
                raise NotFoundError
            if likelihood is not None:
                likelihood.add(outcome.transcript)
            yield outcome

    async def _note_doubt(self, record: BookRecord, likelihood: Likelihood, seconds: float) -> None:
        """Keeps, with what was damaged, that the words of a book are hardly likely: its page shows it."""
        language = record.settings.decode.language
        doubt = likelihood.doubt(language, seconds) if language is not None else None
        damages = (*without_doubt(record), *([doubt] if doubt is not None else []))
        if damages != record.damages:
            await self._library.set_damages(record.book_id, damages)


def _without_epub(output: BookOutput) -> BookOutput:
    return replace(output, formats=tuple(each for each in output.formats if each != EPUB))


def given_chapters(record: BookRecord) -> tuple[Chapter, ...]:
    """Returns the chapters that a person wants, or else those that the book's files name."""
    if record.edits.chapters is not None:
        return record.edits.chapters
    return tuple(each for each in record.chapters if each.source != "found")


def with_respellings(options: OutputOptions, edits: BookEdits) -> OutputOptions:
    """Returns the options with the names that a person set right on the page besides."""
    return replace(options, names=names_with(options.names, {each.heard: each.name for each in edits.respellings}))


def sounds_of(record: BookRecord) -> tuple[SoundSource, ...]:
    """Returns the audio of a book for an EPUB. Where each file begins is known of books that are whole."""
    starts = [each.start for each in record.sound]
    if len(starts) != len(record.sources):
        return tuple(SoundSource(path=source) for source in record.sources)
    ends = [*starts[1:], record.estimated_seconds]
    return tuple(
        SoundSource(path=path, start=start, end=end)
        for path, start, end in zip(record.sources, starts, ends, strict=True)
    )


def without_doubt(record: BookRecord) -> tuple[Gap, ...]:
    """Returns what was damaged in a book, without what was noted about its words when it was written before."""
    reason = doubt_reason(record.settings.decode.language or "")
    return tuple(each for each in record.damages if each.reason != reason)


def mixture_of(engines: Sequence[str]) -> str | None:
    """Returns a sentence for a book that several versions of the engine decoded; None if all that is known of is
    one."""
    known = [each for each in engines if each != UNKNOWN_ENGINE]
    if len(known) < 2:
        return None
    return (
        f"PCs with different versions of the engine transcribed its parts ({', '.join(known)}), so a few words may "
        "differ another time. Update swarmstt on all PCs to avoid that."
    )
