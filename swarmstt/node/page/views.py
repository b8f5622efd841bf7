"""What the page, the API and the command line show of books and workers, made from what core and library know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from swarmstt.codec import to_plain
from swarmstt.core.books import BookState, ChunkState, Gap
from swarmstt.core.helping.unavailability import unavailable_reason
from swarmstt.core.ordering.facts import LeftOut
from swarmstt.core.scheduling import actions
from swarmstt.core.scheduling.state import Book, Chunk, Helper
from swarmstt.core.speech.merge import wordless_gaps
from swarmstt.core.speech.paragraphs import gap_text, missing_seconds
from swarmstt.ids import BookId, ChunkId
from swarmstt.node.books.sources import shown_files
from swarmstt.node.models.choice_phrases import model_choice
from swarmstt.output_formats import format_of
from swarmstt.phrases import notice, peer_unavailability, twin_reason
from swarmstt.speech.audio.book_files import printable
from swarmstt.storage.rows import BookRecord
from swarmstt.web.api.status_views import WorkerStateName, WorkerView
from swarmstt.web.api.views import BookStateName, BookView, FileView, GapView, LeftOutView, TaskCounts


def count_tasks(chunks: Iterable[Chunk]) -> TaskCounts:
    """Counts these chunks by status."""
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
    """Returns how long the book is, or probably is while it is being read."""
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
        """Returns seconds of audio decoded in a second, of a finished book on the whole; None if that is not known."""
        if book.state is not BookState.OPEN or not any(c.state is ChunkState.IN_PROGRESS for c in book.chunks):
            self._starts.pop(book.book_id, None)
            return self._last.get(book.book_id) if book.state is not BookState.OPEN else None
        done = done_seconds(book)
        start = self._starts.setdefault(book.book_id, _Start(at, done))
        if at - start.at <= 1.0 or done <= start.done_seconds:
            return None
        self._last[book.book_id] = (done - start.done_seconds) / (at - start.at)
        return self._last[book.book_id]


_STATE_NAMES: Mapping[BookState, BookStateName] = {
    BookState.OPEN: "open",
    BookState.MERGING: "merging",
    BookState.DONE: "done",
    BookState.FAILED: "failed",
}


def _part_done(book: Book, done: float, total: float) -> float:
    """Returns how much of a book that is not done is decoded, in per cent. A part whose decoding is at its end is not
    delivered yet, so this is less than 100 while any is in work."""
    most = 99.9 if book.state is BookState.OPEN else 100.0
    return round(min(most, 100 * done / total), 1) if total else 0.0


def book_view(record: BookRecord, book: Book, speed: float | None) -> BookView:
    """Returns what is shown of one book."""
    total, done = total_seconds(book), done_seconds(book)
    finished = book.state is BookState.DONE
    left = max(0.0, total - done) / speed if speed and book.state is BookState.OPEN else None
    return {
        "book_id": record.book_id,
        "filename": record.filename,
        "folder": None if record.uploaded else _folder_name(record),
        "title": record.title,
        "author": record.author,
        "narrator": record.narrator,
        "series": record.series,
        "audio_files": list(shown_files(record)),
        "order_by": record.order.by,
        "left_out": [_left_out(each) for each in record.order.left_out],
        "state": _STATE_NAMES[book.state],
        "paused": book.paused,
        "reason": book.reason,
        "language": book.language,
        "model": record.settings.model,
        "model_choice": model_choice(record.settings),
        "task": record.settings.decode.task,
        "duration": round(total, 3) if total else None,
        "read_whole": book.read_whole,
        "percent": 100.0 if finished else _part_done(book, done, total),
        "remaining_seconds": None if left is None else round(left),
        "speed": None if speed is None else round(speed, 1),
        "tasks": count_tasks(book.chunks),
        "chapters": to_plain(record.shown_chapters),
        "chapters_edited": record.edits.chapters is not None,
        "gaps": [_gap_view(each) for each in sorted((*record.damages, *_gaps(book)), key=lambda gap: gap.start)],
        "wordless": sum(len(chunk.wordless) for chunk in book.chunks),
        "notes": list(record.notes),
        "ebook": to_plain(record.ebook),
        "names": to_plain(record.names),
        "respelled": {each.heard: each.name for each in record.edits.respellings},
        "files": [_file_view(path) for path in record.files] if finished else [],
        "added_at": record.added_at,
        "completed_at": record.completed_at if finished else None,
    }


def _left_out(left_out: LeftOut) -> LeftOutView:
    return {
        "name": printable("/".join(left_out.path)),
        "reason": twin_reason(left_out.kind, printable("/".join(left_out.twin))),
    }


def _gap_view(gap: Gap) -> GapView:
    return {
        "start": gap.start,
        "end": gap.end,
        "reason": gap.reason,
        "text": gap_text(gap.start, gap.end, gap.reason),
        "missing_seconds": round(missing_seconds(gap.start, gap.end, gap.reason), 3),
    }


def _file_view(path: str) -> FileView:
    found = format_of(PurePath(path).name)
    return {"format": PurePath(path).suffix[1:] if found is None else found.name, "path": path}


def _folder_name(record: BookRecord) -> str | None:
    """Returns the name of the folder that the file, or the folder that is the book, lies in."""
    path = PurePath(record.sources[0])
    found = next((each for each in (path, *path.parents) if each.name == record.filename), None)
    return found.parent.name or None if found is not None else None


def _gaps(book: Book) -> list[Gap]:
    wordless = [gap for chunk in book.chunks for gap in wordless_gaps(chunk.wordless, chunk.span)]
    return wordless + [
        Gap(
            start=round(chunk.span.start_seconds, 3),
            end=round(chunk.span.end_seconds, 3),
            reason=chunk.reason or "",
        )
        for chunk in book.chunks
        if chunk.state is ChunkState.FAILED
    ]


def worker_view(
    helper: Helper, books: Collection[Book], titles: Mapping[BookId, str], at: float, *, invitation: str | None = None
) -> WorkerView:
    """Returns what is shown of one that decodes this node's books: itself, a peer, a guest. `invitation`: for whom a
    guest's was made."""
    reason = unavailable_reason(helper, books)
    return {
        "worker_id": helper.helper_id,
        "name": helper.offer.name,
        "kind": helper.kind,
        "invitation": invitation,
        "state": _worker_state(helper, at, reason),
        "why_not_helping": None
        if reason is None or not helper.linked or helper.kind == "own"
        else peer_unavailability(reason),
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
        "cluster": None,
    }


def _worker_reason(helper: Helper, at: float) -> str | None:
    """Returns why it does nothing, if its state alone does not say so."""
    if helper.linked and not helper.answers:
        return "It does not answer; perhaps it sleeps."
    rests = helper.linked and at < helper.resting_until
    return notice(helper.rest_notice) if rests and helper.rest_notice is not None else None


def _worker_state(helper: Helper, at: float, reason: str | None) -> WorkerStateName:
    if not (helper.linked and helper.answers):
        return "away"
    if at < helper.resting_until:
        return "resting"
    if helper.held:
        return "working"
    return "idle" if reason is None else "paused" if reason == "paused" else "not_helping"


def touched(done: Sequence[actions.AnyAction], leases: dict[Any, Any]) -> tuple[set[ChunkId], set[BookId]]:
    """Returns the chunks and books that these actions changed."""
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
                actions.AnnounceBook(book_id=book_id)
                | actions.StoreBookState(book_id=book_id)
                | actions.StoreLanguage(book_id=book_id)
                | actions.StorePaused(book_id=book_id)
                | actions.StoreReadWhole(book_id=book_id)
            ):
                book_ids.add(book_id)
    return chunk_ids, book_ids | {chunk_id.book_id for chunk_id in chunk_ids}
