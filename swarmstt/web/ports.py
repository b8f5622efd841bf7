"""What the page and its API need of the node. The node implements it; tests have a fake."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from swarmstt.core.requests import AddedBook, BookOptions, GuestTranscript
from swarmstt.ids import BookId

Change = dict[str, Any]
"""One change for the live page: {"type": "book" | "task" | "removed" | "node" | "told", …}."""


class NodePort(Protocol):
    """All dictionaries are ready for JSON. Errors are those of swarmstt.errors: NotFoundError for what does not
    exist, ConflictError for what cannot be done now, InputError for what cannot be transcribed, TooLargeError for
    what does not fit on the disk."""

    def status(self) -> dict[str, Any]:
        """The row `/status` of the contract."""

    async def books(self) -> list[dict[str, Any]]:
        """All books, oldest first: book_id, filename, title, author, state, reason, language, model, duration,
        percent, remaining_seconds, speed, chapters, gaps, files, added_at, completed_at."""

    async def book(self, book_id: BookId) -> dict[str, Any]:
        """One of them."""

    async def tasks(self, book_id: BookId | None = None) -> list[dict[str, Any]]:
        """The row `/tasks` of the contract; `start` and `end` in seconds of the book come in addition."""

    async def add_paths(self, paths: list[str], options: BookOptions) -> list[AddedBook]:
        """Takes files or folders of this PC, each as a book."""

    def free_bytes(self) -> int:
        """How much an upload may have: what the data folder's disk has free, less a reserve."""

    def upload_folder(self) -> Path:
        """A new, empty folder on the data folder's disk for the files of one upload."""

    async def add_upload(self, folder: Path, filename: str, options: BookOptions) -> AddedBook:
        """Takes what was uploaded there as one book called `filename`; the folder is the node's from now on, also
        where this raises."""

    async def transcript_file(self, book_id: BookId, format: str) -> Path:  # noqa: A002
        """The finished transcript in that format, with word times in the JSON. ConflictError, with the progress in
        its message, while it is unfinished."""

    async def pause(self, book_id: BookId) -> None: ...

    async def resume(self, book_id: BookId) -> None: ...

    async def retry(self, book_id: BookId) -> None: ...

    async def remove(self, book_id: BookId) -> None: ...

    async def pause_helping(self) -> None: ...

    async def resume_helping(self) -> None: ...

    async def register_guest(self, worker_id: str, hostname: str) -> None: ...

    async def guest_heartbeat(self, worker_id: str) -> None: ...

    async def guest_progress(self, worker_id: str, task_id: str, progress: float | None) -> None: ...

    async def next_task(self, worker_id: str) -> dict[str, Any] | None:
        """A leased chunk for a guest, in the shape of `/tasks/next`; None if there is nothing to do now."""

    async def complete_task(
        self, task_id: str, worker_id: str, transcript: GuestTranscript, processing_seconds: float
    ) -> None:
        """Takes a guest's result. The same again changes nothing. NotFoundError for an unknown task; InputError for
        a transcript that makes no sense, or from a guest that never had the task."""

    async def chunk_audio(self, filename: str) -> Path:
        """The audio of a chunk by the last part of its chunk_path; NotFoundError where it is none or is done."""

    def subscribe(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        """Has `listener` called with each change, on the event loop; call what is returned to end that."""
