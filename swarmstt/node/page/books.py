"""The books of a node as its page shows them, and what a person does with them."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from swarmstt.core.books import BookState
from swarmstt.core.requests import AddedBook
from swarmstt.core.scheduling import events
from swarmstt.core.scheduling.state import Book
from swarmstt.errors import ConflictError, NotFoundError
from swarmstt.ids import BookId
from swarmstt.node.books.adding import Adding
from swarmstt.node.books.incoming.taking_up import TakingUp
from swarmstt.node.books.library import Library
from swarmstt.node.books.task_rows import TaskRows
from swarmstt.node.data_dir import Folders
from swarmstt.node.page.folders import show_folder
from swarmstt.node.page.views import Pace, book_view
from swarmstt.output_formats import EPUB, FORMATS
from swarmstt.swarm.links.driver import Driver
from swarmstt.web.api.views import BookView, TaskView


class BookViews:
    """What is shown of each book. `troubles` are those of this PC with models, by the model's hash."""

    def __init__(self, driver: Driver, library: Library, troubles: Mapping[str, str]) -> None:
        self._driver = driver
        self._state = driver.state
        self._library = library
        self._troubles = troubles
        self._pace = Pace()

    def find(self, book_id: BookId) -> Book:
        """Returns the book as the core knows it; NotFoundError if there is none."""
        book = self._state.books.get(book_id)
        if book is None:
            raise NotFoundError(f"There is no book {book_id}.")
        return book

    def all(self) -> list[BookView]:
        """Returns those of people; what other programs sent is theirs."""
        return [self.view(book) for book in list(self._state.books.values()) if not book.for_program]

    def unfinished(self) -> list[BookView]:
        """Returns those that are not done, and have not failed, with what other programs sent."""
        over = (BookState.DONE, BookState.FAILED)
        return [self.view(book) for book in self._state.books.values() if book.state not in over]

    def view(self, book: Book) -> BookView:
        view = book_view(self._library.get(book.book_id), book, self._pace.speed(book, self._driver.now()))
        return {**view, "reason": view["reason"] or self.why_waiting(book)}

    def measure(self, book_ids: Collection[BookId]) -> None:
        """Has the pace of these books count from when work on them begins, whether anybody looks then or not."""
        for book_id in book_ids:
            if (book := self._state.books.get(book_id)) is not None:
                self._pace.speed(book, self._driver.now())

    def waiting(self) -> dict[BookId, str | None]:
        """Returns of each book why it waits."""
        return {book_id: self.why_waiting(book) for book_id, book in self._state.books.items()}

    def why_waiting(self, book: Book) -> str | None:
        """Returns why nobody can decode an open book now; None if somebody can, or will be able to in a moment."""
        if book.state is not BookState.OPEN or any(
            helper.linked and helper.can_decode(book) for helper in self._state.helpers.values()
        ):
            return None
        return self._troubles.get(book.settings.model_hash)


class Books:
    """Implements BooksPort of the web room."""

    def __init__(
        self,
        views: BookViews,
        tasks: TaskRows,
        driver: Driver,
        adding: Adding,
        taking_up: TakingUp,
        folders: Folders,
    ) -> None:
        self._views = views
        self._tasks = tasks
        self._driver = driver
        self._adding = adding
        self._taking_up = taking_up
        self._folders = folders

    async def books(self) -> list[BookView]:
        return self._views.all()

    async def book(self, book_id: BookId) -> BookView:
        return self._views.view(self._views.find(book_id))

    async def tasks(self, book_id: BookId | None = None) -> list[TaskView]:
        if book_id is not None:
            self._views.find(book_id)
        return await self._tasks.all(book_id)

    async def transcript_file(self, book_id: BookId, format: str) -> Path:  # noqa: A002
        view = await self.book(book_id)
        if view["state"] == "failed":
            raise ConflictError(f"{view['filename']} has no transcript: {view['reason']}")
        if view["state"] != "done":
            raise ConflictError(f"The transcript is not finished: {view['percent']} % is done. Ask again later.")
        own = self._folders.finished(book_id) / f"transcript{FORMATS[format].suffix}"
        if format == EPUB:  # the one with sound, which the node keeps no copy of
            written = [Path(file["path"]) for file in view["files"] if file["format"] == EPUB]
            return await asyncio.to_thread(lambda: next((path for path in written if path.is_file()), own))
        return own

    async def set_paused(self, book_id: BookId, paused: bool) -> None:
        await self._driver.ask(events.BookPaused if paused else events.BookResumed, book_id=book_id)

    async def prioritise(self, book_id: BookId) -> None:
        self._views.find(book_id)
        await self._taking_up.prioritise(book_id)

    async def retry(self, book_id: BookId) -> None:
        book = self._views.find(book_id)
        if book.state is BookState.MERGING:
            raise ConflictError("The transcript is just being written; try again in a moment.")
        await self._taking_up.retry(book)

    async def reorder(self, book_id: BookId, places: Sequence[int]) -> AddedBook:
        if self._views.find(book_id).state is BookState.MERGING:
            raise ConflictError("The transcript is just being written; try again in a moment.")
        return await self._adding.reorder(book_id, places)

    async def transcribe_again(self, book_id: BookId, model: str) -> AddedBook:
        self._views.find(book_id)
        return await self._adding.transcribe_again(book_id, model)

    async def show_folder(self, book_id: BookId) -> None:
        files = self._views.view(self._views.find(book_id))["files"]
        if not files:
            raise ConflictError("This book has no files yet: they are written once all its parts are done.")
        await asyncio.to_thread(show_folder, Path(files[0]["path"]).parent)

    async def remove(self, book_id: BookId) -> None:
        await self._driver.ask(events.BookRemoved, book_id=book_id)
