"""A book of this node as the read-along page shows it: implements ReadAlongPort of the web room."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from swarmstt.core.books import BookState, ChunkSpan, ChunkState
from swarmstt.core.scheduling.state import Book, State
from swarmstt.core.speech.merge import ChunkOutcome, shifted, whole_sentences
from swarmstt.core.speech.segments import text_language
from swarmstt.display_text import without_controls
from swarmstt.errors import NotFoundError
from swarmstt.ids import BookId
from swarmstt.node.books.library import Library
from swarmstt.node.data_dir import Folders
from swarmstt.node.page.views import book_view
from swarmstt.node.page.written_text import in_paragraphs, is_as_written, written_segments
from swarmstt.storage.rows import BookRecord
from swarmstt.storage.store import Store
from swarmstt.web.api.views import AudioView, BookView, PartView, ReadAlongView, SegmentView
from swarmstt.web.books.read_along import AUDIO_TYPES

_CHUNKS_TOGETHER = 8


class ReadAlong:
    """Text and audio of the books of a node."""

    def __init__(self, state: State, library: Library, store: Store, folders: Folders) -> None:
        self._state = state
        self._library = library
        self._store = store
        self._folders = folders

    async def text(self, book_id: BookId, first_seconds: float, last_seconds: float) -> ReadAlongView:
        record, book = self._find(book_id)
        view = book_view(record, book, None)
        audio, trouble = await asyncio.to_thread(_audio, record, view)
        spans = [chunk.span for chunk in book.chunks if chunk.state is ChunkState.COMPLETED]
        segments: list[SegmentView] | None = None
        if book.state is BookState.DONE and is_as_written(record):
            folder = self._folders.finished(book_id)
            segments = await asyncio.to_thread(written_segments, folder, first_seconds, last_seconds)
        if segments is None:
            segments = await self._segments(spans, first_seconds, last_seconds, _cutting(record, view))
        return {
            "book_id": view["book_id"],
            "filename": view["filename"],
            "title": view["title"],
            "author": view["author"],
            "state": view["state"],
            "reason": view["reason"],
            "percent": view["percent"],
            "duration": view["duration"],
            "read_whole": view["read_whole"],
            "language": view["language"],
            "chapters": view["chapters"],
            "gaps": view["gaps"],
            "segments": segments,
            "parts": [_part(chunk.span, chunk.state) for chunk in book.chunks],
            "done_until": joined(spans),
            "audio": audio,
            "audio_trouble": trouble,
        }

    async def source(self, book_id: BookId, part: int) -> Path:
        record, _ = self._find(book_id)
        if part >= len(record.sources):
            raise NotFoundError(f"This book has no part {part}.")
        path = Path(record.sources[part])
        if path.suffix.lower() not in AUDIO_TYPES:
            raise NotFoundError(_unplayable(path))
        if not await asyncio.to_thread(path.is_file):
            raise NotFoundError(_gone(path))
        return path

    def _find(self, book_id: BookId) -> tuple[BookRecord, Book]:
        book = self._state.books.get(book_id)
        if book is None:
            raise NotFoundError(f"There is no book {book_id}.")
        return self._library.get(book_id), book

    async def _segments(
        self, spans: Sequence[ChunkSpan], first_seconds: float, last_seconds: float, cutting: _Cutting
    ) -> list[SegmentView]:
        """Returns the segments that begin in those of these chunks that are asked for: sentences as in the transcript,
        from a few chunks and those beside them, so that others come to their turn."""
        asked = [
            place
            for place, span in enumerate(spans)
            if span.start_seconds < last_seconds and span.end_seconds > first_seconds
        ]
        segments: list[SegmentView] = []
        for start in range(0, len(asked), _CHUNKS_TOGETHER):
            some = asked[start : start + _CHUNKS_TOGETHER]
            around = spans[max(0, some[0] - 1) : some[-1] + 2]
            outcomes = [await self._store.outcome(span.chunk_id) for span in around]
            known = [outcome for outcome in outcomes if outcome is not None]
            first, last = spans[some[0]].start_seconds, spans[some[-1]].end_seconds
            segments += await asyncio.to_thread(_plain_segments, known, cutting, first, last)
        return segments


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cutting:
    """How words become sentences: in this language, and none over these marks."""

    language: str
    marks: tuple[float, ...]


def _cutting(record: BookRecord, view: BookView) -> _Cutting:
    starts = [chapter.start for chapter in record.shown_chapters]
    return _Cutting(
        language=text_language(record.language or "", record.settings.decode.task),
        marks=(*starts, *(gap["end"] for gap in view["gaps"])),
    )


def _plain_segments(
    outcomes: Sequence[ChunkOutcome], cutting: _Cutting, first_seconds: float, last_seconds: float
) -> list[SegmentView]:
    holes = [after.span.start_seconds for before, after in pairwise(outcomes) if not _touch(before.span, after.span)]
    found = [
        segment
        for outcome in outcomes
        if outcome.transcript is not None
        for segment in shifted(outcome.transcript, outcome.span)
    ]
    until = outcomes[-1].span.end_seconds if outcomes else 0.0
    whole = [
        {
            "start": segment.start,
            "end": segment.end,
            "text": without_controls(segment.text),
            "words": [
                {"start": word.start, "end": word.end, "word": without_controls(word.text)} for word in segment.words
            ],
        }
        for segment in whole_sentences(found, [*cutting.marks, *holes], until, cutting.language)
    ]
    return in_paragraphs(whole, first_seconds, last_seconds)


def _touch(before: ChunkSpan, after: ChunkSpan) -> bool:
    return before.start_sample + before.sample_count == after.start_sample


def _part(span: ChunkSpan, state: ChunkState) -> PartView:
    return {"start": round(span.start_seconds, 3), "end": round(span.end_seconds, 3), "status": state.value}


def joined(spans: Sequence[ChunkSpan]) -> list[list[float]]:
    """Stretches from start to end in seconds: of spans in order, those that touch are one."""
    stretches: list[list[float]] = []
    end_sample = -1
    for span in spans:
        if span.start_sample == end_sample:
            stretches[-1][1] = round(span.end_seconds, 3)
        else:
            stretches.append([round(span.start_seconds, 3), round(span.end_seconds, 3)])
        end_sample = span.start_sample + span.sample_count
    return stretches


def _audio(record: BookRecord, view: BookView) -> tuple[list[AudioView], str | None]:
    """Returns the files to play, and why there are none. Called in a thread: it looks whether they are there."""
    paths = [Path(source) for source in record.sources]
    if unplayable := next((path for path in paths if path.suffix.lower() not in AUDIO_TYPES), None):
        return [], _unplayable(unplayable)
    if gone := next((path for path in paths if not path.is_file()), None):
        return [], _gone(gone)
    starts = _starts(len(paths), record, view)
    return [
        {
            "url": f"/books/{record.book_id}/audio" + (f"?part={place}" if len(paths) > 1 else ""),
            "start": starts[place] if starts else None,
            "end": starts[place + 1] if starts else None,
        }
        for place in range(len(paths))
    ], None


def _starts(count: int, record: BookRecord, view: BookView) -> list[float] | None:
    """Returns where each file begins, and where the last one ends; None if that is not known: of a damaged folder by
    its chapters, one for each of its files, unless a file has chapters of its own."""
    if count == 1:
        return [0.0, view["duration"] or 0.0]
    if len(record.sound) == count:
        return [*(each.start for each in record.sound), view["duration"] or 0.0]
    chapters = view["chapters"]
    if not view["read_whole"] or len(chapters) != count:
        return None
    return [*(chapter["start"] for chapter in chapters), view["duration"] or 0.0]


def _gone(path: Path) -> str:
    return f"The audio is no longer there: put {path.name} back into {path.parent} to hear it."


def _unplayable(path: Path) -> str:
    kind = path.suffix[1:].upper() or "such"
    return f"Browsers cannot play {kind} files: the text can be read here, but not heard."
