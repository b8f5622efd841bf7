"""The worker rows as the guests of one invitation have them: what others hold is out of their reach."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from swarmstt.core.requests import GuestTranscript
from swarmstt.core.state import Chunk
from swarmstt.errors import ModelError, NotFoundError
from swarmstt.node.guests import Guests, task_fields
from swarmstt.node.shelf import Shelf
from swarmstt.speech.model_files import repository_of

MOST_HELD_BY_ONE = 16
"""Chunks that one guest may hold at a time, and the guests of one invitation together: who asks for more and more and
delivers nothing would keep a book from the others."""
MOST_HELD_BY_ALL = 64


class Invited:
    """Implements InvitedRows of the web room."""

    def __init__(self, invitation_id: str, guests: Guests, shelf: Shelf, is_open: Callable[[], bool]) -> None:
        self.invitation_id = invitation_id
        self._is_open = is_open
        self._guests = guests
        self._shelf = shelf

    def _helper(self, worker_id: str) -> str:
        return f"{self.invitation_id}/{worker_id}"

    async def register_guest(self, worker_id: str, hostname: str) -> None:
        await self._guests.register(self._helper(worker_id), hostname)

    async def describe(self, worker_id: str, *, device: str | None, slots: int) -> None:
        await self._guests.describe(self._helper(worker_id), device=device, slots=slots)

    def promise_heartbeats(self, worker_id: str) -> None:
        self._guests.promise_heartbeats(self._helper(worker_id))

    async def guest_heartbeat(self, worker_id: str) -> None:
        await self._guests.heartbeat(self._helper(worker_id))

    async def guest_progress(self, worker_id: str, task_id: str, progress: float | None) -> None:
        await self._guests.progress(self._helper(worker_id), task_id, progress)

    async def next_task(self, worker_id: str) -> dict[str, Any] | None:
        """The fields of the contract, and how to decode: model, model_hash (SHA-256 of its model.bin), sample_count,
        language, task, prompt, hotwords, beam_size. Whatever else the node knows of its books stays with it."""
        if len(self._guests.held(self._helper(worker_id))) >= MOST_HELD_BY_ONE:
            return None
        if len(self._guests.held_by_group(self.invitation_id)) >= MOST_HELD_BY_ALL:
            return None
        chunk_id = await self._guests.next_chunk(self._helper(worker_id))
        if chunk_id is not None and not self._is_open():  # revoked while the chunk was chosen
            await self._guests.turn_out(self.invitation_id)
            return None
        chunk = None if chunk_id is None else self._guests.chunk(chunk_id)
        return None if chunk is None else self._task(worker_id, chunk)

    def _task(self, worker_id: str, chunk: Chunk) -> dict[str, Any]:
        span, settings = chunk.span, chunk.book.settings
        return {
            **task_fields(span.chunk_id),
            "status": "in_progress",
            "worker_id": worker_id,
            "start_time": round(span.start_seconds, 3),
            "end_time": round(span.end_seconds, 3),
            "original_filename": self._shelf.get(chunk.book.book_id).filename,
            "processing_time": None,
            "chunk_path": f"chunks/{span.chunk_id}.flac",
            "sample_count": span.sample_count,
            "model": public_model_name(settings.model),
            "model_hash": settings.model_hash,
            "language": chunk.book.language,
            "task": settings.task,
            "prompt": settings.initial_prompt,
            "hotwords": settings.hotwords,
            "beam_size": settings.beam_size,
        }

    async def complete_task(
        self, task_id: str, worker_id: str, transcript: GuestTranscript, processing_seconds: float
    ) -> None:
        await self._guests.complete(task_id, self._helper(worker_id), transcript, processing_seconds)

    async def return_task(self, task_id: str, worker_id: str, error: str | None) -> None:
        await self._guests.hand_back(self._helper(worker_id), task_id, error)

    async def chunk_audio(self, filename: str) -> Path:
        """NotFoundError for a chunk that no guest of this invitation holds, as for one that does not exist."""
        wanted = filename.removesuffix(".flac")
        if not any(str(chunk.span.chunk_id) == wanted for chunk in self._guests.held_by_group(self.invitation_id)):
            raise NotFoundError("There is no such chunk; ask for the next task.")
        return await self._guests.audio(filename)

    def is_wanted(self, worker_id: str, task_id: str) -> bool:
        return any(str(chunk.span.chunk_id) == task_id for chunk in self._guests.held(self._helper(worker_id)))


def public_model_name(model: str) -> str:
    """A model as others may know it: of one in a folder of this PC only the folder's own name."""
    try:
        repository_of(model)
    except ModelError:
        return Path(model).name
    return model
