"""The covers of books, as the page shows them: each is looked for once, in a child, and kept in the data folder."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from swarmstt.core.pictures import MOST_BYTES, picture_type
from swarmstt.errors import NotFoundError
from swarmstt.files import read_regular, write_whole
from swarmstt.ids import BookId
from swarmstt.node.books.library import Library
from swarmstt.node.books.reordering import files_of
from swarmstt.node.data_dir import Folders
from swarmstt.speech.audio.book_files import BookFiles
from swarmstt.speech.ingest.probe import Prober
from swarmstt.storage.rows import BookRecord


async def find_cover(files: BookFiles) -> bytes | None:
    """Looks for a cover in and beside the files of a book, in a child: empty if there is none, None if that could not
    be found out."""
    async with Prober() as prober:
        return await prober.cover(files)


class Covers:
    """Implements CoversPort of the web room."""

    def __init__(
        self,
        library: Library,
        folders: Folders,
        *,
        find: Callable[[BookFiles], Awaitable[bytes | None]] = find_cover,
    ) -> None:
        self._library = library
        self._folders = folders
        self._find = find
        self._one_at_a_time = asyncio.Lock()
        self._not_found_out: set[BookId] = set()
        """They are looked for again after the next start: a file that ends the child would end each."""

    async def cover(self, book_id: BookId) -> tuple[bytes, str] | None:
        record = next((each for each in self._library.records() if each.book_id == book_id), None)
        if record is None:
            raise NotFoundError(f"There is no book {book_id}.")
        path = self._folders.cover(book_id)
        async with self._one_at_a_time:
            content = await asyncio.to_thread(_kept, path)
            if content is None:
                content = await self._look(record, path)
        kind = picture_type(content)
        return None if kind is None else (content, kind)

    async def _look(self, record: BookRecord, path: Path) -> bytes:
        """Looks for a cover, and keeps what was found; that there is none only if all files of the book could be looked
        into, for their drive may come back."""
        if record.book_id in self._not_found_out or not any(await asyncio.to_thread(_are_there, record)):
            return b""
        content = await self._find(files_of(record))
        if content is None:
            self._not_found_out.add(record.book_id)
        elif content or all(await asyncio.to_thread(_are_there, record)):
            await asyncio.to_thread(_keep, path, content)
        return content or b""


def _are_there(record: BookRecord) -> list[bool]:
    return [Path(source).exists() for source in record.sources]


def _kept(path: Path) -> bytes | None:
    """Returns what is kept of a book, nothing for one without a cover; None if nobody has looked."""
    try:
        return read_regular(path, MOST_BYTES)
    except OSError:
        return None


def _keep(path: Path, content: bytes) -> None:
    """A full disk costs another look the next time."""
    try:
        path.parent.mkdir(exist_ok=True)
        write_whole(path, content, lasting=False)
    except OSError:
        path.unlink(missing_ok=True)
