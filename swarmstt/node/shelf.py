"""The books of a node beside their chunks: what they are called, where they came from, where they go."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from swarmstt.core.books import BookOutput, BookSettings, Chapter, Gap
from swarmstt.core.plain import to_plain
from swarmstt.core.requests import AddedBook, BookOptions
from swarmstt.errors import NotFoundError, UsageError
from swarmstt.ids import BookId
from swarmstt.speech.book_files import BookFiles, find_book, fingerprint
from swarmstt.storage.rows import BookRecord
from swarmstt.storage.store import Store


class Shelf:
    """All book records in memory, each change written through to the store."""

    def __init__(self, store: Store, default_folder: Path, now: Callable[[], datetime]) -> None:
        self._store = store
        self._default_folder = default_folder
        self._now = now
        self._records: dict[BookId, BookRecord] = {}
        self._adding = asyncio.Lock()

    async def load(self) -> None:
        self._records = {record.book_id: record for record in await self._store.books()}

    def records(self) -> list[BookRecord]:
        """Oldest first."""
        return list(self._records.values())

    def get(self, book_id: BookId) -> BookRecord:
        """NotFoundError where there is no such book."""
        if book_id not in self._records:
            raise NotFoundError(f"There is no book {book_id}.")
        return self._records[book_id]

    def title(self, book_id: BookId) -> str:
        """What a person calls the book."""
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
    ) -> AddedBook:
        """Puts a book on the shelf. One that is there already is kept, with the new wishes for its
        output, unless it is one of `settled`, and with the new place of its audio if it has moved."""
        mark = await asyncio.to_thread(fingerprint, files.files)
        book_id = book_id_of(mark, settings)
        output = self._output(files, options)
        async with self._adding:
            known = self._records.get(book_id)
            if known is not None and book_id not in settled:
                gone = not await asyncio.to_thread(lambda: all(Path(source).exists() for source in known.sources))
                sources = tuple(str(path) for path in files.files) if gone else known.sources
                await self._store.set_output(book_id, output, sources)
                self._records[book_id] = replace(known, output=output, sources=sources)
            if known is not None:
                return AddedBook(book_id=book_id, filename=known.filename, given=files.name, known=True)
            record = BookRecord(
                book_id=book_id,
                fingerprint=mark,
                filename=files.name,
                sources=tuple(str(path) for path in files.files),
                is_folder=files.is_folder,
                uploaded=uploaded,
                settings=settings,
                output=output,
                alone=options.alone,
                language=settings.language,
                added_at=self._now().isoformat(timespec="seconds"),
            )
            await self._store.add_book(record)
            self._records[book_id] = record
        return AddedBook(book_id=book_id, filename=files.name, given=files.name)

    async def moved(self, book_id: BookId, files: BookFiles) -> None:
        """The same audio was found there: that is its place now, if it has gone from where it was."""
        async with self._adding:
            known = self._records.get(book_id)
            if known is None or await asyncio.to_thread(lambda: all(Path(each).exists() for each in known.sources)):
                return
            sources = tuple(str(path) for path in files.files)
            await self._store.set_output(book_id, known.output, sources)
            self._records[book_id] = replace(self._records[book_id], sources=sources)

    def _output(self, files: BookFiles, options: BookOptions) -> BookOutput:
        folder = Path(options.output_dir) if options.output_dir else self._default_folder
        if not folder.is_absolute():
            raise UsageError(f"{folder} is not a whole path: name the output folder from its root on.")
        name = files.name if files.is_folder else Path(files.name).stem
        return BookOutput(folder=str(folder), name=name, formats=options.formats, options=options.output)

    async def describe(
        self,
        book_id: BookId,
        *,
        title: str | None,
        author: str | None,
        chapters: tuple[Chapter, ...],
        damages: tuple[Gap, ...],
        estimated_seconds: float,
    ) -> None:
        """What the audio told of the book."""
        if book_id not in self._records:
            return
        changes = {
            "title": title,
            "author": author,
            "chapters": chapters,
            "damages": damages,
            "estimated_seconds": estimated_seconds,
        }
        self._records[book_id] = replace(self._records[book_id], **changes)  # type: ignore[arg-type]
        await self._store.describe_book(
            book_id,
            title=title,
            author=author,
            chapters=chapters,
            damages=damages,
            estimated_seconds=estimated_seconds,
        )

    async def written(self, book_id: BookId, completed_at: str, files: list[Path]) -> None:
        names = tuple(str(path) for path in files)
        if book_id not in self._records:
            return  # it was removed meanwhile
        self._records[book_id] = replace(self._records[book_id], completed_at=completed_at, files=names)
        await self._store.set_written(book_id, completed_at, files)

    def forget(self, book_id: BookId) -> BookRecord | None:
        """Takes a book off the shelf; the store forgets it by itself."""
        return self._records.pop(book_id, None)


def book_id_of(mark: str, settings: BookSettings) -> BookId:
    """The same audio with the same settings is the same book, on whatever PC and under whatever name.

    The device and --compute_type are no part of it: the PCs of a home differ in them, decode one book together all the
    same, and a book that is done is not decoded again because another PC would have rounded otherwise.
    """
    deciding = {key: value for key, value in to_plain(settings).items() if key != "model"}
    text = json.dumps([mark, deciding], sort_keys=True)
    return BookId(hashlib.sha256(text.encode()).hexdigest()[:8])


async def look_up(path: str) -> BookFiles:
    """The book at a path of this PC; InputError where there is none."""
    return await asyncio.to_thread(find_book, Path(path))
