"""A book of this node as the page's reader sees it: implements ReaderPort of the web room."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from swarmstt.core.books import ChunkSpan, ChunkState
from swarmstt.core.merge import ChunkOutcome, shifted
from swarmstt.core.state import Book
from swarmstt.errors import NotFoundError
from swarmstt.ids import BookId
from swarmstt.node.node import Node
from swarmstt.node.views import book_view
from swarmstt.storage.rows import BookRecord
from swarmstt.web.reading import AUDIO_TYPES

_FACTS = (
    *("book_id", "filename", "title", "author", "state", "reason", "percent", "duration", "read_whole"),
    *("language", "chapters", "gaps"),
)


class ReaderPage:
    """Text and audio of the books of a node."""

    def __init__(self, node: Node) -> None:
        self._node = node

    async def text(self, book_id: BookId, first_seconds: float, last_seconds: float) -> dict[str, Any]:
        record, book = self._find(book_id)
        view = book_view(record, book, None)
        audio, trouble = await asyncio.to_thread(_audio, record, view)
        spans = [chunk.span for chunk in book.chunks if chunk.state is ChunkState.COMPLETED]
        return {
            **{name: view[name] for name in _FACTS},
            "segments": await self._segments(
                [span for span in spans if span.start_seconds < last_seconds and span.end_seconds > first_seconds]
            ),
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
        book = self._node.state.books.get(book_id)
        if book is None:
            raise NotFoundError(f"There is no book {book_id}.")
        return self._node.shelf.get(book_id), book

    async def _segments(self, spans: Sequence[ChunkSpan]) -> list[dict[str, Any]]:
        """The segments of these chunks. Each is fetched by itself, so that others come to their turn."""
        segments: list[dict[str, Any]] = []
        for span in spans:
            outcome = await self._node.store.outcome(span.chunk_id)
            if outcome is not None:
                segments += await asyncio.to_thread(_plain_segments, outcome)
        return segments


def _plain_segments(outcome: ChunkOutcome) -> list[dict[str, Any]]:
    if outcome.transcript is None:
        return []
    return [
        {
            "start": segment.start,
            "end": segment.end,
            "text": segment.text,
            "words": [{"start": word.start, "end": word.end, "word": word.text} for word in segment.words],
        }
        for segment in shifted(outcome.transcript, outcome.span)
    ]


def _part(span: ChunkSpan, state: ChunkState) -> dict[str, Any]:
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


def _audio(record: BookRecord, view: dict[str, Any]) -> tuple[list[dict[str, Any]], str | None]:
    """The files to play, and why there are none. Called in a thread: it looks whether they are there."""
    paths = [Path(source) for source in record.sources]
    if unplayable := next((path for path in paths if path.suffix.lower() not in AUDIO_TYPES), None):
        return [], _unplayable(unplayable)
    if gone := next((path for path in paths if not path.is_file()), None):
        return [], _gone(gone)
    starts = _starts(len(paths), view)
    return [
        {
            "url": f"/books/{record.book_id}/audio" + (f"?part={place}" if len(paths) > 1 else ""),
            "start": starts[place] if starts else None,
            "end": starts[place + 1] if starts else None,
        }
        for place in range(len(paths))
    ], None


def _starts(count: int, view: dict[str, Any]) -> list[float] | None:
    """Where each file begins, and where the last one ends; None where that is not known: a folder has a chapter for
    each of its files, unless a file has chapters of its own."""
    if count == 1:
        return [0.0, view["duration"] or 0.0]
    chapters = view["chapters"]
    if not view["read_whole"] or len(chapters) != count:
        return None
    return [*(chapter["start"] for chapter in chapters), view["duration"]]


def _gone(path: Path) -> str:
    return f"The audio is no longer there: put {path.name} back into {path.parent} to hear it."


def _unplayable(path: Path) -> str:
    kind = path.suffix[1:].upper() or "such"
    return f"Browsers cannot play {kind} files: the text can be read here, but not heard."
