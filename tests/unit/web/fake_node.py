"""A node as the page and its API see it, without audio, peers or disk but for one folder."""

from __future__ import annotations

import asyncio
import copy
import itertools
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from swarmstt.core.requests import AddedBook, BookOptions, GuestTranscript
from swarmstt.errors import ConflictError, InputError, NotFoundError, SwarmError
from swarmstt.ids import BookId
from swarmstt.web.ports import Change

OWN, ANNA, BEN = "a" * 64, "b" * 64, "c" * 64
WORKER_NAMES = {OWN: "Desk PC", ANNA: "Anna's laptop", BEN: "Ben's PC"}


def book(book_id: str, **fields: Any) -> dict[str, Any]:
    """A book as the port describes it, with these fields set."""
    return {
        "book_id": book_id,
        "filename": f"{book_id}.mp3",
        "folder": None,
        "title": "The Time Machine",
        "author": "H. G. Wells",
        "state": "open",
        "paused": False,
        "reason": None,
        "language": "en",
        "model": "base",
        "task": "transcribe",
        "duration": 3600.0,
        "read_whole": True,
        "percent": 0.0,
        "remaining_seconds": None,
        "speed": None,
        "tasks": {"total": 0, "completed": 0, "in_progress": 0, "pending": 0, "failed": 0},
        "chapters": [],
        "gaps": [],
        "files": [],
        "added_at": "2024-01-15T10:00:00+00:00",
        "completed_at": None,
        **fields,
    }


def task(book_id: str, index: int, status: str = "pending", **fields: Any) -> dict[str, Any]:
    """A chunk of 300 seconds as the port describes it, with these fields set."""
    worker_id = fields.get("worker_id")
    return {
        "id": f"{book_id}-{index:05d}",
        "book_id": book_id,
        "chunk_id": index,
        "status": status,
        "worker_id": None,
        "worker_name": WORKER_NAMES.get(str(worker_id)),
        "start_time": 300.0 * index,
        "end_time": 300.0 * (index + 1),
        "original_filename": f"{book_id}.mp3",
        "processing_time": 12.0 if status == "completed" else None,
        "progress": None,
        "reason": None,
        "leases": 0 if status == "pending" else 1,
        "others": [],
        **fields,
    }


def other(worker_id: str, parting: str | None) -> dict[str, Any]:
    """One that had a chunk in vain, or has it too, as the port describes it."""
    return {"worker_id": worker_id, "worker_name": WORKER_NAMES[worker_id], "parting": parting}


def worker(worker_id: str, **fields: Any) -> dict[str, Any]:
    return {
        "worker_id": worker_id,
        "name": WORKER_NAMES.get(worker_id, worker_id),
        "kind": "own" if worker_id == OWN else "peer",
        "invitation": None,
        "state": "idle",
        "why_not_helping": None,
        "device": "CPU",
        "slots": 2,
        "speed": None,
        "done_seconds": 0.0,
        "doing": [],
        "reason": None,
        **fields,
    }


def _contents(folder: Path) -> dict[str, bytes]:
    """All files in a folder, by their paths in it, in order; the folder is gone afterwards."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    contents = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    shutil.rmtree(folder)
    return contents


class FakeNode:
    """Implements NodePort; tests set its attributes, and read `calls` for what was asked of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.free = 10**9
        self.calls: list[tuple[Any, ...]] = []
        self.known_books: dict[str, dict[str, Any]] = {}
        self.known_tasks: dict[str, dict[str, Any]] = {}
        self.workers: list[dict[str, Any]] = [worker(OWN)]
        self.peers: list[dict[str, Any]] = []
        self.node: dict[str, Any] = {
            "node_id": OWN,
            "name": "Desk PC",
            "state": "idle",
            "helping": True,
            "no_helping": False,
            "no_discovery": False,
            "helping_others": True,
            "why_not_helping": None,
            "helping_with": [],
            "model": "base",
            "fetching": None,
            "device": "CPU",
            "drop_folder": "/home/ada/Audiobooks",
            "transcripts": "/home/ada/Audiobooks/Transcripts",
            "troubles": [],
        }
        self.usual = BookOptions()
        self.next: dict[str, Any] | None = None
        self.raises: Exception | None = None
        self.listeners: set[Callable[[Change], None]] = set()
        self._numbers = itertools.count(1)

    def _called(self, *call: Any) -> None:
        self.calls.append(call)
        if self.raises is not None:
            raise self.raises

    def tell(self, change: Change) -> None:
        for listener in list(self.listeners):
            listener(copy.deepcopy(change))

    def put_book(self, value: dict[str, Any]) -> None:
        self.known_books[value["book_id"]] = value
        self.tell({"type": "book", "book": value})

    def put_task(self, value: dict[str, Any]) -> None:
        self.known_tasks[value["id"]] = value
        self.tell({"type": "task", "task": value})

    def tell_node(self) -> None:
        self.tell({"type": "node", "status": self.status()})

    def status(self) -> dict[str, Any]:
        statuses = [each["status"] for each in self.known_tasks.values()]
        counts = {name: statuses.count(name) for name in ("completed", "in_progress", "pending", "failed")}
        percent = 100 * counts["completed"] / len(statuses) if statuses else 0.0
        return {
            "node": self.node,
            "tasks": {"total": len(statuses), **counts, "percent": percent},
            "workers": self.workers,
            "peers": self.peers,
            "version": "0.0.0",
        }

    async def books(self) -> list[dict[str, Any]]:
        self._called("books")
        return list(self.known_books.values())

    async def book(self, book_id: BookId) -> dict[str, Any]:
        if book_id not in self.known_books:
            raise NotFoundError("There is no such book.")
        return self.known_books[book_id]

    async def tasks(self, book_id: BookId | None = None) -> list[dict[str, Any]]:
        if book_id is not None:
            await self.book(book_id)
        return [each for each in self.known_tasks.values() if book_id in (None, each["book_id"])]

    async def add_paths(self, paths: list[str], options: BookOptions) -> list[AddedBook | SwarmError]:
        self._called("add_paths", paths, options)
        return [
            InputError(f"{name} does not exist: check the path.") if "missing" in name else self._added(name)
            for name in (Path(path).name for path in paths)
        ]

    def _added(self, filename: str) -> AddedBook:
        book_id = BookId(f"{next(self._numbers):08x}")
        self.put_book(book(book_id, filename=filename, title=filename.rpartition(".")[0] or filename, author=None))
        return AddedBook(book_id=book_id, filename=filename, given=filename)

    def usual_options(self) -> BookOptions:
        return self.usual

    def free_bytes(self) -> int:
        return self.free

    def upload_folder(self) -> Path:
        folder = self.folder / f"upload-{next(self._numbers)}"
        folder.mkdir()
        return folder

    async def add_upload(self, folder: Path, filename: str, options: BookOptions) -> AddedBook:
        files = await asyncio.to_thread(_contents, folder)
        self._called("add_upload", files, filename, options)
        return self._added(filename)

    async def transcript_file(self, book_id: BookId, format: str) -> Path:  # noqa: A002
        found = await self.book(book_id)
        if found["state"] != "done":
            raise ConflictError(f"This book is not finished: {found['percent']:.0f} % is done.")
        return self.folder / f"{found['title']}.{format}"

    async def pause(self, book_id: BookId) -> None:
        self.put_book({**await self.book(book_id), "paused": True})
        self._called("pause", book_id)

    async def resume(self, book_id: BookId) -> None:
        self.put_book({**await self.book(book_id), "paused": False})
        self._called("resume", book_id)

    async def retry(self, book_id: BookId) -> None:
        found = await self.book(book_id)
        tasks = {**found["tasks"], "failed": 0, "pending": found["tasks"]["pending"] + found["tasks"]["failed"]}
        self.put_book({**found, "state": "open", "gaps": [], "reason": None, "tasks": tasks})
        self._called("retry", book_id)

    async def remove(self, book_id: BookId) -> None:
        await self.book(book_id)
        self._called("remove", book_id)
        del self.known_books[book_id]
        self.tell({"type": "removed", "book_id": book_id})

    async def pause_helping(self, seconds: float | None = None) -> None:
        self._called("pause_helping", *(() if seconds is None else (seconds,)))
        self._set_helping(helping=False)

    async def resume_helping(self) -> None:
        self._called("resume_helping")
        self._set_helping(helping=True)

    def _set_helping(self, *, helping: bool) -> None:
        self.node = {**self.node, "helping": helping, "state": "idle" if helping else "paused"}
        self.tell_node()

    async def register_guest(self, worker_id: str, hostname: str) -> None:
        self._called("register_guest", worker_id, hostname)

    async def guest_heartbeat(self, worker_id: str) -> None:
        self._called("guest_heartbeat", worker_id)

    async def guest_progress(self, worker_id: str, task_id: str, progress: float | None) -> None:
        self._called("guest_progress", worker_id, task_id, progress)

    async def next_task(self, worker_id: str) -> dict[str, Any] | None:
        self._called("next_task", worker_id)
        return self.next

    async def complete_task(
        self, task_id: str, worker_id: str, transcript: GuestTranscript, processing_seconds: float
    ) -> None:
        self._called("complete_task", task_id, worker_id, transcript, processing_seconds)

    async def chunk_audio(self, filename: str) -> Path:
        self._called("chunk_audio", filename)
        path = self.folder / filename
        if not await asyncio.to_thread(path.is_file):
            raise NotFoundError("There is no such chunk.")
        return path

    def subscribe(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        self.listeners.add(listener)
        return lambda: self.listeners.discard(listener)
