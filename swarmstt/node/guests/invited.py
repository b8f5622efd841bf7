"""The worker rows as the guests of one invitation have them: what others hold is out of their reach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol, cast

from swarmstt.core.requests import GuestTranscript
from swarmstt.core.scheduling.state import Chunk
from swarmstt.errors import NotFoundError
from swarmstt.ids import BookId
from swarmstt.node.books.task_rows import names_of
from swarmstt.node.guests.guests import Guests
from swarmstt.node.guests.task_options import task_options
from swarmstt.phrases import model_name
from swarmstt.web.api.views import InvitedTaskView
from swarmstt.web.guests.admissions import WhoIsCopied

MOST_HELD_BY_ONE = 16
"""Chunks that one guest may hold at a time, and the guests of one invitation together: who asks for more and more and
delivers nothing would keep a book from the others."""
MOST_HELD_BY_ALL = 64


class Titles(Protocol):
    """What books are called; `Library` knows."""

    def get(self, book_id: BookId) -> Named: ...


class Named(Protocol):
    @property
    def filename(self) -> str: ...


class Invited:
    """Implements InvitedRows of the web room. `is_open` says whether the invitation still counts; `used` is called when
    a guest comes by it."""

    def __init__(
        self,
        invitation_id: str,
        guests: Guests,
        library: Titles,
        is_open: Callable[[], bool],
        *,
        is_plain: bool,
        used: Callable[[], None],
        most_held_by_one: int = MOST_HELD_BY_ONE,
        most_held_by_all: int = MOST_HELD_BY_ALL,
    ) -> None:
        self._most_held_by_one = most_held_by_one
        self._most_held_by_all = most_held_by_all
        self.invitation_id = invitation_id
        self.is_plain = is_plain
        self.note_use = used
        self._is_open = is_open
        self._guests = guests
        self._library = library

    def _helper(self, worker_id: str) -> str:
        return f"{self.invitation_id}/{worker_id}"

    async def register(self, worker_id: str, hostname: str) -> None:
        await self._guests.register(self._helper(worker_id), hostname)

    def begins(self, worker_id: str, run: str | None) -> None:
        self._guests.begins(self._helper(worker_id), run)

    def who_is_copied(self, worker_id: str, run: str) -> WhoIsCopied | None:
        return self._guests.who_is_copied(self._helper(worker_id), run)

    async def describe(self, worker_id: str, *, device: str | None, slots: int) -> None:
        await self._guests.describe(self._helper(worker_id), device=device, slots=slots)

    def promise_heartbeats(self, worker_id: str) -> None:
        self._guests.promise_heartbeats(self._helper(worker_id))

    async def heartbeat(self, worker_id: str) -> None:
        await self._guests.heartbeat(self._helper(worker_id))

    async def progress(self, worker_id: str, task_id: str, progress: float | None) -> None:
        await self._guests.progress(self._helper(worker_id), task_id, progress)

    async def next_task(self, worker_id: str) -> InvitedTaskView | None:
        """Returns the fields of the contract, and how to decode: model, model_hash (SHA-256 of its model.bin),
        sample_count, tries, and the fields of `task_options`. Whatever else the node knows of its books stays with
        it."""
        if len(self._guests.held(self._helper(worker_id))) >= self._most_held_by_one:
            return None
        if len(self._guests.held_by_group(self.invitation_id)) >= self._most_held_by_all:
            return None
        chunk_id = await self._guests.next_chunk(self._helper(worker_id))
        if chunk_id is not None and not self._is_open():  # revoked while the chunk was chosen
            await self._guests.turn_out(self.invitation_id)
            return None
        chunk = None if chunk_id is None else self._guests.chunk(chunk_id)
        return None if chunk is None else self._task(worker_id, chunk)

    def _task(self, worker_id: str, chunk: Chunk) -> InvitedTaskView:
        span, settings = chunk.span, chunk.book.settings
        task: InvitedTaskView = {
            **names_of(span.chunk_id),
            "status": "in_progress",
            "worker_id": worker_id,
            "start_time": round(span.start_seconds, 3),
            "end_time": round(span.end_seconds, 3),
            "original_filename": self._library.get(chunk.book.book_id).filename,
            "processing_time": None,
            "chunk_path": f"chunks/{span.chunk_id}.flac",
            "sample_count": span.sample_count,
            "model": model_name(settings.model),
            "model_hash": settings.model_hash,
            "tries": chunk.tries,
        }
        options = replace(settings.decode_options(""), language=chunk.book.language)
        return cast("InvitedTaskView", {**task, **task_options(options)})

    async def complete(self, task_id: str, worker_id: str, given: GuestTranscript, processing_seconds: float) -> None:
        await self._guests.complete(task_id, self._helper(worker_id), given, processing_seconds)

    async def return_task(self, task_id: str, worker_id: str, error: str | None) -> None:
        await self._guests.hand_back(self._helper(worker_id), task_id, error)

    async def audio(self, filename: str) -> Path:
        """Returns the audio; NotFoundError for a chunk that no guest of this invitation holds, as for one that does not
        exist."""
        wanted = filename.removesuffix(".flac")
        if not any(str(chunk.span.chunk_id) == wanted for chunk in self._guests.held_by_group(self.invitation_id)):
            raise NotFoundError("There is no such chunk; ask for the next task.")
        return await self._guests.audio(filename)

    def is_wanted(self, worker_id: str, task_id: str) -> bool:
        return any(str(chunk.span.chunk_id) == task_id for chunk in self._guests.held(self._helper(worker_id)))
