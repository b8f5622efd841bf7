"""Takes books: probed first, with settings that this node can carry out, and one that is known taken up again."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol, TypeVar

from swarmstt.config import Config
from swarmstt.core.books import BookSettings
from swarmstt.core.edits import BookEdits
from swarmstt.core.requests import AddedBook, BookOptions
from swarmstt.core.scheduling import events
from swarmstt.errors import SwarmError
from swarmstt.ids import BookId
from swarmstt.node.books.ebooks import Ebooks, FoundEbook, ebook_beside
from swarmstt.node.books.incoming.taking_up import TakingUp
from swarmstt.node.books.incoming.unpacking import unpacked
from swarmstt.node.books.incoming.uploads import uploaded_book
from swarmstt.node.books.ingest_queue import IngestQueue
from swarmstt.node.books.library import Library
from swarmstt.node.books.looking_up import in_order, look_up, one_book, unreadable
from swarmstt.node.books.probing import probing_ahead
from swarmstt.node.books.reordering import files_of, options_of, reordered
from swarmstt.node.books.usual_options import usual_options
from swarmstt.node.data_dir import Folders
from swarmstt.speech.audio.book_files import BookFiles
from swarmstt.speech.decoding.languages import language_code
from swarmstt.speech.ingest.probe import probe as probe_one
from swarmstt.swarm.links.driver import Driver

T = TypeVar("T")


class DecidesSettings(Protocol):
    """Decides what books are decoded with; `Deciding` does."""

    async def warm_up(self, options: BookOptions) -> None: ...

    async def settings_for(self, options: BookOptions, files: BookFiles | None = None) -> BookSettings: ...


class Adding:
    """How books come to a node: implements AddingPort of the web room. InputError for what is not audio, UsageError for
    options that contradict."""

    def __init__(
        self,
        config: Config,
        folders: Folders,
        *,
        library: Library,
        driver: Driver,
        ingest_queue: IngestQueue,
        taking_up: TakingUp,
        deciding: DecidesSettings,
        ebooks: Ebooks,
        probe: Callable[[BookFiles], Awaitable[None]] = probe_one,
        reads_soon: Callable[[], None] = lambda: None,
    ) -> None:
        """`reads_soon` is called when books begin to be probed: they are read right after."""
        self._usual = usual_options(config)
        self._folders = folders
        self._library = library
        self._driver = driver
        self._ingest_queue = ingest_queue
        self._taking_up = taking_up
        self._deciding = deciding
        self._ebooks = ebooks
        self._probe = probe
        self._reads_soon = reads_soon

    def usual_options(self) -> BookOptions:
        return self._usual

    def free_bytes(self) -> int:
        return self._folders.free_bytes()

    def upload_folder(self) -> Path:
        folder = self._folders.uploads / secrets.token_hex(8)
        folder.mkdir()
        return folder

    async def add_upload(
        self, folder: Path, filename: str, options: BookOptions, paths: Sequence[tuple[str, ...]]
    ) -> AddedBook:
        """Takes what was uploaded into that folder, which is deleted where nothing needs it; if the node ends meanwhile
        it is left to the next start. `paths`: what the files were called, in their order there."""
        try:
            files = await asyncio.to_thread(uploaded_book, folder, filename, paths)
            added = await self.add(await in_order(files), options, uploaded=True)
        except Exception:
            await asyncio.to_thread(self._folders.remove_upload, folder)
            raise
        if not self._reads_from(added.book_id, folder):
            await asyncio.to_thread(self._folders.remove_upload, folder)
        elif files.ebook is not None:  # the node has a copy of its own
            await asyncio.to_thread(files.ebook.unlink, missing_ok=True)
        return added

    def _reads_from(self, book_id: BookId, folder: Path) -> bool:
        """Returns whether the book's audio is in that folder: a known book whose own had gone takes the new one."""
        return any(folder in Path(source).parents for source in self._library.get(book_id).sources)

    async def add_paths(self, paths: list[str], options: BookOptions) -> list[AddedBook | SwarmError]:
        """Takes the books at these paths in this order; what was wrong with one stands in its place, and of one book
        under two names the first counts. With `one_book` they are one, and so is the answer. While one is taken, the
        next ones are probed. UsageError: no book can be taken with such options."""
        _check_language(options)  # before the books are probed, which takes longer
        await self._ebooks.check(options.ebook, books=1 if options.one_book else len(paths))
        if options.one_book:
            try:
                return [await self.add(one_book([await look_up(path) for path in paths]), options)]
            except SwarmError as error:
                return [error]
            except OSError as error:
                return [unreadable(error)]
        taken: set[BookId] = set()
        self._reads_soon()
        async with probing_ahead(paths) as probes:
            return [await self._take_or_say(each, options, taken) for each in probes]

    async def _take_or_say(
        self, probing: Awaitable[BookFiles], options: BookOptions, taken: set[BookId]
    ) -> AddedBook | SwarmError:
        try:
            files = await self._while_warming_up(probing, options)
            if files.is_zipped:
                added = await self._add_zip(files, options)
            else:
                added = await self._take(files, options, before=taken)
        except SwarmError as error:
            return error
        except OSError as error:
            return unreadable(error)
        taken.add(added.book_id)
        return added

    async def add_path(self, path: str, options: BookOptions) -> AddedBook:
        """Takes the book at a path of this PC."""
        return await self.add(await look_up(path), options)

    async def add_ebook(self, book_id: BookId, path: Path, name: str) -> None:
        """Gives a book that is there an ebook."""
        await self._ebooks.add(book_id, path, name)

    async def reorder(self, book_id: BookId, places: Sequence[int]) -> AddedBook:
        """Has a book read and decoded in another order of its files: `places` are those of now. It becomes another
        book; the words of the one before go. InputError if it is not an order of its files."""
        record = self._library.get(book_id)
        files, options = reordered(record, places), options_of(record)
        if files.files == tuple(map(Path, record.sources)):
            return AddedBook(book_id=book_id, filename=record.filename, given=record.filename, known=True)
        added = await self._take_again(book_id, files, options)
        await self._driver.ask(events.BookRemoved, book_id=book_id)
        return added

    async def transcribe_again(self, book_id: BookId, model: str) -> AddedBook:
        """Has a book transcribed with another model: that is another book, beside the one before."""
        record = self._library.get(book_id)
        return await self._take_again(book_id, files_of(record), replace(options_of(record), model=model))

    async def _take_again(self, book_id: BookId, files: BookFiles, options: BookOptions) -> AddedBook:
        record = self._library.get(book_id)
        await self._while_warming_up(self._probe(files), options)
        ebook = await self._ebooks.of_before(book_id)
        added = await self._take(files, options, uploaded=record.uploaded, known_as=record.fingerprint, ebook=ebook)
        respellings = self._library.get(book_id).edits.respellings
        if not added.known and respellings:  # chapters depend on the order and on what was heard; names do not
            await self._library.set_edits(added.book_id, BookEdits(respellings=respellings))
        return added

    async def add(self, files: BookFiles, options: BookOptions, *, uploaded: bool = False) -> AddedBook:
        """Takes a book; one that is known goes on, is tried again, or is written once more."""
        _check_language(options)
        if files.is_zipped:
            return await self._add_zip(files, options)
        await self._while_warming_up(self._probe(files), options)
        return await self._take(files, options, uploaded=uploaded)

    async def _add_zip(self, archive: BookFiles, options: BookOptions) -> AddedBook:
        """Takes the audio in a zip as a book. It is unpacked into a folder of the node's, as an upload is. An ebook
        that came with the zip, or lies beside it, goes before one in it; the node keeps a copy of its own."""
        folder, added = await asyncio.to_thread(self.upload_folder), None
        try:
            found = await unpacked(archive, folder, await asyncio.to_thread(self.free_bytes))
            beside = await asyncio.to_thread(ebook_beside, archive)
            added = await self.add(replace(found, ebook=beside or found.ebook), options, uploaded=True)
            if found.ebook is not None:
                await asyncio.to_thread(found.ebook.unlink, missing_ok=True)
        finally:
            if added is None or not self._reads_from(added.book_id, folder):
                await asyncio.to_thread(self._folders.remove_upload, folder)
        return added

    async def _take(
        self,
        files: BookFiles,
        options: BookOptions,
        *,
        uploaded: bool = False,
        before: Collection[BookId] = (),
        known_as: str | None = None,
        ebook: FoundEbook | None = None,
    ) -> AddedBook:
        """Takes a book in which there is sound; nothing is to be done for one that was taken before it. `ebook`: the
        one that it had before, if it is one of the library."""
        settings = await self._deciding.settings_for(options, files)
        ebook = ebook or await self._ebooks.find(files, options.ebook)
        settings = replace(settings, names=ebook.names if ebook is not None and ebook.names else None)
        added = await self._library.add(files, settings, options, uploaded=uploaded, settled=before, known_as=known_as)
        if added.book_id in before:
            return added
        await self._ebooks.take(added.book_id, ebook)
        if added.known:
            await self._taking_up.again(added.book_id)
        else:
            await self._driver.ask(
                events.BookAdded, book_id=added.book_id, settings=settings, local_only=options.local_only
            )
            self._ingest_queue.add(added.book_id)
        if options.first:
            await self._taking_up.prioritise(added.book_id)
        return added

    async def _while_warming_up(self, probing: Awaitable[T], options: BookOptions) -> T:
        """Returns what probing a book finds. A probe that fails, or is cancelled, ends the warm-up too: left alone, it
        could begin to load a model after the node has ended all else."""
        warming_up = asyncio.ensure_future(self._deciding.warm_up(options))
        try:
            found = await probing
            await warming_up
        finally:
            warming_up.cancel()
            await asyncio.gather(warming_up, return_exceptions=True)
        return found

    async def settings_for(self, options: BookOptions) -> BookSettings:
        """Returns how what a program sends is decoded with these options, and gets its model ready."""
        return await self._deciding.settings_for(options)


def _check_language(options: BookOptions) -> None:
    """UsageError for a language that there is not: before the books are probed, which takes longer."""
    if options.decode.language:
        language_code(options.decode.language)
