"""Takes books: looked at first, with settings that this node can carry out, and one that is known taken up again."""

from __future__ import annotations

import asyncio
import os
import secrets
import unicodedata
from collections.abc import Awaitable, Collection, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

from swarmstt.config import Config
from swarmstt.core import events
from swarmstt.core.books import BookSettings, BookState, ChunkState, OutputOptions
from swarmstt.core.requests import AddedBook, BookOptions
from swarmstt.core.state import Book
from swarmstt.errors import SwarmError, UsageError
from swarmstt.ids import BookId
from swarmstt.node.looks import looking_ahead
from swarmstt.node.node import Node
from swarmstt.node.shelf import look_up
from swarmstt.speech.book_files import BookFiles
from swarmstt.speech.languages import language_code
from swarmstt.speech.probe import probe

T = TypeVar("T")


class Adding:
    """How books come to a node. InputError for what is no audio, UsageError for options that contradict."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def upload_folder(self) -> Path:
        """A new folder for what is being uploaded."""
        folder = self._node.folders.uploads / secrets.token_hex(8)
        folder.mkdir()
        return folder

    async def add_upload(self, folder: Path, filename: str, options: BookOptions) -> AddedBook:
        """Takes what was uploaded into that folder, which is deleted where nothing needs it."""
        added = None
        try:
            names = await asyncio.to_thread(os.listdir, folder)
            single = len(names) == 1 and await asyncio.to_thread((folder / names[0]).is_file)
            found = await look_up(str(folder / names[0]) if single else str(folder))
            # A folder with one file in it has the name of the folder. Some disks write names in another form.
            is_folder = not single or unicodedata.normalize("NFC", names[0]) != filename
            files = BookFiles(name=filename, is_folder=is_folder, files=found.files)
            added = await self.add(files, options, uploaded=True)
        finally:
            if added is None or (added.known and not self._reads_from(added.book_id, folder)):
                await asyncio.to_thread(self._node.folders.remove_upload, folder)
        return added

    def _reads_from(self, book_id: BookId, folder: Path) -> bool:
        """Whether the book's audio is in that folder: a known book whose own had gone takes the new one."""
        return any(folder in Path(source).parents for source in self._node.shelf.get(book_id).sources)

    async def add_each(self, paths: Sequence[str], options: BookOptions) -> list[AddedBook | SwarmError]:
        """Takes the books at these paths in this order; what was wrong with one stands in its place, and of one book
        under two names the first counts. While one is taken, the next ones are looked at. UsageError: no book can be
        taken with such options."""
        _language_of(options)  # before the books are looked at, which takes longer
        taken: set[BookId] = set()
        async with looking_ahead(paths) as looks:
            return [await self._take_or_say(look, options, taken) for look in looks]

    async def _take_or_say(
        self, look: Awaitable[BookFiles], options: BookOptions, taken: set[BookId]
    ) -> AddedBook | SwarmError:
        try:
            files = await self._while_warming_up(look, options)
            added = await self._take(files, options, before=taken)
        except SwarmError as error:
            return error
        taken.add(added.book_id)
        return added

    async def add(self, files: BookFiles, options: BookOptions, *, uploaded: bool = False) -> AddedBook:
        """Takes a book; one that is known goes on, is tried again, or is written once more."""
        _language_of(options)
        await self._while_warming_up(probe(files), options)
        return await self._take(files, options, uploaded=uploaded)

    async def _take(
        self, files: BookFiles, options: BookOptions, *, uploaded: bool = False, before: Collection[BookId] = ()
    ) -> AddedBook:
        """Takes a book in which there is sound; nothing is to be done for one that was taken before it."""
        node = self._node
        language = _language_of(options)
        settings = await self._settings(options, language)
        added = await node.shelf.add(files, settings, options, uploaded=uploaded, settled=before)
        if added.book_id in before:
            return added
        if added.known:
            await self._again(added.book_id)
            await self._hurry(added.book_id, options)
            return added
        await node.driver.ask(
            events.BookAdded(at=node.driver.now(), book_id=added.book_id, settings=settings, alone=options.alone)
        )
        node.reading.queue(added.book_id)
        await self._hurry(added.book_id, options)
        return added

    async def _while_warming_up(self, look: Awaitable[T], options: BookOptions) -> T:
        """What the look at a book finds. A look that fails, or is cancelled, takes the warm-up with it: left alone, it
        could begin to load a model after the node has ended all else."""
        warming_up = asyncio.ensure_future(self._warm_up(options.model or self._node.model))
        try:
            found = await look
            await warming_up
        finally:
            warming_up.cancel()
            await asyncio.gather(warming_up, return_exceptions=True)
        return found

    async def _warm_up(self, model: str) -> None:
        """Begins to load a model that this PC has. Others are fetched only once the book is known to be good."""
        if await self._node.engines.has_model(model):
            await self._node.offering.ready(model)

    async def _hurry(self, book_id: BookId, options: BookOptions) -> None:
        """Puts the book before the others, if that is wished."""
        if options.first:
            await self._node.driver.ask(events.BookHurried(at=self._node.driver.now(), book_id=book_id))
            self._node.reading.hurry(book_id)

    async def _settings(self, options: BookOptions, language: str | None) -> BookSettings:
        model = options.model or self._node.model
        model_hash = await self._node.offering.ready(model)
        if not await asyncio.to_thread(self._node.engines.is_multilingual, model_hash):
            if language not in (None, "en") or options.task == "translate":
                raise UsageError(f"The model {model} knows English only: choose another with --model.")
            language = "en"
        return BookSettings(
            model=model,
            model_hash=model_hash,
            language=language,
            task=options.task,
            initial_prompt=options.initial_prompt,
            hotwords=options.hotwords,
            beam_size=options.beam_size,
            chunk_seconds=options.chunk_seconds,
        )

    async def _again(self, book_id: BookId) -> None:
        """A book that is known was added once more: what failed is tried again, what is done is written again."""
        node, book = self._node, self._node.state.books.get(book_id)
        if book is None:
            return  # it was removed meanwhile
        if book.state is BookState.FAILED or any(c.state is ChunkState.FAILED for c in book.chunks):
            await self.retry(book)
        elif book.state is BookState.DONE:
            await node.driver.ask(events.BookRewritten(at=node.driver.now(), book_id=book_id))

    async def retry(self, book: Book) -> None:
        """Has what failed of a book tried again."""
        node, book_id = self._node, book.book_id
        await node.driver.ask(events.BookRetried(at=node.driver.now(), book_id=book_id))
        if book.state is BookState.OPEN and await node.lacks_audio(book):
            node.reading.queue(book_id)  # that passes over a book which has gone meanwhile


def usual_options(config: Config) -> BookOptions:
    """How a book is done for which nothing else is wished: as config.toml and the environment say. Its model is the
    node's, and its folder for transcripts, where none is named, that of `transcripts_dir` or its drop folder's."""
    output = OutputOptions(**_same_names(OutputOptions, config))
    folder = None if config.output_dir is None else str(config.output_dir.absolute())
    return BookOptions(**{**_same_names(BookOptions, config), "model": None, "output_dir": folder, "output": output})


def _same_names(kind: Any, config: Config) -> dict[str, Any]:
    return {each.name: getattr(config, each.name) for each in fields(kind) if hasattr(config, each.name)}


def _language_of(options: BookOptions) -> str | None:
    """The code of the language that was asked for. UsageError: there is no such language."""
    return language_code(options.language) if options.language else None
