"""Makes books of what is complete in the drop folders, and finds those that are known in another place."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from swarmstt.core.books import BookState
from swarmstt.core.drop_folder.drop_table import RETRY_SECONDS, Drop, DropTable, Place
from swarmstt.core.drop_folder.entries import TRANSCRIPTS
from swarmstt.core.requests import AddedBook, BookOptions
from swarmstt.core.scheduling.book_events import what_to_do_again
from swarmstt.core.scheduling.state import State
from swarmstt.errors import InputError, SwarmError
from swarmstt.ids import BookId
from swarmstt.node.books.library import Library
from swarmstt.node.books.looking_up import look_up
from swarmstt.node.drop_folder.scan import Writers
from swarmstt.speech.audio.book_files import BookFiles, printable
from swarmstt.storage.drops import DropRows

logger = logging.getLogger(__name__)

BATCH_SECONDS = 10.0
"""After so long what has come meanwhile is looked at too, however many things are ready."""


class AddingPort(Protocol):
    """How books come to the node."""

    async def add_path(self, path: str, options: BookOptions) -> AddedBook: ...


class BooksPort(Protocol):
    """What the node does with the books that it has."""

    async def retry(self, book_id: BookId) -> None: ...

    async def remove(self, book_id: BookId) -> None: ...


class Intake:
    """Carries out what the table of drops decides. `options`: how the books are done; where their transcripts go is
    decided here."""

    def __init__(
        self,
        table: DropTable,
        rows: DropRows,
        *,
        library: Library,
        state: State,
        adding: AddingPort,
        books: BooksPort,
        options: BookOptions,
        clock: Callable[[], float],
        settle_seconds: float,
        retry_seconds: float = RETRY_SECONDS,
    ) -> None:
        self._table, self._rows = table, rows
        self._library, self._state = library, state
        self._adding, self._books = adding, books
        self._options = options
        self._clock = clock
        self._settle_seconds = settle_seconds
        self._retry_seconds = retry_seconds
        self._lock = asyncio.Lock()

    def reason_of(self, book_id: BookId) -> str | None:
        """Returns why a book failed; None if it did not."""
        book = self._state.books.get(self._library.current(book_id))
        return book.reason or "it failed." if book is not None and book.state is BookState.FAILED else None

    async def take(self, ready: list[tuple[Place, str]]) -> str | None:
        """Takes these, each with its signature, as many as there is time for before the folder is looked into again.
        A sentence if one had to be put off through no fault of its own."""
        writers, until, trouble = await asyncio.to_thread(Writers), self._clock() + BATCH_SECONDS, None
        for place, signature in ready:
            trouble = await self._take(place, signature, writers) or trouble
            if self._clock() >= until:
                break
        return trouble

    async def _take(self, place: Place, signature: str, writers: Writers) -> str | None:
        try:
            if await asyncio.to_thread(writers.has, Path(place.folder, place.name)):
                self._table.put_off(place, self._clock() + self._settle_seconds)
            else:
                await self._take_or_refuse(place, signature)
        except (SwarmError, OSError) as error:
            trouble = f"{printable(place.name)} cannot be taken now: {error}"
            logger.warning("%s", trouble)
            self._table.put_off(place, self._clock() + self._retry_seconds)
            return trouble
        return None

    async def _take_or_refuse(self, place: Place, signature: str) -> None:
        path, mark = Path(place.folder, place.name), None
        try:
            files = await look_up(str(path))
            mark = await self._library.mark_of(files)
            async with self._lock:
                await self._make_book(place, signature, files, mark)
        except (InputError, PermissionError) as error:
            if await asyncio.to_thread(path.exists):
                reason = error.message if isinstance(error, InputError) else f"It may not be read: {error.strerror}."
                await self._refuse(place, signature, reason, mark)

    async def _refuse(self, place: Place, signature: str, reason: str, mark: str | None) -> None:
        before = self._table.at(place)
        drop = self._table.refused(place, signature, reason, self._clock(), mark)
        if drop != before:
            await self._rows.put(drop)

    async def _make_book(self, place: Place, signature: str, files: BookFiles, mark: str) -> None:
        before, book_id = self._table.at(place), self._table.book_of(mark)
        if book_id is None:
            folder = self._options.output_dir or str(Path(place.folder, TRANSCRIPTS))
            options = replace(self._options, output_dir=folder)
            added = await self._adding.add_path(str(Path(place.folder, place.name)), options)
            book_id = added.book_id
            if not added.known and not files.is_zipped:
                mark = self._library.get(book_id).fingerprint
            logger.info("%s was found in the drop folder.", files.name)
        else:
            await self._again(book_id, files)
        await self._rows.put(self._table.took(place, signature, mark, book_id))
        if before is not None and before.book_id is not None and before.book_id != book_id:
            await self._supersede(before, before.book_id)

    async def _again(self, book_id: BookId, files: BookFiles) -> None:
        """Takes up a known book that was found: perhaps it was moved, or could not be read where it was, or a person
        gives it again since words are missing."""
        book_id = self._library.current(book_id)
        book = self._state.books.get(book_id)
        if book is None:
            logger.info("%s was given before, and its book removed: it is not done again.", files.name)
            return
        await self._library.moved(book_id, files)
        if what_to_do_again(book) == "retry":
            await self._books.retry(book_id)

    async def came_back(self, drop: Drop, *, is_given: bool) -> None:
        """Tries again what is there now as it was: what failed while it was away with its folder or drive, and what a
        person put back."""
        if drop.book_id is None or not (is_given or self.reason_of(drop.book_id)):
            return
        book = self._state.books.get(self._library.current(drop.book_id))
        if book is None or what_to_do_again(book) != "retry":
            return  # its files need not be read to know that
        with suppress(SwarmError):  # it has just gone, or was removed
            files = await look_up(str(Path(drop.place.folder, drop.place.name)))
            await self._again(drop.book_id, files)

    async def _supersede(self, old: Drop, book_id: BookId) -> None:
        """Removes the unfinished book of a file that was changed in place: of what it was before none can be
        finished."""
        book_id = self._library.current(book_id)
        book = self._state.books.get(book_id)
        if book is None or book.state in (BookState.DONE, BookState.MERGING) or self._table.is_elsewhere(old):
            return
        place = Path(old.place.folder, old.place.name)
        sources = [Path(source) for source in self._library.get(book_id).sources]
        if all(source == place or place in source.parents for source in sources):
            await self._books.remove(book_id)
            self._table.forget_book(book_id)  # no person did not want it: what it was may be put back
