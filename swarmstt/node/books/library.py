"""The books of a node beside their chunks: what they are called, where they came from, where they go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from swarmstt.core.books import BESIDE, BookDescription, BookOutput, BookSettings, Chapter, Gap
from swarmstt.core.ebooks.report import BookEbook
from swarmstt.core.edits import BookEdits
from swarmstt.core.requests import AddedBook, BookOptions
from swarmstt.core.speech.names import NameSpellings
from swarmstt.ebook_phrases import SPELLED
from swarmstt.errors import NotFoundError, UsageError
from swarmstt.ids import BookId
from swarmstt.node.books.book_ids import book_id_of
from swarmstt.node.books.fingerprints import mark_of
from swarmstt.node.books.same_sound import described_anew, known_by_sound
from swarmstt.node.books.sources import sources_of
from swarmstt.node.books.usual_options import check_room
from swarmstt.phrases import NO_SPEECH
from swarmstt.speech.audio.book_files import BookFiles
from swarmstt.storage.rows import BookRecord
from swarmstt.storage.store import Store


class Library:
    """All book records in memory, each change written through to the store."""

    def __init__(self, store: Store, default_folder: Path, now: Callable[[], datetime]) -> None:
        self._store = store
        self._default_folder = default_folder
        self._now = now
        self._records: dict[BookId, BookRecord] = {}
        self._reordered: dict[BookId, BookId] = {}
        self._adding = asyncio.Lock()

    async def load(self) -> None:
        for record in await self._store.books():
            self._note(record)

    def records(self) -> list[BookRecord]:
        """Returns all of them, oldest first."""
        return list(self._records.values())

    def get(self, book_id: BookId) -> BookRecord:
        """Returns the record of a book; NotFoundError if there is no such book."""
        if book_id not in self._records:
            raise NotFoundError(f"There is no book {book_id}.")
        return self._records[book_id]

    def title(self, book_id: BookId) -> str:
        """Returns what a person calls the book."""
        record = self._records.get(book_id)
        return "" if record is None else record.title or record.filename

    async def add(
        self,
        files: BookFiles,
        settings: BookSettings,
        options: BookOptions,
        *,
        uploaded: bool,
        settled: Collection[BookId] = (),
        known_as: str | None = None,
    ) -> AddedBook:
        """Puts a book into the library. One that is there already, by its bytes or by its sound alone, is kept, with
        the new options for its output, unless it is one of `settled`, and with the new place of its audio if it has
        moved.

        `known_as`: the fingerprint of the same files in the order that they have without a person.
        """
        mark = await self.mark_of(files)
        book_id = self.current(book_id_of(mark, settings)) if known_as is None else book_id_of(mark, settings)
        output = self._output(files, options)
        async with self._adding:
            known, retagged = self._records.get(book_id), None
            if known is None and known_as is None:
                known = await known_by_sound(self._records.values(), files, settings)
                if known is not None and known.book_id not in settled:
                    retagged = await described_anew(known, files)
            if known is not None:
                if known.for_program:
                    known = await self._claim(known, files, output, options, uploaded=uploaded)
                elif known.book_id not in settled:
                    await self._known_again(known, files, output, retagged, uploaded=uploaded)
                return AddedBook(book_id=known.book_id, filename=known.filename, given=files.name, known=True)
            record = BookRecord(
                book_id=book_id,
                fingerprint=known_as or mark,
                filename=files.name,
                sources=tuple(str(path) for path in files.files),
                is_folder=files.is_folder,
                uploaded=uploaded,
                settings=settings,
                output=output,
                local_only=options.local_only,
                language=settings.decode.language,
                order=files.order,
                added_at=self._now().isoformat(timespec="seconds"),
            )
            await self._store.add_book(record)
            self._note(record)
        return AddedBook(book_id=book_id, filename=files.name, given=files.name)

    async def add_for_program(self, files: BookFiles, settings: BookSettings) -> AddedBook:
        """Puts a recording that another program sent into the library, unless the same is there already, be it a
        person's book."""
        mark = await self.mark_of(files)
        book_id = self.current(book_id_of(mark, settings))
        async with self._adding:
            known = self._records.get(book_id)
            if known is None:
                record = BookRecord(
                    book_id=book_id,
                    fingerprint=mark,
                    filename=files.name,
                    sources=tuple(str(path) for path in files.files),
                    is_folder=False,
                    uploaded=True,
                    settings=settings,
                    output=BookOutput(folder="", name="", formats=()),
                    local_only=False,
                    language=settings.decode.language,
                    added_at=self._now().isoformat(timespec="seconds"),
                    for_program=True,
                )
                await self._store.add_book(record)
                self._note(record)
        return AddedBook(book_id=book_id, filename=files.name, given=files.name, known=known is not None)

    async def _claim(
        self, known: BookRecord, files: BookFiles, output: BookOutput, options: BookOptions, *, uploaded: bool
    ) -> BookRecord:
        """Makes what another program sent a person's book: with its name, its place and its options."""
        claimed = replace(
            known,
            filename=files.name,
            sources=tuple(str(path) for path in files.files),
            is_folder=files.is_folder,
            uploaded=uploaded,
            output=output,
            order=files.order,
            local_only=options.local_only,
            for_program=False,
        )
        await self._store.claim_book(claimed)
        self._records[known.book_id] = claimed
        return claimed

    async def mark_of(self, files: BookFiles) -> str:
        """Returns what the book of these files is known by in this library."""
        return await asyncio.to_thread(mark_of, files.files, self.records())

    async def _known_again(
        self,
        known: BookRecord,
        files: BookFiles,
        output: BookOutput,
        retagged: BookDescription | None,
        *,
        uploaded: bool,
    ) -> None:
        gone = not await asyncio.to_thread(lambda: all(Path(source).exists() for source in known.sources))
        wanted_there = output.options.beside and not uploaded  # beside the copy that was named now
        again = replace(known, output=output)
        if gone or retagged is not None or wanted_there:
            order = known.order if known.order.by == "given" else files.order
            # What was uploaded before is deleted at the next start of the node: it may be being read.
            again = replace(again, sources=sources_of(files, known), order=order, uploaded=uploaded)
        await self._store.set_output(again.book_id, output, again.sources, again.order, uploaded=again.uploaded)
        self._records[known.book_id] = again
        if retagged is not None:
            await self.describe(known.book_id, retagged)

    def current(self, book_id: BookId) -> BookId:
        """Returns the book that a book became when a person put its files into another order."""
        return book_id if book_id in self._records else self._reordered.get(book_id, book_id)

    def _note(self, record: BookRecord) -> None:
        self._records[record.book_id] = record
        if record.order.by == "given":
            self._reordered[book_id_of(record.fingerprint, record.settings)] = record.book_id

    def shares_upload(self, record: BookRecord) -> bool:
        """Says if another book is read from the files of this one."""
        sources = set(record.sources)
        return any(sources & set(each.sources) for each in self._records.values() if each.book_id != record.book_id)

    async def moved(self, book_id: BookId, files: BookFiles) -> None:
        """Takes the place where the same audio was found as its place, if it has gone from where it was."""
        async with self._adding:
            known = self._records.get(book_id)
            if known is None or await asyncio.to_thread(lambda: all(Path(each).exists() for each in known.sources)):
                return
            sources = sources_of(files, known)
            await self._store.set_output(book_id, known.output, sources, known.order, uploaded=known.uploaded)
            self._records[book_id] = replace(self._records[book_id], sources=sources)

    def _output(self, files: BookFiles, options: BookOptions) -> BookOutput:
        folder = Path(options.output_dir) if options.output_dir else self._default_folder
        check_room(str(folder))
        if not folder.is_absolute():
            raise UsageError(f"{folder} is not a whole path: name the output folder from its root on.")
        name = files.name if files.is_folder else Path(files.name).stem
        return BookOutput(folder=str(folder), name=name, formats=options.formats, options=options.output)

    async def describe(
        self,
        book_id: BookId,
        description: BookDescription,
    ) -> None:
        """Keeps what its files say of the book."""
        if book_id not in self._records:
            return
        self._records[book_id] = self._records[book_id].described(description)
        await self._store.describe_book(book_id, description)

    async def set_damages(self, book_id: BookId, damages: tuple[Gap, ...]) -> None:
        """Keeps what is wrong with a book, whatever else is known of it."""
        await self._describe_also(book_id, damages=damages)

    async def set_own_notes(self, book_id: BookId, notes: tuple[str, ...]) -> None:
        """Keeps what was noted as the transcript was written, in place of what was noted before."""
        if book_id in self._records:
            known = self._records[book_id].notes
            kept = (each for each in known if BESIDE not in each and not each.startswith(SPELLED) and each != NO_SPEECH)
            wanted = (*kept, *notes)
            if wanted != known:
                await self._describe_also(book_id, notes=wanted)

    async def set_found_chapters(self, book_id: BookId, chapters: tuple[Chapter, ...]) -> None:
        """Keeps the chapters that were found in what is said, in place of those found before; its files' own stay."""
        if book_id in self._records:
            known = self._records[book_id].chapters
            wanted = (*(each for each in known if each.source != "found"), *chapters)
            if wanted != known:
                await self._describe_also(book_id, chapters=wanted)

    async def _describe_also(self, book_id: BookId, **changes: Any) -> None:
        if book_id in self._records:
            record = self._records[book_id]
            known = {each.name: getattr(record, each.name) for each in fields(BookDescription)}
            await self.describe(book_id, BookDescription(**{**known, **changes}))

    async def set_ebook(self, book_id: BookId, ebook: BookEbook | None) -> None:
        """Keeps what ebook a book has, and what was found of it."""
        if book_id in self._records:
            self._records[book_id] = replace(self._records[book_id], ebook=ebook)
            await self._store.set_ebook(book_id, ebook)

    async def set_edits(self, book_id: BookId, edits: BookEdits) -> None:
        """Keeps what a person changed of a book, whatever its files say. NotFoundError if there is no such book."""
        self.get(book_id)
        await self._store.set_edits(book_id, edits)  # first: what could not be stored is not in force either
        self._records[book_id] = replace(self.get(book_id), edits=edits)

    async def set_names(self, book_id: BookId, names: tuple[NameSpellings, ...]) -> None:
        """Keeps which names of a book are spelled in several ways, as it was written."""
        if book_id in self._records and self._records[book_id].names != names:
            self._records[book_id] = replace(self._records[book_id], names=names)
            await self._store.set_names(book_id, names)

    async def written(self, book_id: BookId, completed_at: str, files: list[Path]) -> None:
        names = tuple(str(path) for path in files)
        if book_id not in self._records:
            return  # it was removed meanwhile
        self._records[book_id] = replace(self._records[book_id], completed_at=completed_at, files=names)
        await self._store.set_written(book_id, completed_at, files)

    def forget(self, book_id: BookId) -> BookRecord | None:
        """Takes a book out of the library; the store forgets it by itself."""
        return self._records.pop(book_id, None)
