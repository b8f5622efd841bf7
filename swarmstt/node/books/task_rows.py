"""The chunks of the books as the HTTP API shows them, which calls them tasks."""

from __future__ import annotations

from typing import Any, TypedDict

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.core.scheduling.state import State
from swarmstt.ids import BookId, ChunkId
from swarmstt.storage.store import Store
from swarmstt.web.api.views import TaskView


class TaskRows:
    """Rows of `/tasks`: the store has them, the core knows how far those in progress are."""

    def __init__(self, store: Store, state: State) -> None:
        self._store = store
        self._state = state

    async def all(self, book_id: BookId | None = None) -> list[TaskView]:
        """Returns those of one book, or of all books of people, in order of book and place."""
        hidden = {each.book_id for each in self._state.books.values() if each.for_program and book_id is None}
        rows = await self._store.tasks(book_id)
        return [task_view(row, self._state) for row in rows if row["book_id"] not in hidden]

    async def one(self, chunk_id: ChunkId) -> TaskView | None:
        """Returns that of a chunk; None if it was removed."""
        row = await self._store.task(chunk_id)
        return None if row is None else task_view(row, self._state)


class ChunkNames(TypedDict):
    """What names a chunk in the HTTP API."""

    id: str
    book_id: str
    chunk_id: int


def names_of(chunk_id: ChunkId) -> ChunkNames:
    return {"id": str(chunk_id), "book_id": chunk_id.book_id, "chunk_id": chunk_id.index}


def task_view(row: dict[str, Any], state: State) -> TaskView:
    """Returns a row of `/tasks` from a row of the store; progress comes from the core."""
    chunk_id = ChunkId(BookId(row["book_id"]), row["position"])
    chunk = state.chunk(chunk_id)
    held = chunk.held if chunk is not None else []
    start = row["start_sample"] / SAMPLE_RATE
    return {
        **names_of(chunk_id),
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
        "engine": row["engine"],
    }
