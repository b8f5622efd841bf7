"""The row `/upload`: one or several files become one book. They are streamed to the disk, and leave nothing behind
unless all of them arrived whole."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

from aiohttp import BodyPartReader, hdrs, web
from aiohttp.http_exceptions import HttpProcessingError

from swarmstt.core.companions import MOST_COMPANION_BYTES, ebook_among, is_companion, is_ebook
from swarmstt.core.ordering.names import in_name_order
from swarmstt.core.requests import BookOptions
from swarmstt.errors import InputError, is_disk_full
from swarmstt.web.api.bodies import refuse_compressed
from swarmstt.web.api.keys import ADDING
from swarmstt.web.api.replies import reply
from swarmstt.web.api.requests import book_options
from swarmstt.web.books.undecided import UNDECIDED, as_answer
from swarmstt.web.incoming.parts import blocks, no_room, text, to_file
from swarmstt.web.incoming.upload_names import (
    RelativePath,
    book_name,
    field_and_file_name,
    relative_path,
    safe_name,
    without_common_folder,
)

MOST_FILES = 10_000
MOST_FIELDS = 100
ASK = "ask"
"""The field by which an upload may be answered with a question."""
_MOST_COPIES = 50


@dataclass(slots=True)
class Received:
    """What has arrived of one upload. A file is kept under the number of its arrival until all are there."""

    folder: Path
    room_bytes: int
    paths: list[RelativePath] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)
    asks: bool = False
    """Whoever sends it can say whether it is one book or several."""

    @property
    def in_folder(self) -> bool:
        return all(len(path) > 1 for path in self.paths)

    def take_room(self, byte_count: int) -> None:
        self.room_bytes -= byte_count
        if self.room_bytes < 0:
            raise no_room()

    def arriving(self, index: int) -> Path:
        return self.folder / f"arriving-{index:05d}"

    def arrange(self) -> tuple[str, list[RelativePath]]:
        """Gives the files their names, in the order of these; answers the name of the book, and what each file was
        called. Cue sheets and the like go to the files that they lay beside, the ebook to the top of the folder."""
        beside = [index for index, path in enumerate(self.paths) if is_companion(path[-1])]
        ebooks = [index for index, path in enumerate(self.paths) if is_ebook(path[-1])]
        books = [index for index in range(len(self.paths)) if index not in {*beside, *ebooks}]
        if not books:
            books, beside, ebooks = list(range(len(self.paths))), [], []
        order = [books[place] for place in in_name_order([self.paths[index] for index in books])]
        places: dict[RelativePath, list[tuple[str, Path]]] = {}
        for rank, index in enumerate(order, start=1):
            place = self.folder
            if len(order) > 1:
                place = self.folder / f"{rank:05d}"
                place.mkdir()
            self.arriving(index).rename(place / safe_name(self.paths[index][-1]))
            places.setdefault(self.paths[index][:-1], []).append((_stem(self.paths[index]), place))
        for index in beside:
            self._lay_beside(index, places.get(self.paths[index][:-1], []))
        self._keep_ebook(ebooks, books)
        paths = [self.paths[index] for index in order]
        return book_name(paths), without_common_folder(paths)

    def _keep_ebook(self, ebooks: list[int], books: list[int]) -> None:
        """Keeps the one that is the book's, as beside audio on the disk; the others are not needed."""
        chosen = ebook_among([self.paths[index] for index in ebooks], [self.paths[index] for index in books])
        for index in ebooks:
            if self.paths[index] == chosen:
                self.arriving(index).rename(self.folder / safe_name(chosen[-1]))
            else:
                self.arriving(index).unlink()

    def _lay_beside(self, index: int, places: list[tuple[str, Path]]) -> None:
        """Puts a small file beside the one of its name, or beside all that it lay with; if they are many, beside the
        first."""
        arrived, path = self.arriving(index), self.paths[index]
        own = [place for stem, place in places if stem == _stem(path)]
        all_places = [place for _, place in places]
        if arrived.stat().st_size <= MOST_COMPANION_BYTES:
            for place in own or all_places[: len(places) if len(places) <= _MOST_COPIES else 1]:
                with suppress(FileExistsError):
                    shutil.copyfile(arrived, place / safe_name(path[-1]))
        arrived.unlink()


def _stem(path: RelativePath) -> str:
    return path[-1].rpartition(".")[0].casefold()


async def upload(request: web.Request) -> web.Response:
    """Makes a book of what is uploaded; the other form fields are its options. With `ask` it answers 202 and
    a question if they look like several books."""
    adding = request.app[ADDING]
    if request.content_type != "multipart/form-data":
        raise InputError("Send the audio as multipart/form-data, in a field called file.")
    refuse_compressed(request)
    room_bytes = await asyncio.to_thread(adding.free_bytes)
    if (request.content_length or 0) > room_bytes:
        raise no_room()
    folder = await asyncio.to_thread(adding.upload_folder)
    async with AsyncExitStack() as undo:
        undo.push_async_callback(asyncio.to_thread, shutil.rmtree, folder, ignore_errors=True)
        received = await receive(request, Received(folder, room_bytes))
        options = book_options(received.fields, adding.usual_options())
        filename, paths = await asyncio.to_thread(received.arrange)
        if received.asks and UNDECIDED in request.app:
            undecided, in_folder = request.app[UNDECIDED], received.in_folder
            question = await undecided.ask(folder, filename, options, paths, in_folder=in_folder)
            if question is not None:
                undo.pop_all()
                return reply(request, question, status=HTTPStatus.ACCEPTED)
        undo.pop_all()
    added = await adding.add_upload(folder, filename, options, paths)
    return reply(request, as_answer(added), status=HTTPStatus.CREATED)


async def receive(request: web.Request, received: Received) -> Received:
    """Writes what comes into the upload's folder."""
    try:
        reader = await request.multipart()
        while (part := await reader.next()) is not None:
            await _receive_part(part, received)
    except OSError as error:
        if is_disk_full(error):
            raise no_room() from error
        raise
    except (ValueError, AssertionError, RuntimeError, HttpProcessingError) as error:
        raise InputError("The upload did not arrive whole; try again.") from error
    if not received.paths:
        raise InputError("No file came with the upload; send it in a field called file.")
    return received


async def _receive_part(part: object, received: Received) -> None:
    if not isinstance(part, BodyPartReader):
        raise InputError("The upload holds another upload; send each file in a field called file.")
    field_name, file_name = field_and_file_name(part.headers.get(hdrs.CONTENT_DISPOSITION, ""))
    if field_name == "file":
        await _receive_file(part, file_name, received)
    elif file_name is not None:
        raise InputError("A file came under another name; send each file in a field called file.")
    elif field_name == ASK:
        received.asks = await text(part) == "yes"
    else:
        received.fields[field_name] = await text(part)
        book_options(received.fields, BookOptions())  # says at once what is wrong, before gigabytes follow
        if len(received.fields) > MOST_FIELDS:
            raise InputError(f"The upload has more than {MOST_FIELDS} fields; send fewer.")


async def _receive_file(part: BodyPartReader, file_name: str | None, received: Received) -> None:
    if len(received.paths) >= MOST_FILES:
        raise InputError(f"The upload has more than {MOST_FILES} files; add one book at a time.")
    place = received.arriving(len(received.paths))
    byte_count = await to_file(blocks(part), place, received.take_room)
    if file_name == "" and byte_count == 0:  # what a browser sends for a form without a chosen file
        await asyncio.to_thread(place.unlink)
        return
    received.paths.append(relative_path(file_name or "upload"))
