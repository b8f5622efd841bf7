"""Uploads of which a person is asked whether they are one book or several: implements UndecidedPort of the web room."""

from __future__ import annotations

import asyncio
import logging
import secrets
import shutil
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from swarmstt.core.ordering.several_books import FoundBook
from swarmstt.core.requests import AddedBook, BookOptions
from swarmstt.errors import InputError, NotFoundError, SwarmError
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
    """Looks into the files, in a child, for the books that they are; empty for one."""
    async with Prober() as prober:
        return await prober.books_in(files, in_folder=in_folder)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Upload:
    folder: Path
    filename: str
    options: BookOptions
    paths: tuple[tuple[str, ...], ...]
    files: BookFiles
    books: tuple[FoundBook, ...]


class Undecided:
    """Keeps such uploads until they are decided. `tasks`: where its own live."""

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
        self._uploads[token] = upload
        self._tasks.start(self._decide_later(token))
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
        return _Upload(folder=folder, filename=filename, options=options, paths=tuple(paths), files=files, books=books)

    async def decide(self, upload_id: str, *, apart: bool) -> list[AddedBook | SwarmError]:
        upload = self._uploads.pop(upload_id, None)
        if upload is None:
            raise NotFoundError("That was decided already, or swarmstt was started again meanwhile: look at the books.")
        if not apart:
            return [await self._adding.add_upload(upload.folder, upload.filename, upload.options, upload.paths)]
        parts = await asyncio.to_thread(self._split, upload)
        return [await self._add(*part, upload.options) for part in parts]

    async def _add(
        self, folder: Path, filename: str, paths: Sequence[tuple[str, ...]], options: BookOptions
    ) -> AddedBook | SwarmError:
        try:
            return await self._adding.add_upload(folder, filename, options, paths)
        except SwarmError as error:
            return error

    def _split(self, upload: _Upload) -> list[tuple[Path, str, list[tuple[str, ...]]]]:
        """Gives each book a folder of its own, as if it had been uploaded alone: each file lies there with what came
        beside it."""
        parts = []
        for book in upload.books:
            folder = self._adding.upload_folder()
            paths = [upload.files.paths[place] for place in book.places]
            for rank, place in enumerate(book.places, start=1):
                source = upload.files.files[place].parent
                if len(book.places) > 1:
                    source.rename(folder / f"{rank:05d}")
                    continue
                for each in source.iterdir():
                    each.rename(folder / each.name)
            single = upload.files.files[book.places[0]].name
            parts.append((folder, single if len(paths) == 1 else safe_name(book.title), paths))
        shutil.rmtree(upload.folder, ignore_errors=True)
        return parts

    async def _decide_later(self, token: str) -> None:
        await asyncio.sleep(self._patience_seconds)
        try:
            taken = await self.decide(token, apart=False)
        except NotFoundError:
            return  # a person was faster
        for each in taken:
            if isinstance(each, SwarmError):
                logger.warning("%s", each.message)
