"""Uploads of which a person is asked whether they are one book or several: implements UndecidedPort of the web room."""

from __future__ import annotations

import asyncio
import logging
import secrets
import shutil
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from swarmstt.core.ordering.several_books import FoundBook
from swarmstt.core.requests import AddedBook, BookOptions
from swarmstt.errors import InputError, NotFoundError, StorageError, SwarmError
from swarmstt.node.books.incoming.kept_uploads import KeptUpload, keep, kept_in, let_go
from swarmstt.node.books.incoming.uploads import uploaded_book
from swarmstt.speech.audio.book_files import BookFiles
from swarmstt.speech.ingest.probe import Prober
from swarmstt.tasks import TaskSet
from swarmstt.web.books.undecided import SeveralBooksView
from swarmstt.web.incoming.upload_names import safe_name

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 600.0
"""After so long without an answer, as when the page was closed, an upload is taken as one book."""


class Uploading(Protocol):
    """How uploads become books; `Adding` does it."""

    def upload_folder(self) -> Path: ...

    async def add_upload(
        self, folder: Path, filename: str, options: BookOptions, paths: Sequence[tuple[str, ...]]
    ) -> AddedBook: ...


async def find_books(files: BookFiles, in_folder: bool) -> tuple[FoundBook, ...]:
    """Looks into the files, in a child, for the books that they are; empty for one, or if that cannot be found
    out."""
    async with Prober() as prober:
        return await prober.books_in(files, in_folder=in_folder) or ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Upload:
    folder: Path
    kept: KeptUpload
    files: BookFiles
    books: tuple[FoundBook, ...]


class Undecided:
    """Keeps such uploads until they are decided, with a note beside each, as the node may end meanwhile. `tasks`: where
    its own live."""

    def __init__(
        self,
        adding: Uploading,
        tasks: TaskSet,
        *,
        find: Callable[[BookFiles, bool], Awaitable[tuple[FoundBook, ...]]] = find_books,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._adding = adding
        self._tasks = tasks
        self._find = find
        self._patience_seconds = patience_seconds
        self._uploads: dict[str, _Upload] = {}

    async def ask(
        self,
        folder: Path,
        filename: str,
        options: BookOptions,
        paths: Sequence[tuple[str, ...]],
        *,
        in_folder: bool,
    ) -> SeveralBooksView | None:
        upload = await self._judged(folder, filename, options, paths, in_folder)
        if upload is None:
            return None
        token = secrets.token_hex(8)
        try:
            await asyncio.to_thread(keep, folder, upload.kept)
        except OSError as error:
            logger.warning("%s is not kept beyond the end of this node: %s.", filename, error.strerror)
        self._wait_for_answer(token, upload)
        names = upload.files.paths
        return {
            "upload_id": token,
            "name": filename,
            "books": [
                {"title": each.title, "files": ["/".join(names[place]) for place in each.places]}
                for each in upload.books
            ],
        }

    async def _judged(
        self, folder: Path, filename: str, options: BookOptions, paths: Sequence[tuple[str, ...]], in_folder: bool
    ) -> _Upload | None:
        try:
            files = await asyncio.to_thread(uploaded_book, folder, filename, paths)
        except InputError:
            return None  # whoever adds it says what is wrong
        if len(files.files) < 2 or files.ebook is not None:  # an ebook came with its one book
            return None
        books = await self._find(files, in_folder)
        if len(books) < 2:
            return None
        kept = KeptUpload(filename=filename, options=options, paths=tuple(paths))
        return _Upload(folder=folder, kept=kept, files=files, books=books)

    async def decide(self, upload_id: str, *, apart: bool) -> list[AddedBook | SwarmError]:
        upload = self._uploads.pop(upload_id, None)
        if upload is None:
            raise NotFoundError("That was decided already, or swarmstt was started again meanwhile: look at the books.")
        if not apart:
            return [await self._add(upload.folder, upload.kept)]
        try:
            parts = await asyncio.to_thread(self._split, upload)
        except OSError as error:
            self._wait_for_answer(upload_id, upload)
            raise StorageError(f"The files could not be put apart: {error.strerror}. Try again.") from error
        return [await self._add_or_say(*part) for part in parts]

    async def take_alone(self, kept: Iterable[tuple[Path, KeptUpload]]) -> None:
        """Takes each as one book, without a person who would hear what is wrong with it."""
        for folder, upload in kept:
            added = await self._add_or_say(folder, upload)
            if isinstance(added, SwarmError):
                logger.warning("%s", added.message)

    async def _add_or_say(self, folder: Path, upload: KeptUpload) -> AddedBook | SwarmError:
        try:
            return await self._add(folder, upload)
        except SwarmError as error:
            return error
        except OSError as error:
            return StorageError(f"{upload.filename} could not be taken: {error.strerror}.")

    async def _add(self, folder: Path, upload: KeptUpload) -> AddedBook:
        try:
            added = await self._adding.add_upload(folder, upload.filename, upload.options, upload.paths)
        except Exception:  # not if the node ends: then the next start takes it
            await asyncio.to_thread(let_go, folder)
            raise
        await asyncio.to_thread(let_go, folder)
        return added

    def _split(self, upload: _Upload) -> list[tuple[Path, KeptUpload]]:
        """Gives each book a folder of its own, as if it had been uploaded alone: each file lies there with what came
        beside it. OSError if that cannot be: then all is as it was."""
        parts: list[tuple[Path, KeptUpload]] = []
        moved: list[tuple[Path, Path]] = []
        try:
            for book in upload.books:
                folder = self._adding.upload_folder()
                paths = tuple(upload.files.paths[place] for place in book.places)
                single = upload.files.files[book.places[0]].name
                name = single if len(paths) == 1 else safe_name(book.title)
                parts.append((folder, KeptUpload(filename=name, options=upload.kept.options, paths=paths)))
                for source, target in _moves(upload.files, book, folder):
                    source.rename(target)
                    moved.append((source, target))
            for part in parts:
                keep(*part)
        except OSError:
            _undo(moved, [folder for folder, _ in parts])
            raise
        let_go(upload.folder)
        shutil.rmtree(upload.folder, ignore_errors=True)
        return parts

    def _wait_for_answer(self, token: str, upload: _Upload) -> None:
        self._uploads[token] = upload
        self._tasks.start(self._decide_later(token))

    async def _decide_later(self, token: str) -> None:
        await asyncio.sleep(self._patience_seconds)
        upload = self._uploads.pop(token, None)
        if upload is not None:  # or else a person was faster
            await self.take_alone([(upload.folder, upload.kept)])


async def take_up(adding: Uploading, tasks: TaskSet, uploads: Path) -> Undecided:
    """Returns what keeps uploads, before there are any, and begins to take those that were left there when the node
    ended last."""
    made = Undecided(adding, tasks)
    tasks.start(made.take_alone(await asyncio.to_thread(kept_in, uploads)))
    return made


def _moves(files: BookFiles, book: FoundBook, folder: Path) -> Iterator[tuple[Path, Path]]:
    """Yields what is to be moved for a book, and to where."""
    for rank, place in enumerate(book.places, start=1):
        source = files.files[place].parent
        if len(book.places) > 1:
            yield source, folder / f"{rank:05d}"
        else:
            for each in sorted(source.iterdir()):
                yield each, folder / each.name


def _undo(moved: Sequence[tuple[Path, Path]], made: Iterable[Path]) -> None:
    for source, target in reversed(moved):
        with suppress(OSError):
            target.rename(source)
    for folder in made:
        with suppress(OSError):
            let_go(folder)
            folder.rmdir()
