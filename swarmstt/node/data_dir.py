"""Where a node keeps things, and the lock that keeps a second node out."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import shutil
import sys
from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import platformdirs
from filelock import FileLock, Timeout

from swarmstt.config import Config
from swarmstt.core.drop_folder.entries import TRANSCRIPTS
from swarmstt.errors import NodeHeldError, StorageError
from swarmstt.files import make_private, write_whole
from swarmstt.ids import BookId, ChunkId
from swarmstt.speech.ingest.spool_files import is_whole, remove_from_spool

logger = logging.getLogger(__name__)

DISK_RESERVE_BYTES = 256 * 2**20
"""Left free for the database and the system."""


def default_data_dir() -> Path:
    return platformdirs.user_data_path("swarmstt", appauthor=False)


def config_file() -> Path:
    return platformdirs.user_config_path("swarmstt", appauthor=False) / "config.toml"


def default_drop_folder() -> Path:
    return platformdirs.user_documents_path() / "swarmstt"


def drop_folders(config: Config) -> tuple[Path, ...]:
    """Those that a person named, or else the one in the user's documents; whole paths."""
    return tuple(each.absolute() for each in config.drop_folder or (default_drop_folder(),))


def transcripts_dir(config: Config) -> Path:
    """Where transcripts go of books for which no other folder is asked: as a whole path."""
    return (config.output_dir or drop_folders(config)[0] / TRANSCRIPTS).absolute()


@dataclass(frozen=True, slots=True)
class Folders:
    """The data folder and what is in it."""

    data_dir: Path

    def make(self) -> None:
        """Makes the data folder, if need be, and keeps this PC's other users out. OSError if it cannot be made."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        _keep_others_out(self.data_dir)

    def is_open_to_others(self) -> bool:
        """Returns True if other users of this PC may look into the data folder, as far as its system tells."""
        return sys.platform != "win32" and self.data_dir.is_dir() and bool(self.data_dir.stat().st_mode & 0o077)

    @property
    def database(self) -> Path:
        return self.data_dir / "swarmstt.sqlite"

    @property
    def running(self) -> Path:
        """Says who holds the data folder and where its page is, while a node runs."""
        return self.data_dir / "running.json"

    def spool(self, book_id: BookId) -> Path:
        """Audio of chunks that wait for a transcript."""
        return self.data_dir / "spool" / book_id

    def audio(self, chunk_id: ChunkId) -> Path:
        return self.spool(chunk_id.book_id) / f"chunk-{chunk_id.index:05d}.flac"

    def drop_audio(self, chunk_id: ChunkId) -> None:
        """Deletes a chunk's audio; where somebody still reads it (Windows) it goes with its book."""
        with suppress(OSError):
            remove_from_spool(self.audio(chunk_id))

    def is_audio_whole(self, chunk_id: ChunkId) -> bool:
        """Returns whether a chunk's audio is there, and as it was written."""
        return is_whole(self.audio(chunk_id))

    def finished(self, book_id: BookId) -> Path:
        """The node's own copy of a finished transcript."""
        return self.data_dir / "transcripts" / book_id

    def cover(self, book_id: BookId) -> Path:
        """Where a book's cover is kept; an empty file: it has none."""
        return self.data_dir / "covers" / book_id

    @property
    def log_file(self) -> Path:
        """What `up` logs, with older ones beside it."""
        return self.data_dir / "logs" / "swarmstt.log"

    @property
    def uploads(self) -> Path:
        return self.data_dir / "uploads"

    def free_bytes(self) -> int:
        """What may still be written, less a reserve."""
        return max(0, shutil.disk_usage(self.data_dir).free - DISK_RESERVE_BYTES)

    def remove_book(self, book_id: BookId) -> None:
        """Deletes all that is kept of a book, apart from what was uploaded."""
        for folder in (self.spool(book_id), self.finished(book_id)):
            shutil.rmtree(folder, ignore_errors=True)
        self.cover(book_id).unlink(missing_ok=True)

    def sweep(self, known: Collection[BookId], sources: Collection[str]) -> None:
        """Deletes what no book needs: of books that are gone, and of uploads that were cut off by a crash. An upload
        with a note is yet to become a book."""
        for kind in ("spool", "transcripts"):
            for folder in _folders_in(self.data_dir / kind):
                if folder.name not in known:
                    shutil.rmtree(folder, ignore_errors=True)
        for cover in (self.data_dir / "covers").glob("*"):
            if cover.name not in known:
                cover.unlink(missing_ok=True)
        for answer in self.uploads.glob("answer-*"):  # to a program; whoever wanted it is gone
            answer.unlink(missing_ok=True)
        for folder in _folders_in(self.uploads):
            if not note_of_upload(folder).exists() and not any(folder in Path(source).parents for source in sources):
                shutil.rmtree(folder, ignore_errors=True)

    def remove_uploads_of(self, sources: Iterable[str]) -> None:
        """Deletes the uploads that these files came with, whole; files from elsewhere are left alone."""
        for source in sources:
            for folder in Path(source).parents:
                if folder.parent == self.uploads:
                    self.remove_upload(folder)

    def remove_upload(self, path: Path) -> None:
        """Deletes an uploaded folder; anything else is left alone."""
        if self.uploads in path.parents:
            shutil.rmtree(path, ignore_errors=True)


def note_of_upload(folder: Path) -> Path:
    """Says how an uploaded folder becomes a book, while it is kept until a person has answered."""
    return folder.with_name(f"{folder.name}.json")


def _folders_in(folder: Path) -> list[Path]:
    return [each for each in folder.iterdir() if each.is_dir()] if folder.is_dir() else []


@asynccontextmanager
async def held(folders: Folders) -> AsyncIterator[None]:
    """Holds the data folder, which is made if need be: NodeHeldError, saying who has it, if another node does."""
    lock = await asyncio.to_thread(_hold, folders)
    try:
        yield
    finally:
        await asyncio.to_thread(_let_go, folders, lock)


def _hold(folders: Folders) -> FileLock:
    try:
        folders.make()
        folders.uploads.mkdir(exist_ok=True)
        lock = FileLock(folders.data_dir / "node.lock", thread_local=False)  # another thread lets it go
        lock.acquire(timeout=0)
    except Timeout:
        raise NodeHeldError(_who(folders)) from None
    except OSError as error:
        raise StorageError(f"The data folder {folders.data_dir} cannot be used: {error.strerror}.") from error
    return lock


def _let_go(folders: Folders, lock: FileLock) -> None:
    with suppress(OSError):
        folders.running.unlink(missing_ok=True)
    lock.release()


def _keep_others_out(data_dir: Path) -> None:
    """Books, transcripts and the log are no business of this PC's other users. A drive that knows no rights goes on."""
    try:
        make_private(data_dir)
    except OSError as error:
        logger.warning("%s could not be hidden from this PC's other users: %s.", data_dir, error.strerror)


def _who(folders: Folders) -> str:
    other = running_node(folders)
    who = f"process {other.pid}, page {other.url}" if other else "another process"
    return f"A node already uses {folders.data_dir} ({who}); stop it, or choose another folder with --data_dir."


@dataclass(frozen=True, slots=True)
class RunningNode:
    """A node that runs on this PC."""

    pid: int
    url: str
    gives_way: bool = False
    """It is a command's own, and ends if it is asked to."""


def announce(folders: Folders, url: str, *, gives_way: bool = False) -> None:
    """Writes where this node's page is, for the commands of this PC."""
    content = {"pid": os.getpid(), "url": url, "gives_way": gives_way}
    write_whole(folders.running, json.dumps(content).encode(), lasting=False)


def running_node(folders: Folders) -> RunningNode | None:
    """Who holds the data folder, as far as it has said; it may have died without taking that back."""
    try:
        values = json.loads(folders.running.read_text(encoding="utf-8"))
        gives_way = values.get("gives_way") is True
        return RunningNode(pid=int(values["pid"]), url=str(values["url"]), gives_way=gives_way)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return None
