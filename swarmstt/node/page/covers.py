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


async def find_cover(files: BookFiles) -> bytes | None:
    """Looks for a cover in and beside the files of a book, in a child."""
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

    async def cover(self, book_id: BookId) -> tuple[bytes, str] | None:
        record = next((each for each in self._library.records() if each.book_id == book_id), None)
        if record is None:
            raise NotFoundError(f"There is no book {book_id}.")
        path = self._folders.cover(book_id)
        async with self._one_at_a_time:
            content = await asyncio.to_thread(_kept, path)
            if content is None:
                content = await self._find(files_of(record)) or b""
                await asyncio.to_thread(_keep, path, content)
        kind = picture_type(content)
        return None if kind is None else (content, kind)


def _kept(path: Path) -> bytes | None:
    """Returns what is kept of a book, nothing for one without a cover; None if nobody has looked."""
    try:
        return read_regular(path)[: MOST_BYTES + 1]
    except OSError:
        return None


def _keep(path: Path, content: bytes) -> None:
    """A full disk costs another look the next time."""
    try:
        path.parent.mkdir(exist_ok=True)
        write_whole(path, content, lasting=False)
    except OSError:
        path.unlink(missing_ok=True)
