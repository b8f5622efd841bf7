"""Answers other programs with what was heard of their recordings, in the form that each wants."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

from swarmstt.core.books import BookState, ChunkState
from swarmstt.core.programs.requests import ProgramRequest
from swarmstt.core.scheduling.state import Book
from swarmstt.core.speech.merge import BookFacts, ChunkOutcome, Merge, shifted
from swarmstt.core.transcript import Segment
from swarmstt.errors import EngineError, InputError, NotFoundError
from swarmstt.ids import BookId, ChunkId
from swarmstt.node.books.library import Library
from swarmstt.node.books.writing import Writing
from swarmstt.node.data_dir import Folders
from swarmstt.speech.transcripts.answer_writer import write_answer
from swarmstt.speech.transcripts.answers import content_type_of, rendered, shown
from swarmstt.storage.rows import BookRecord
from swarmstt.storage.store import Store

MOST_SECONDS_HERE = 1200.0
"""The answer for a longer recording is made by a process of its own: the node itself must not grow with it."""
_FAILED = "The recording could not be transcribed."
_A_PERSONS = f"{_FAILED} This PC's user has it as a book, and can have it tried again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The whole answer to a request: `body`, or what is in the file `path`, which is whoever's who gets this."""

    content_type: str
    body: bytes = b""
    path: Path | None = None


class Answering:
    """Makes answers out of the results that the store has."""

    def __init__(
        self,
        store: Store,
        library: Library,
        writing: Writing,
        folders: Folders,
        *,
        most_seconds_here: float = MOST_SECONDS_HERE,
    ) -> None:
        self._store = store
        self._library = library
        self._writing = writing
        self._folders = folders
        self._most_seconds_here = most_seconds_here
        self._turn = asyncio.Semaphore(2)
        """Two at a time: words take memory."""

    async def answer(self, book: Book, request: ProgramRequest) -> Answer:
        """Returns the answer for a recording that is finished. InputError if it cannot be transcribed; EngineError if
        a part of it could not be decoded."""
        _check(book, self._library.get(book.book_id))
        content_type = content_type_of(request)
        async with self._turn:
            record = self._library.get(book.book_id)
            facts = await self._writing.facts_of(record, book.language or "", record.completed_at or "")
            if book.read_seconds > self._most_seconds_here:
                path = self._folders.uploads / f"answer-{secrets.token_hex(8)}"
                await write_answer(path, facts, self._outcomes(book), request)
                return Answer(content_type=content_type, path=path)
            return Answer(content_type=content_type, body=await self._rendered(book, facts, request))

    async def _rendered(self, book: Book, facts: BookFacts, request: ProgramRequest) -> bytes:
        merge = Merge()
        async for outcome in self._outcomes(book):
            merge.add(outcome)
        return await asyncio.to_thread(rendered, merge, facts, request)

    async def text(self, book: Book) -> str:
        """Returns all that was said. Errors as `answer`."""
        found = await self.answer(book, ProgramRequest(task="transcribe", answer_format="json"))
        text: str = json.loads(await asyncio.to_thread(_taken, found))["text"]
        return text

    async def _outcomes(self, book: Book) -> AsyncIterator[ChunkOutcome]:
        for index in range(len(book.chunks)):
            outcome = await self._store.outcome(ChunkId(book.book_id, index))
            if outcome is None:
                raise NotFoundError("That recording was deleted; send it again.")
            yield outcome

    async def segments(self, book_id: BookId, index: int) -> list[Segment]:
        """Returns the segments of one of its chunks that is done, in seconds of the recording."""
        outcome = await self._store.outcome(ChunkId(book_id, index))
        if outcome is None or outcome.transcript is None:
            return []
        return [shown(segment) for segment in shifted(outcome.transcript, outcome.span)]


def _taken(answer: Answer) -> bytes:
    """Called in a thread."""
    if answer.path is None:
        return answer.body
    try:
        return answer.path.read_bytes()
    finally:
        answer.path.unlink(missing_ok=True)


def is_whole(book: Book) -> bool:
    """Whether all that is said in it is known, whatever became of a person's files of it."""
    return book.read_whole and all(chunk.state is ChunkState.COMPLETED for chunk in book.chunks)


def reason_of(book: Book, record: BookRecord) -> str | None:
    """Returns why a recording failed, as a program may know it: not where files of this PC are."""
    if book.state is not BookState.FAILED or is_whole(book):
        return None
    if not record.for_program:
        return _A_PERSONS
    places = {str(Path(source).parent) for source in record.sources}
    return _FAILED if not book.reason or any(place in book.reason for place in places) else book.reason


def _check(book: Book, record: BookRecord) -> None:
    if (reason := reason_of(book, record)) is not None:
        raise InputError(reason)
    failed = [chunk for chunk in book.chunks if chunk.state is ChunkState.FAILED]
    if failed and not record.for_program:
        raise EngineError(_A_PERSONS)
    if failed:
        span = failed[0].span
        raise EngineError(
            f"The part from second {span.start_seconds:.0f} to {span.end_seconds:.0f} could not be transcribed "
            f"({failed[0].reason}). Send the recording again to have it tried again."
        )


def done_chunks(book: Book, first: int) -> Iterator[int]:
    """Yields the chunks that are done from `first` on, without any that is not between them."""
    for index in range(first, len(book.chunks)):
        if book.chunks[index].state is not ChunkState.COMPLETED:
            return
        yield index
