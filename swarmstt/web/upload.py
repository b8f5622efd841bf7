"""The row `/upload`: one or several files become one book. They are streamed to the disk, and leave nothing behind
unless all of them arrived whole."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

from aiohttp import BodyPartReader, hdrs, web
from aiohttp.http_exceptions import HttpProcessingError

from swarmstt.core.file_names import natural_key
from swarmstt.core.requests import BookOptions
from swarmstt.errors import InputError, TooLargeError, is_disk_full
from swarmstt.web.books import as_answer
from swarmstt.web.incoming import MOST_OPTION_CHARACTERS, book_options
from swarmstt.web.keys import NODE
from swarmstt.web.names import RelativePath, book_name, field_and_file_name, relative_path, safe_name
from swarmstt.web.replies import reply

MOST_FILES = 10_000
MOST_FIELDS = 100
BLOCK_BYTES = 2**20
"""So much is gathered before it is written: few trips to the writing thread, little memory."""
_READ_BYTES = 256 * 2**10


@dataclass(slots=True)
class Received:
    """What has arrived of one upload. A file is kept under the number of its arrival until all are there."""

    folder: Path
    room_bytes: int
    paths: list[RelativePath] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)

    def take_room(self, byte_count: int) -> None:
        self.room_bytes -= byte_count
        if self.room_bytes < 0:
            raise no_room()

    def arriving(self, index: int) -> Path:
        return self.folder / f"arriving-{index:05d}"

    def arrange(self) -> str:
        """Gives the files their names, in natural order; answers the name of the book."""
        order = sorted(range(len(self.paths)), key=lambda index: natural_key(self.paths[index]))
        for rank, index in enumerate(order, start=1):
            place = self.folder
            if len(order) > 1:
                place = self.folder / f"{rank:05d}"
                place.mkdir()
            self.arriving(index).rename(place / safe_name(self.paths[index][-1]))
        return book_name([self.paths[index] for index in order])


def no_room() -> TooLargeError:
    return TooLargeError("This PC has no room for so much; free some disk space, or add the book by its path.")


async def upload(request: web.Request) -> web.Response:
    """What is uploaded becomes a book; its other form fields are its options."""
    node = request.app[NODE]
    if request.content_type != "multipart/form-data":
        raise InputError("Send the audio as multipart/form-data, in a field called file.")
    room_bytes = await asyncio.to_thread(node.free_bytes)
    if (request.content_length or 0) > room_bytes:
        raise no_room()
    folder = await asyncio.to_thread(node.upload_folder)
    async with AsyncExitStack() as undo:
        undo.push_async_callback(asyncio.to_thread, shutil.rmtree, folder, ignore_errors=True)
        received = await _receive(request, Received(folder, room_bytes))
        options = book_options(received.fields, node.usual_options())
        filename = await asyncio.to_thread(received.arrange)
        undo.pop_all()
    added = await node.add_upload(folder, filename, options)
    return reply(request, as_answer(added), status=HTTPStatus.CREATED)


async def _receive(request: web.Request, received: Received) -> Received:
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
        raise InputError("No audio came with the upload; send it in a field called file.")
    return received


async def _receive_part(part: object, received: Received) -> None:
    if not isinstance(part, BodyPartReader):
        raise InputError("The upload holds another upload; send each file in a field called file.")
    field_name, file_name = field_and_file_name(part.headers.get(hdrs.CONTENT_DISPOSITION, ""))
    if field_name == "file":
        await _receive_file(part, file_name, received)
    elif file_name is not None:
        raise InputError("A file came under another name; send each file in a field called file.")
    else:
        received.fields[field_name] = await _text(part)
        book_options(received.fields, BookOptions())  # says at once what is wrong, before gigabytes follow
        if len(received.fields) > MOST_FIELDS:
            raise InputError(f"The upload has more than {MOST_FIELDS} fields; send fewer.")


async def _receive_file(part: BodyPartReader, file_name: str | None, received: Received) -> None:
    if len(received.paths) >= MOST_FILES:
        raise InputError(f"The upload has more than {MOST_FILES} files; add one book at a time.")
    place = received.arriving(len(received.paths))
    byte_count = 0
    file = await asyncio.to_thread(place.open, "xb")
    try:
        async for block in _blocks(part):
            byte_count += len(block)
            received.take_room(len(block))
            await asyncio.to_thread(file.write, block)
    finally:
        await asyncio.to_thread(file.close)
    if file_name == "" and byte_count == 0:  # what a browser sends for a form without a chosen file
        await asyncio.to_thread(place.unlink)
        return
    received.paths.append(relative_path(file_name or "upload"))


async def _blocks(part: BodyPartReader) -> AsyncIterator[bytes]:
    gathered = bytearray()
    while chunk := await part.read_chunk(_READ_BYTES):
        gathered += chunk
        if len(gathered) >= BLOCK_BYTES:
            yield bytes(gathered)
            gathered.clear()
    if gathered:
        yield bytes(gathered)


async def _text(part: BodyPartReader) -> str:
    gathered = bytearray()
    while chunk := await part.read_chunk():
        gathered += chunk
        if len(gathered) > 4 * MOST_OPTION_CHARACTERS:
            raise InputError(f"An option is longer than {MOST_OPTION_CHARACTERS} characters; shorten it.")
    try:
        return gathered.decode("utf-8")
    except UnicodeDecodeError:
        raise InputError("The options must be text in UTF-8.") from None
