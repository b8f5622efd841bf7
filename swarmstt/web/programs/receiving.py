"""Takes the recording that comes with a request, in each of the forms in which programs send one."""

from __future__ import annotations

import asyncio
import binascii
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import BodyPartReader, hdrs, web
from aiohttp.http_exceptions import HttpProcessingError

from swarmstt.codec import PlainError
from swarmstt.core.programs.requests import FieldError, is_passed_over, plain_fields
from swarmstt.errors import InputError, TooLargeError, is_disk_full
from swarmstt.web.api.bodies import refuse_compressed
from swarmstt.web.incoming.parts import blocks, no_room, text, to_file
from swarmstt.web.incoming.upload_names import field_and_file_name, relative_path, safe_name
from swarmstt.web.programs.long_texts import DISK_BYTES, LongTexts
from swarmstt.web.programs.ports import ProgramRows
from swarmstt.web.programs.samples import UNKNOWN_LENGTH, complete_header, has_header

Read = TypeVar("Read")

MOST_FIELDS = 100
MOST_JSON_BYTES = 48 * 2**20
"""25 MB, the most that OpenAI's API takes, are 34 MB in base64."""
UNFOLDING: web.AppKey[asyncio.Semaphore] = web.AppKey("unfolding", asyncio.Semaphore)
"""Bounds how many of these are read at a time; others wait on the disk."""
BLOCK_SECONDS = 60.0
"""The longest that a program may take to send the next block."""
LOOK_BYTES = 16 * 2**20
"""So much comes between two looks at how much room there is: others fill the disk too."""


@dataclass(slots=True)
class Received:
    """What has come: the recording lies in `folder` as its only file, once there is one."""

    folder: Path
    free_bytes: Callable[[], int]
    room_bytes: int
    is_raw: bool = False
    """Samples come without a header, unless they have one."""
    fields: dict[str, list[str]] = field(default_factory=dict)
    file_name: str | None = None

    def take_room(self, byte_count: int) -> None:
        self.room_bytes -= byte_count
        if self.room_bytes < 0:
            raise no_room()

    async def looked_after(self, content: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Passes blocks on, and looks now and then how much room is left."""
        unlooked_bytes = 0
        async for block in content:
            unlooked_bytes += len(block)
            if unlooked_bytes >= LOOK_BYTES:
                unlooked_bytes = 0
                self.room_bytes = await asyncio.to_thread(self.free_bytes)
            yield block

    def check(self, file_field: str) -> None:
        """FieldError if no recording came."""
        if self.file_name is None:
            raise FieldError(f"No sound came; send it in a field called {file_field}.", file_field)

    def add(self, name: str, value: str) -> None:
        self.fields.setdefault(name, []).append(value)
        if sum(map(len, self.fields.values())) > MOST_FIELDS:
            raise InputError(f"The request has more than {MOST_FIELDS} fields; send fewer.")


async def receive(
    request: web.Request,
    rows: ProgramRows,
    file_fields: Collection[str],
    read: Callable[[dict[str, list[str]]], Read],
    *,
    is_raw: bool = False,
) -> tuple[Received, Read]:
    """Returns what came, and what `read` makes of the other fields. `is_raw`: samples without a header, unless they
    have one. The folder is the caller's; if this raises, nothing is left of it."""
    refuse_compressed(request)
    rows.get_ready()
    await rows.make_disk_room(request.content_length or 0)
    room_bytes = await asyncio.to_thread(rows.free_bytes)
    if (request.content_length or 0) > room_bytes:
        raise no_room()
    folder = await asyncio.to_thread(rows.upload_folder, request.content_length or 0)
    try:
        received = Received(folder, rows.free_bytes, room_bytes, is_raw)
        for name, value in request.query.items():
            received.add(name, value)
        await _receive(request, received, file_fields)
        found = read(plain_fields(received.fields))
        received.check(next(iter(file_fields)))
    except BaseException:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        raise
    return received, found


async def _receive(request: web.Request, received: Received, file_fields: Collection[str]) -> None:
    try:
        if request.content_type == "application/json":
            await _receive_json(request, received)
        elif request.content_type == "multipart/form-data":
            reader = await request.multipart()
            while (part := await _soon(reader.next())) is not None:
                await _receive_part(part, received, file_fields)
        else:
            raise InputError("Send the recording as multipart/form-data, or in JSON as input_audio.")
    except OSError as error:
        if is_disk_full(error):
            raise no_room() from error
        raise
    except (ValueError, AssertionError, RuntimeError, HttpProcessingError) as error:
        raise InputError("The recording did not arrive whole; try again.") from error


async def _receive_part(part: object, received: Received, file_fields: Collection[str]) -> None:
    if not isinstance(part, BodyPartReader):
        raise InputError("The request holds another form; send the recording in one.")
    name, file_name = field_and_file_name(part.headers.get(hdrs.CONTENT_DISPOSITION, ""))
    if name in file_fields:
        if received.file_name is not None:
            raise FieldError("More than one recording came; send one at a time.", name)
        arriving = received.folder / "arriving"
        sound = received.looked_after(_timely(blocks(part)))
        count = await to_file(_with_header(sound) if received.is_raw else sound, arriving, received.take_room)
        if received.is_raw:
            await asyncio.to_thread(complete_header, arriving)
        if not count:
            raise FieldError("The recording is empty; send its whole file.", name)
        received.file_name = safe_name(relative_path(file_name or "recording")[-1])
        await asyncio.to_thread(arriving.rename, received.folder / received.file_name)
    elif file_name is None and not is_passed_over(name):
        received.add(name, await _soon(text(part)))
    else:  # such as a picture, or somebody's voice: nobody here needs it
        received.add(name, "")
        async for block in _timely(blocks(part)):
            received.take_room(len(block))


async def _receive_json(request: web.Request, received: Received) -> None:
    """Takes `{"input_audio": {"data": base64, "format": "wav"}, …}`."""
    left_bytes = MOST_JSON_BYTES

    def take_room(byte_count: int) -> None:
        nonlocal left_bytes
        left_bytes -= byte_count
        received.take_room(byte_count)
        if left_bytes < 0:
            raise TooLargeError(
                f"A recording in JSON may have {MOST_JSON_BYTES // 2**20} MB; send it as multipart/form-data."
            )

    body = received.folder / "arriving"
    await to_file(received.looked_after(_timely(request.content.iter_any())), body, take_room)
    async with request.app[UNFOLDING]:
        await asyncio.to_thread(_unfold, body, received)


def _unfold(body: Path, received: Received) -> None:
    """Called in a thread."""
    try:
        texts = LongTexts(body)
    except PlainError as error:
        raise InputError("The request's body could not be understood; send JSON.") from error
    sound = texts.thing.get("input_audio") if isinstance(texts.thing, dict) else None
    if not isinstance(sound, dict) or not isinstance(sound.get("data"), str):
        raise FieldError('Send the recording as {"input_audio": {"data": …, "format": "wav"}}.', "input_audio")
    kind = sound.get("format")
    suffix = kind if isinstance(kind, str) and kind.isalnum() and len(kind) <= 5 else "bin"
    received.file_name = f"recording.{suffix}"
    try:
        _write_sound(texts.from_base64(sound["data"]), received.folder / received.file_name, received)
    except (binascii.Error, ValueError) as error:
        raise FieldError("input_audio.data is not base64.", "input_audio") from error
    body.unlink()
    for name, value in texts.thing.items():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, (str, int, float)) and not (isinstance(each, str) and texts.is_long(each)):
                received.add(str(name), str(each).lower() if isinstance(each, bool) else str(each))  # True is true


def _write_sound(blocks_of_it: Iterator[bytes], path: Path, received: Received) -> None:
    byte_count = 0
    with path.open("xb", buffering=DISK_BYTES) as file:
        for block in blocks_of_it:
            if received.is_raw and block and not byte_count and not has_header(block):
                file.write(UNKNOWN_LENGTH)
            byte_count += len(block)
            received.take_room(len(block))
            file.write(block)
    if not byte_count:
        raise FieldError("The recording is empty; send its whole file.", "input_audio")
    if received.is_raw:
        complete_header(path)


async def _with_header(sound: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Makes a WAV file of 16-bit samples, mono, 16,000 a second, whose length is not known; one with a header stays as
    it is."""
    is_first = True
    async for block in sound:
        if is_first and not has_header(block):
            yield UNKNOWN_LENGTH
        is_first = False
        yield block


async def _timely(content: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Passes blocks on. InputError for a program that sends nothing for long."""
    source = aiter(content)
    while True:
        try:
            block = await _soon(anext(source))
        except StopAsyncIteration:
            return
        yield block


async def _soon(work: Awaitable[Any]) -> Any:
    try:
        return await asyncio.wait_for(work, BLOCK_SECONDS)
    except asyncio.TimeoutError:
        raise InputError("The recording came too slowly; try again over a faster connection.") from None
