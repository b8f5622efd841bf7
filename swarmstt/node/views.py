"""What the page, the API and the command line show of a node: plain dictionaries, made from core, shelf and store.

Their shapes are described where the page asks for them, in web/ports.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from swarmstt.core import actions
from swarmstt.core.books import SAMPLE_RATE, BookState, ChunkState, Gap
from swarmstt.core.plain import to_plain
from swarmstt.core.state import Book, Chunk, Helper, State
from swarmstt.core.why_not import sentence, why_not_helping
from swarmstt.ids import BookId, ChunkId
from swarmstt.node.guests import task_fields
from swarmstt.storage.rows import BookRecord


def count_tasks(chunks: Iterable[Chunk]) -> dict[str, Any]:
    """These chunks by status."""
    counts = Counter(chunk.state for chunk in chunks)
    total = sum(counts.values())
    completed = counts[ChunkState.COMPLETED]
    return {
        "total": total,
        "completed": completed,
        "in_progress": counts[ChunkState.IN_PROGRESS],
        "pending": counts[ChunkState.PENDING],
        "failed": counts[ChunkState.FAILED],
        "percent": round(100 * completed / total, 1) if total else 0.0,
    }


def done_seconds(book: Book) -> float:
    """Seconds of audio that are decoded, those of chunks in progress in part."""
    whole = book.read_seconds - book.open_seconds
    partly = sum(
        max(lease.progress for lease in held) * chunk.span.seconds
        for chunk in book.chunks
        if chunk.state is ChunkState.IN_PROGRESS and (held := chunk.held)
    )
    return whole + partly


def total_seconds(book: Book) -> float:
    """How long the book is, or probably is while it is being read."""
    return book.read_seconds if book.read_whole else max(book.read_seconds, book.estimated_seconds)


@dataclass(slots=True)
class _Start:
    at: float
    done_seconds: float


class Pace:
    """How fast each book gets on, since work on it last began; `at` on the coordinator's clock."""

    def __init__(self) -> None:
        self._starts: dict[BookId, _Start] = {}
        self._last: dict[BookId, float] = {}

    def speed(self, book: Book, at: float) -> float | None:
        """Seconds of audio decoded in a second, of a finished book on the whole; None where nothing can be said."""
        if book.state is not BookState.OPEN or not any(c.state is ChunkState.IN_PROGRESS for c in book.chunks):
            self._starts.pop(book.book_id, None)
            return self._last.get(book.book_id) if book.state is not BookState.OPEN else None
        done = done_seconds(book)
        start = self._starts.setdefault(book.book_id, _Start(at, done))
        if at - start.at <= 1.0 or done <= start.done_seconds:
            return None
        self._last[book.book_id] = (done - start.done_seconds) / (at - start.at)
        return self._last[book.book_id]


def book_view(record: BookRecord, book: Book, speed: float | None) -> dict[str, Any]:
    """One book."""
    total, done = total_seconds(book), done_seconds(book)
    finished = book.state is BookState.DONE
    left = max(0.0, total - done) / speed if speed and book.state is BookState.OPEN else None
    return {
        "book_id": record.book_id,
        "filename": record.filename,
        "folder": None if record.uploaded else _folder_name(record),
        "title": record.title,
        "author": record.author,
        "state": book.state.value,
        "paused": book.paused,
        "reason": book.reason,
        "language": book.language,
        "model": record.settings.model,
        "task": record.settings.task,
        "duration": round(total, 3) if total else None,
        "read_whole": book.read_whole,
        "percent": 100.0 if finished else round(min(100.0, 100 * done / total), 1) if total else 0.0,
        "remaining_seconds": None if left is None else round(left),
        "speed": None if speed is None else round(speed, 1),
        "tasks": count_tasks(book.chunks),
        "chapters": to_plain(record.chapters),
        "gaps": to_plain(sorted((*record.damages, *_gaps(book)), key=lambda gap: gap.start)),
        "files": [{"format": Path(f).suffix[1:], "path": f} for f in record.files] if finished else [],
        "added_at": record.added_at,
        "completed_at": record.completed_at if finished else None,
    }


def _folder_name(record: BookRecord) -> str | None:
    """The name of the folder that the file, or the folder that is the book, lies in."""
    path = PurePath(record.sources[0])
    found = next((each for each in (path, *path.parents) if each.name == record.filename), None)
    return found.parent.name or None if found is not None else None


def _gaps(book: Book) -> list[Gap]:
    return [
        Gap(
            start=round(chunk.span.start_seconds, 3),
            end=round(chunk.span.end_seconds, 3),
            reason=chunk.reason or "",
        )
        for chunk in book.chunks
        if chunk.state is ChunkState.FAILED
    ]


def task_view(row: dict[str, Any], state: State) -> dict[str, Any]:
    """A row of `/tasks` from a row of the store; progress comes from the core."""
    chunk_id = ChunkId(BookId(row["book_id"]), row["position"])
    chunk = state.chunk(chunk_id)
    held = chunk.held if chunk is not None else []
    start = row["start_sample"] / SAMPLE_RATE
    return {
        **task_fields(chunk_id),
        "status": row["status"],
        "worker_id": None if row["status"] == "pending" else row["helper_id"],
        "worker_name": None if row["status"] == "pending" else row["helper_name"],
        "start_time": round(start, 3),
        "end_time": round(start + row["sample_count"] / SAMPLE_RATE, 3),
        "original_filename": row["filename"],
        "processing_time": row["processing_seconds"],
        "leased_at": row["granted_at"],
        "ended_at": row["ended_at"] if row["status"] in ("completed", "failed") else None,
        "progress": max((lease.progress for lease in held), default=None),
        "reason": row["reason"],
        "leases": row["lease_count"],
        "others": [
            {"worker_id": each["helper_id"], "worker_name": each["helper_name"], "parting": each["parting"]}
            for each in row["others"]
        ],
        "model": row["model"],
        "device": row["device"],
        "compute_type": row["compute_type"],
    }


def worker_view(
    helper: Helper, books: Collection[Book], titles: Mapping[BookId, str], at: float, *, invitation: str | None = None
) -> dict[str, Any]:
    """One that decodes this node's books: itself, a peer, a guest. `invitation`: for whom a guest's was made."""
    word = why_not_helping(helper, books)
    return {
        "worker_id": helper.helper_id,
        "name": helper.offer.name,
        "kind": "own" if helper.offer.own else "guest" if helper.offer.silent else "peer",
        "invitation": invitation,
        "state": _worker_state(helper, at, word),
        "why_not_helping": None if word is None or not helper.linked or helper.offer.own else sentence(word),
        "device": helper.offer.device,
        "slots": helper.offer.slots,
        "speed": round(helper.speed * helper.offer.slots, 1) if helper.measured else None,
        "done_seconds": round(helper.done_seconds, 1),
        "doing": [
            {
                "book_id": lease.chunk.book.book_id,
                "task_id": str(lease.chunk.span.chunk_id),
                "title": titles.get(lease.chunk.book.book_id, ""),
                "progress": round(lease.progress, 3),
            }
            for lease in helper.held.values()
        ],
        "reason": _worker_reason(helper, at),
    }


def _worker_reason(helper: Helper, at: float) -> str | None:
    """Why it does nothing, where that is not plain from its state."""
    if helper.linked and not helper.answers:
        return "It does not answer; perhaps it sleeps."
    return helper.rest_reason if helper.linked and at < helper.resting_until else None


def _worker_state(helper: Helper, at: float, why_not: str | None) -> str:
    if not (helper.linked and helper.answers):
        return "away"
    if at < helper.resting_until:
        return "resting"
    if helper.held:
        return "working"
    return "idle" if why_not is None else "paused" if why_not == "paused" else "not_helping"


def touched(done: Sequence[actions.AnyAction], leases: dict[Any, Any]) -> tuple[set[ChunkId], set[BookId]]:
    """The chunks and books that these actions changed."""
    chunk_ids: set[ChunkId] = set()
    book_ids: set[BookId] = set()
    for action in done:
        match action:
            case actions.StoreChunk(span=span):
                chunk_ids.add(span.chunk_id)
            case (
                actions.StoreChunkState(chunk_id=chunk_id)
                | actions.StoreLease(chunk_id=chunk_id)
                | actions.StoreResult(chunk_id=chunk_id)
            ):
                chunk_ids.add(chunk_id)
            case actions.StoreLeaseState(lease_id=lease_id) if lease_id in leases:
                chunk_ids.add(leases[lease_id].chunk.span.chunk_id)
            case (
                actions.StoreBookState(book_id=book_id)
                | actions.StoreLanguage(book_id=book_id)
                | actions.StorePaused(book_id=book_id)
                | actions.StoreReadWhole(book_id=book_id)
            ):
                book_ids.add(book_id)
    return chunk_ids, book_ids | {chunk_id.book_id for chunk_id in chunk_ids}
