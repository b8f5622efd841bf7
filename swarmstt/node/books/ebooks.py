"""The ebooks of books: looked at before anything is decoded, and kept, so that they may be written again any time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from swarmstt.core.books import BookState
from swarmstt.core.companions import EBOOK_SUFFIX, is_ebook
from swarmstt.core.ebooks.order import EbookOrder
from swarmstt.core.ebooks.report import BookEbook
from swarmstt.core.scheduling import events
from swarmstt.errors import InputError, UsageError
from swarmstt.files import TEMPORARY_SUFFIX, copy_regular
from swarmstt.ids import BookId
from swarmstt.node.books.library import Library
from swarmstt.node.data_dir import Folders
from swarmstt.speech.audio.book_files import BookFiles, printable
from swarmstt.speech.ebooks.archive import MOST_BYTES
from swarmstt.speech.ingest.probe import check_ebook
from swarmstt.swarm.links.driver import Driver

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundEbook:
    """An ebook for a book that is being added. `names`: those in it that are worth expecting. `chosen`: a person gave
    it, or it was the book's before, so it takes the place of another. `trouble`: why it cannot be used."""

    path: Path
    name: str
    names: tuple[str, ...] = ()
    chosen: bool = False
    trouble: str | None = None


class Ebooks:
    """What ebooks the books of a node have."""

    def __init__(
        self,
        library: Library,
        driver: Driver,
        folders: Folders,
        check: Callable[[Path, str], Awaitable[tuple[str, ...]]] = check_ebook,
    ) -> None:
        """`check` reads an ebook and returns the names in it; InputError if it cannot be worked with."""
        self._library = library
        self._driver = driver
        self._folders = folders
        self._check = check

    async def check(self, path: str | None, *, books: int = 1) -> None:
        """InputError, one line, for an ebook that cannot be worked with; UsageError if it is to be that of several
        books. None: there is nothing to check."""
        if path is not None and books > 1:
            raise UsageError("An ebook belongs to one book: give one book at a time with --ebook.")
        if path is not None:
            await self._check(Path(path), printable(Path(path).name))

    async def find(self, files: BookFiles, given: str | None) -> FoundEbook | None:
        """Returns the ebook for a book of these files: the one that was given, which was checked, or one that lies
        beside the audio. If that cannot be used, it says why."""
        path = Path(given) if given is not None else await asyncio.to_thread(ebook_beside, files)
        if path is None:
            return None
        found = FoundEbook(path=path, name=printable(path.name), chosen=given is not None)
        try:
            return replace(found, names=await self._check(path, found.name))
        except InputError as error:
            if found.chosen:
                raise
            return replace(found, trouble=error.message)

    async def of_before(self, book_id: BookId) -> FoundEbook | None:
        """Returns the ebook of a book, for another which is the same in another order or with another model."""
        ebook, path = self._library.get(book_id).ebook, self._path(book_id)
        if ebook is None or not await asyncio.to_thread(path.is_file):
            return None
        try:
            return FoundEbook(path=path, name=ebook.name, names=await self._check(path, ebook.name), chosen=True)
        except InputError as error:
            logger.warning("%s", error.message)
            return None

    async def take(self, book_id: BookId, found: FoundEbook | None) -> None:
        """Gives a book the ebook that was found, unless it has one that can be used and nobody chose this one. If it
        cannot be used, the book is done without it, and says why."""
        if found is None or found.path == self._path(book_id):
            return
        known = self._library.get(book_id).ebook
        if not found.chosen and known is not None and known.trouble is None:
            return
        trouble = found.trouble
        try:
            if trouble is None:
                await self._keep(book_id, found.path, found.name)
        except InputError as error:
            if found.chosen:
                raise
            trouble = error.message
        if trouble is not None:
            logger.warning("%s", trouble)
            await self._library.set_ebook(book_id, BookEbook(name=found.name, trouble=trouble))

    async def add(self, book_id: BookId, path: Path, name: str) -> None:
        """Gives a book that is there an ebook; one that is done is written again, and nothing is decoded."""
        self._library.get(book_id)
        await self._check(path, name)
        await self._keep(book_id, path, name)
        book = self._driver.state.books.get(book_id)
        if book is not None and book.state is BookState.DONE:
            await self._driver.ask(events.BookRewritten, book_id=book_id)

    def order_of(self, book_id: BookId) -> EbookOrder | None:
        """Returns the ebook with which the book is to be written; None if it has none that can be used."""
        ebook = self._library.get(book_id).ebook
        path = self._path(book_id)
        return EbookOrder(path=str(path), name=ebook.name) if ebook is not None and path.is_file() else None

    async def told(self, book_id: BookId, ebook: BookEbook | None, trouble: Sequence[str] = ()) -> None:
        """Keeps what was found of an ebook, or why the EPUB could not be written, for those who look at the book."""
        without = BookEbook(name=f"EPUB of {self._library.title(book_id)}")
        known = self._library.get(book_id).ebook
        if trouble:
            ebook = replace(ebook or without, trouble=trouble[0])
        if ebook is not None or (known is not None and known.name == without.name):  # that trouble is over
            await self._library.set_ebook(book_id, ebook)

    async def _keep(self, book_id: BookId, path: Path, name: str) -> None:
        try:
            await asyncio.to_thread(_copy, path, self._path(book_id))
        except OSError as error:
            raise InputError(f"{name} could not be read: {error.strerror or error}.") from error
        await self._library.set_ebook(book_id, BookEbook(name=name))

    def _path(self, book_id: BookId) -> Path:
        return self._folders.finished(book_id) / f"ebook{EBOOK_SUFFIX}"


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(target.name + TEMPORARY_SUFFIX)
    try:
        temporary.unlink(missing_ok=True)
        copy_regular(source, temporary, MOST_BYTES)  # it may be another file now than the one that was checked
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def ebook_beside(files: BookFiles) -> Path | None:
    """Returns the EPUB that came with the audio, that has the audio file's base name, or that is the only one in the
    folder which is the book."""
    if files.ebook is not None:
        return files.ebook
    first = files.files[0]
    try:
        if not files.is_folder:
            found = [path for path in first.parent.iterdir() if path.stem == first.stem]
        else:
            parents = {path.parent for path in files.files}
            found = [path for folder in sorted(parents) for path in folder.iterdir()]
            if len(files.paths[0]) > 1:
                top = first.parents[len(files.paths[0]) - 1]
                found += top.iterdir()
    except OSError:
        return None
    epubs = {path for path in found if is_ebook(path.name) and path.is_file()}
    return epubs.pop() if len(epubs) == 1 else None
