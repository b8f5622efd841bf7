"""A node as the page and its API see it, without audio, peers or disk but for one folder."""

from __future__ import annotations

import asyncio
import copy
import itertools
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from swarmstt.codec import to_plain
from swarmstt.core.edits import WantedChapter, edited_chapters
from swarmstt.core.requests import AddedBook, BookOptions, GuestTranscript
from swarmstt.errors import ConflictError, InputError, NotFoundError, SwarmError
from swarmstt.ids import BookId
from swarmstt.output_formats import FORMATS
from swarmstt.phrases import OF_CLUSTER_WORKERS, headline
from swarmstt.web.api.cluster_views import ClusterWorkerView
from swarmstt.web.api.ports import Ports
from swarmstt.web.api.status_views import Change, NodeView, StatusView, WorkerView
from swarmstt.web.api.views import BookView, GuestTaskView, HolderView, TaskCounts, TaskView
from swarmstt.web.books.undecided import FoundBookView, SeveralBooksView

OWN, ANNA, BEN = "a" * 64, "b" * 64, "c" * 64
WORKER_NAMES = {OWN: "Desk PC", ANNA: "Anna's laptop", BEN: "Ben's PC"}


def book(book_id: str, **fields: Any) -> Any:
    """A book as the port describes it, with these fields set."""
    made: BookView = {
        "book_id": book_id,
        "filename": f"{book_id}.mp3",
        "folder": None,
        "title": "The Time Machine",
        "author": "H. G. Wells",
        "narrator": None,
        "series": None,
        "audio_files": [f"{book_id}.mp3"],
        "order_by": "names",
        "left_out": [],
        "state": "open",
        "paused": False,
        "reason": None,
        "language": "en",
        "model": "base",
        "model_choice": None,
        "task": "transcribe",
        "duration": 3600.0,
        "read_whole": True,
        "percent": 0.0,
        "remaining_seconds": None,
        "speed": None,
        "tasks": {"total": 0, "completed": 0, "in_progress": 0, "pending": 0, "failed": 0, "percent": 0.0},
        "chapters": [],
        "chapters_edited": False,
        "gaps": [],
        "wordless": 0,
        "notes": [],
        "ebook": None,
        "names": [],
        "respelled": {},
        "files": [],
        "added_at": "2024-01-15T10:00:00+00:00",
        "completed_at": None,
    }
    return {**made, **fields}


def task(book_id: str, index: int, status: Any = "pending", **fields: Any) -> Any:
    """A chunk of 300 seconds as the port describes it, with these fields set."""
    worker_id = fields.get("worker_id")
    made: TaskView = {
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
        "leased_at": None,
        "ended_at": None,
        "leases": 0 if status == "pending" else 1,
        "others": [],
        "model": None,
        "device": None,
        "compute_type": None,
        "engine": None,
    }
    return {**made, **fields}


def other(worker_id: str, parting: Any) -> HolderView:
    """One that had a chunk in vain, or has it too, as the port describes it."""
    return {"worker_id": worker_id, "worker_name": WORKER_NAMES[worker_id], "parting": parting}


def worker(worker_id: str, **fields: Any) -> Any:
    """A worker as the port describes it, with these fields set."""
    made: WorkerView = {
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
        "cluster": None,
    }
    return {**made, **fields}


def cluster(**fields: Any) -> Any:
    """A cluster of two workers, one of which is of no use, as the port describes it, with these fields set."""
    made: WorkerView = worker("cluster", name="Cluster tls://scheduler:8786", kind="cluster", state="working")
    good: ClusterWorkerView = {
        "name": "node17",
        "address": "tls://10.0.0.17:4000",
        "threads": 4,
        "slots": 4,
        "state": "working",
        "version": "0.1",
        "engine": "ctranslate2 4.8.1",
        "device": "cpu",
        "doing": [{"title": "Emma", "progress": 0.25}],
        "reason": None,
    }
    bad: ClusterWorkerView = {**good, "name": "node18", "address": "tls://10.0.0.18:4000", "slots": 0}
    bad |= {"state": "not_used", "version": None, "engine": None, "device": None, "doing": []}
    bad["reason"] = OF_CLUSTER_WORKERS["no_swarmstt"]
    made["cluster"] = {
        "address": "tls://scheduler:8786",
        "worker_count": 2,
        "usable_count": 1,
        "threads": 8,
        "workers": [good, bad],
    }
    return {**made, **fields}


def _contents(folder: Path) -> dict[str, bytes]:
    """All files in a folder, by their paths in it, in order; the folder is gone afterwards."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    contents = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    shutil.rmtree(folder)
    return contents


class FakeNode:
    """Implements StatusPort, BooksPort, AddingPort, UndecidedPort, EditsPort and GuestsPort. Tests set its attributes,
    and read `calls` for what was asked of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.free = 10**9
        self.calls: list[tuple[Any, ...]] = []
        self.known_books: dict[str, BookView] = {}
        self.known_tasks: dict[str, TaskView] = {}
        self.workers: list[WorkerView] = [worker(OWN)]
        self.peers: list[Any] = []
        self.node: NodeView = {
            "node_id": OWN,
            "swarm_address": None,
            "name": "Desk PC",
            "state": "idle",
            "headline": "",
            "helping": True,
            "no_helping": False,
            "no_discovery": False,
            "helping_others": True,
            "why_not_helping": None,
            "paused_until": None,
            "helping_with": [],
            "model": "base",
            "newer_version": None,
            "fetching": None,
            "device": "CPU",
            "drop_folder": "/home/ada/Audiobooks",
            "drop_folders": [],
            "transcripts": "/home/ada/Audiobooks/Transcripts",
            "twin": None,
            "troubles": [],
        }
        self.programs: str | None = None
        self.usual = BookOptions()
        self.several: list[FoundBookView] | None = None
        self.undecided: tuple[Path, str, BookOptions, Sequence[tuple[str, ...]]] | None = None
        self.next: GuestTaskView | None = None
        self.raises: Exception | None = None
        self.listeners: set[Callable[[Change], None]] = set()
        self._numbers = itertools.count(1)

    @property
    def ports(self) -> Ports:
        return Ports(status=self, books=self, adding=self, guests=self)

    def _called(self, *call: Any) -> None:
        self.calls.append(call)
        if self.raises is not None:
            raise self.raises

    def tell(self, change: Change) -> None:
        for listener in list(self.listeners):
            listener(copy.deepcopy(change))

    def put_book(self, value: BookView) -> None:
        self.known_books[value["book_id"]] = value
        self.tell({"type": "book", "book": value})

    def put_task(self, value: TaskView) -> None:
        self.known_tasks[value["id"]] = value
        self.tell({"type": "task", "task": value})

    def tell_node(self) -> None:
        self.tell({"type": "node", "status": self.status()})

    def status(self) -> StatusView:
        statuses = [each["status"] for each in self.known_tasks.values()]
        completed = statuses.count("completed")
        tasks: TaskCounts = {
            "total": len(statuses),
            "completed": completed,
            "in_progress": statuses.count("in_progress"),
            "pending": statuses.count("pending"),
            "failed": statuses.count("failed"),
            "percent": 100 * completed / len(statuses) if statuses else 0.0,
        }
        return {
            "node": {**self.node, "headline": headline(self.node, self.workers, list(self.known_books.values()))},
            "tasks": tasks,
            "workers": self.workers,
            "peers": self.peers,
            "door": {
                "open": False,
                "seconds_left": 0,
                "joining": [],
                "alone": False,
                "removed": False,
                "declined": False,
                "barred": False,
                "advice": None,
            },
            "formats": [{"name": each.name, "label": each.label} for each in FORMATS.values()],
            "programs": self.programs,
            "version": "0.0.0",
        }

    async def books(self) -> list[BookView]:
        self._called("books")
        return list(self.known_books.values())

    async def book(self, book_id: BookId) -> BookView:
        if book_id not in self.known_books:
            raise NotFoundError("There is no such book.")
        return self.known_books[book_id]

    async def tasks(self, book_id: BookId | None = None) -> list[TaskView]:
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

    async def add_upload(
        self, folder: Path, filename: str, options: BookOptions, paths: Sequence[tuple[str, ...]]
    ) -> AddedBook:
        files = await asyncio.to_thread(_contents, folder)
        self._called("add_upload", files, filename, options)
        return self._added(filename)

    async def ask(
        self, folder: Path, filename: str, options: BookOptions, paths: Sequence[tuple[str, ...]], *, in_folder: bool
    ) -> SeveralBooksView | None:
        self._called("ask", list(paths), in_folder)
        if self.several is None:
            return None
        self.undecided = (folder, filename, options, paths)
        return {"upload_id": "u1", "name": filename, "books": self.several}

    async def decide(self, upload_id: str, *, apart: bool) -> list[AddedBook | SwarmError]:
        if self.undecided is None or upload_id != "u1":
            raise NotFoundError("That was decided already.")
        self._called("decide", apart)
        given, self.undecided = self.undecided, None
        if not apart:
            return [await self.add_upload(*given)]
        return [self._added(each["files"][0]) for each in self.several or ()]

    async def add_ebook(self, book_id: BookId, path: Path, name: str) -> None:
        found = await self.book(book_id)
        self._called("add_ebook", book_id, await asyncio.to_thread(path.read_bytes), name)
        self.put_book({**found, "ebook": {"name": name, "trouble": None, "report": None}})

    async def set_chapters(self, book_id: BookId, chapters: Sequence[WantedChapter] | None) -> None:
        found = await self.book(book_id)
        self._called("set_chapters", book_id, chapters)
        given = edited_chapters(chapters or (), (), found["duration"] or 0.0)
        self.put_book({**found, "chapters": to_plain(given), "chapters_edited": chapters is not None})

    async def set_respellings(self, book_id: BookId, wanted: Mapping[str, str]) -> None:
        found = await self.book(book_id)
        self._called("set_respellings", book_id, wanted)
        names = [each for each in found["names"] if not set(wanted) & {other["name"] for other in each["others"]}]
        self.put_book({**found, "respelled": dict(wanted), "names": names})

    async def transcript_file(self, book_id: BookId, format: str) -> Path:  # noqa: A002
        found = await self.book(book_id)
        if found["state"] != "done":
            raise ConflictError(f"This book is not finished: {found['percent']:.0f} % is done.")
        return self.folder / f"{found['title']}.{format}"

    async def set_paused(self, book_id: BookId, paused: bool) -> None:
        self.put_book({**await self.book(book_id), "paused": paused})
        self._called("set_paused", book_id, paused)

    async def reorder(self, book_id: BookId, places: Sequence[int]) -> AddedBook:
        found = await self.book(book_id)
        self._called("reorder", book_id, list(places))
        self.put_book({**found, "audio_files": [found["audio_files"][place] for place in places], "order_by": "given"})
        return AddedBook(book_id=book_id, filename=found["filename"], given=found["filename"])

    async def prioritise(self, book_id: BookId) -> None:
        await self.book(book_id)
        self._called("prioritise", book_id)

    async def transcribe_again(self, book_id: BookId, model: str) -> AddedBook:
        found = await self.book(book_id)
        self._called("transcribe_again", book_id, model)
        added = self._added(found["filename"])
        self.put_book({**found, "book_id": added.book_id, "model": model})
        return added

    async def show_folder(self, book_id: BookId) -> None:
        await self.book(book_id)
        self._called("show_folder", book_id)

    async def retry(self, book_id: BookId) -> None:
        found = await self.book(book_id)
        tasks: TaskCounts = {
            **found["tasks"],
            "failed": 0,
            "pending": found["tasks"]["pending"] + found["tasks"]["failed"],
        }
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

    def shut_down(self, *, finish: bool) -> None:
        self._called("shut_down", finish)

    def _set_helping(self, *, helping: bool) -> None:
        self.node = {**self.node, "helping": helping, "state": "idle" if helping else "paused"}
        self.tell_node()

    async def register(self, worker_id: str, hostname: str) -> None:
        self._called("register", worker_id, hostname)

    async def heartbeat(self, worker_id: str) -> None:
        self._called("heartbeat", worker_id)

    async def progress(self, worker_id: str, task_id: str, progress: float | None) -> None:
        self._called("progress", worker_id, task_id, progress)

    async def next_task(self, worker_id: str) -> GuestTaskView | None:
        self._called("next_task", worker_id)
        return self.next

    async def complete(self, task_id: str, worker_id: str, given: GuestTranscript, processing_seconds: float) -> None:
        self._called("complete", task_id, worker_id, given, processing_seconds)

    async def audio(self, filename: str) -> Path:
        self._called("audio", filename)
        path = self.folder / filename
        if not await asyncio.to_thread(path.is_file):
            raise NotFoundError("There is no such chunk.")
        return path

    def subscribe(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        self.listeners.add(listener)
        return lambda: self.listeners.discard(listener)
