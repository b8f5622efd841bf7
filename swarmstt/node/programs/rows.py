"""What one program may do: implements ProgramRows of the web room."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from swarmstt.core.books import BookState
from swarmstt.core.programs.answers import segment_event
from swarmstt.core.programs.requests import ProgramRequest
from swarmstt.core.scheduling.state import Book
from swarmstt.errors import ConflictError
from swarmstt.ids import BookId
from swarmstt.node.books.library import Library
from swarmstt.node.data_dir import Folders
from swarmstt.node.page.views import book_view
from swarmstt.node.programs.answering import Answer, Answering, done_chunks, is_whole, reason_of
from swarmstt.node.programs.detecting import Detecting
from swarmstt.node.programs.jobs import ProgramJobs
from swarmstt.node.programs.waiters import Waiter
from swarmstt.phrases import model_name
from swarmstt.storage.programs import ProgramJobRecord
from swarmstt.web.api.program_views import JobStateName, JobView


class NamesModels(Protocol):
    async def model_names(self) -> list[str]: ...


class Warms(Protocol):
    def warm_up(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What the rows of all programs share. `model`: the one that is used without a choice; `why_waiting`: why nobody
    can decode a recording now."""

    jobs: ProgramJobs
    answering: Answering
    detecting: Detecting
    library: Library
    folders: Folders
    models: NamesModels
    reader: Warms
    model: Callable[[], str]
    why_waiting: Callable[[Book], str | None]


class RowsOf:
    def __init__(
        self,
        program_id: str,
        shared: Shared,
        *,
        origins: tuple[str, ...] = (),
        used: Callable[[], None] = lambda: None,
    ) -> None:
        self.program_id = program_id
        self.origins = origins
        self.note_use = used
        self._shared = shared

    def get_ready(self) -> None:
        self._shared.reader.warm_up()

    async def make_disk_room(self, byte_count: int) -> None:
        await self._shared.jobs.make_disk_room(self.program_id, byte_count)

    async def models(self) -> list[str]:
        names = [self._shared.model(), *await self._shared.models.model_names()]
        return list(dict.fromkeys(map(model_name, names)))

    def free_bytes(self) -> int:
        return self._shared.jobs.uploads.free_bytes(self.program_id)

    def upload_folder(self, byte_count: int = 0) -> Path:
        return self._shared.jobs.uploads.new(self.program_id, byte_count)

    async def submit(self, folder: Path, filename: str, request: ProgramRequest) -> str:
        return (await self._shared.jobs.submit(self.program_id, folder, filename, request)).job_id

    def _find(self, job_id: str) -> tuple[ProgramJobRecord, Book]:
        record = self._shared.jobs.find(self.program_id, job_id)
        return record, self._shared.jobs.book(record.book_id)

    def waiting(self, job_id: str) -> AbstractContextManager[Waiter]:
        return self._shared.jobs.waiting(self._find(job_id)[0])

    def hung_up(self, job_id: str) -> None:
        self._shared.jobs.hung_up(self._find(job_id)[0])

    async def answer(self, job_id: str, request: ProgramRequest) -> Answer:
        _, book = self._find(job_id)
        if book.state not in (BookState.DONE, BookState.FAILED):
            raise ConflictError("This recording is not done yet; ask again later.")
        return await self._shared.answering.answer(book, request)

    async def told(self, job_id: str, first_part: int, first_segment: int) -> tuple[list[dict[str, Any]], int]:
        _, book = self._find(job_id)
        found: list[dict[str, Any]] = []
        for part in done_chunks(book, first_part):
            segments = await self._shared.answering.segments(book.book_id, part)
            found += [segment_event(first_segment + len(found) + at, each) for at, each in enumerate(segments)]
            first_part = part + 1
        return found, first_part

    async def text(self, job_id: str) -> str:
        _, book = self._find(job_id)
        return await self._shared.answering.text(book)

    async def jobs(self) -> list[JobView]:
        return [self._view(record) for record in self._shared.jobs.of(self.program_id)]

    async def job(self, job_id: str) -> JobView:
        return self._view(self._find(job_id)[0])

    def _view(self, record: ProgramJobRecord) -> JobView:
        book = self._shared.jobs.book(record.book_id)
        kept = self._shared.library.get(BookId(record.book_id))
        view = book_view(kept, book, None)
        return {
            "id": record.job_id,
            "object": "transcription.job",
            "status": _state_name(book),
            "filename": record.filename,
            "created_at": _seconds(record.created_at),
            "finished_at": None if record.finished_at is None else _seconds(record.finished_at),
            "task": view["task"],
            "model": model_name(view["model"]),
            "language": view["language"],
            "duration": view["duration"],
            "percent": view["percent"],
            "gaps": len(view["gaps"]),
            "error": reason_of(book, kept) or self._shared.why_waiting(book),
        }

    async def delete(self, job_id: str) -> None:
        await self._shared.jobs.delete(self.program_id, job_id)

    async def detect_language(self, folder: Path, filename: str) -> tuple[str, str]:
        try:
            return await self._shared.detecting.language(folder, filename)
        finally:
            await asyncio.to_thread(self._shared.folders.remove_upload, folder)


def _state_name(book: Book) -> JobStateName:
    if book.state is BookState.DONE or (book.state is BookState.FAILED and is_whole(book)):
        return "completed"
    if book.state is BookState.FAILED:
        return "failed"
    return "in_progress" if book.chunks else "queued"


def _seconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp())
