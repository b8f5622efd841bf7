"""Takes a recording of another program: as a book, with nothing in the way that costs time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from swarmstt.core.books import BookSettings, BookState, ChunkState
from swarmstt.core.programs.requests import FieldError, ProgramRequest
from swarmstt.core.requests import BookOptions
from swarmstt.core.scheduling import events
from swarmstt.core.scheduling.state import Book
from swarmstt.errors import ConflictError, UsageError
from swarmstt.ids import BookId
from swarmstt.node.books.library import Library
from swarmstt.speech.audio.book_files import BookFiles
from swarmstt.speech.decoding.languages import language_code
from swarmstt.swarm.links.driver import Driver

MOST_QUICK_BYTES = 32 * 2**20
"""Two minutes of sound of the largest usual kind, 24 bits at 48 kHz, are 34 MB; what is larger is read in turn with
the books."""
_ENGLISH_ONLY = (
    "The model for this knows English only: send another in the field model (/v1/models lists them), or choose another "
    "on this PC."
)
"""Whether its name is a folder of this PC, no program need know."""
_REMOVED_TRIES = 20
_REMOVED_SECONDS = 0.05


class TakesBooks(Protocol):
    """What of adding books is needed here; `Adding` does it."""

    def usual_options(self) -> BookOptions: ...

    async def settings_for(self, options: BookOptions) -> BookSettings: ...


class KnowsModels(Protocol):
    """The models of this PC by name; `Engines` has them."""

    async def model_names(self) -> list[str]: ...


class Taking:
    """Turns recordings into books. `retry` has what failed of one tried again; `read_quickly` has a small one read at
    once, `read_in_turn` any other."""

    def __init__(
        self,
        library: Library,
        driver: Driver,
        adding: TakesBooks,
        models: KnowsModels,
        *,
        retry: Callable[[Book], Awaitable[None]],
        read_quickly: Callable[[BookId], None],
        read_in_turn: Callable[[BookId], None],
    ) -> None:
        self._library = library
        self._driver = driver
        self._adding = adding
        self._models = models
        self._retry = retry
        self._read_quickly = read_quickly
        self._read_in_turn = read_in_turn

    async def take(self, folder: Path, filename: str, request: ProgramRequest) -> BookId:
        """Takes the one file in that folder; returns the book that it is, which may be known. FieldError for a
        language or a task that cannot be had."""
        [path] = await asyncio.to_thread(lambda: list(folder.iterdir()))
        files = BookFiles(name=filename, is_folder=False, files=(path,))
        settings = await self._settings(request)
        for _ in range(_REMOVED_TRIES):
            added = await self._library.add_for_program(files, settings)
            if not added.known:
                await self._driver.ask(events.BookAdded, book_id=added.book_id, settings=settings, for_program=True)
                size = await asyncio.to_thread(lambda: path.stat().st_size)
                (self._read_quickly if size <= MOST_QUICK_BYTES else self._read_in_turn)(added.book_id)
                return added.book_id
            book = self._driver.state.books.get(added.book_id)
            if book is not None:
                await self._again(book, files)
                return added.book_id
            await asyncio.sleep(_REMOVED_SECONDS)  # it is being removed: then it is new
        raise ConflictError

    async def _settings(self, request: ProgramRequest) -> BookSettings:
        languages = _codes(request)
        try:
            settings = await self._adding.settings_for(await self._options(request))
        except UsageError as error:
            raise FieldError(_ENGLISH_ONLY, "language" if request.language else "model") from error
        return settings if settings.decode.language else replace(settings, languages=languages)

    async def _options(self, request: ProgramRequest) -> BookOptions:
        """A model that this PC does not have means its own: programs send such as whisper-1."""
        usual = self._adding.usual_options()
        wanted = request.model if request.model in await self._models.model_names() else usual.model
        decode = replace(
            usual.decode,
            language=request.language or usual.decode.language,
            task=request.task,
            initial_prompt=request.prompt or usual.decode.initial_prompt,
            hotwords=request.hotwords or usual.decode.hotwords,
        )
        return replace(usual, model=wanted, decode=decode)

    async def _again(self, book: Book, files: BookFiles) -> None:
        """What has failed is tried again, and audio that has gone is there again. No program changes a person's book:
        that stays as it is."""
        if not self._library.get(book.book_id).for_program:
            return
        await self._library.moved(book.book_id, files)
        if book.state is BookState.FAILED or any(chunk.state is ChunkState.FAILED for chunk in book.chunks):
            await self._retry(book)

    def is_programs(self, book: Book) -> bool:
        """Returns whether only programs have the book. The library knows first that a person added it too."""
        return book.for_program and any(
            each.book_id == book.book_id for each in self._library.records() if each.for_program
        )

    def folder_of(self, book_id: BookId) -> Path | None:
        """Returns the folder that a program's recording lies in; None for a person's book."""
        for each in self._library.records():
            if each.book_id == book_id and each.for_program:
                return Path(each.sources[0]).parent
        return None

    def reads_from(self, folder: Path) -> bool:
        """Returns whether some book's audio is in that folder."""
        return any(folder in Path(source).parents for each in self._library.records() for source in each.sources)


def _codes(request: ProgramRequest) -> tuple[str, ...] | None:
    """Returns the languages that the recording may be in; None if it may be any. FieldError for what is no language."""
    if request.language:
        _code(request.language, "language")
    return tuple(sorted({_code(each, "languages") for each in request.languages})) or None


def _code(language: str, param: str) -> str:
    try:
        return language_code(language)
    except UsageError as error:
        raise FieldError(error.message, param) from error
