"""The parts of a form as they come in: files to the disk, fields as text, both within bounds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from aiohttp import BodyPartReader

from swarmstt.errors import InputError, TooLargeError
from swarmstt.options import MOST_CHARACTERS

BLOCK_BYTES = 2**20
"""So much is gathered before it is written: few trips to the writing thread, little memory."""
_READ_BYTES = 256 * 2**10


def no_room() -> TooLargeError:
    return TooLargeError("This PC has no room for so much; free some disk space, or add the book by its path.")


async def blocks(part: BodyPartReader) -> AsyncIterator[bytes]:
    """Yields what the part holds, in blocks."""
    gathered = bytearray()
    while chunk := await part.read_chunk(_READ_BYTES):
        gathered += chunk
        if len(gathered) >= BLOCK_BYTES:
            yield bytes(gathered)
            gathered.clear()
    if gathered:
        yield bytes(gathered)


async def to_file(content: AsyncIterator[bytes], place: Path, take_room: Callable[[int], None]) -> int:
    """Writes blocks to a new file, and returns how many bytes that were. `take_room` may raise for too many."""
    byte_count = 0
    file = await asyncio.to_thread(place.open, "xb")
    try:
        async for block in content:
            byte_count += len(block)
            take_room(len(block))
            await asyncio.to_thread(file.write, block)
    finally:
        await asyncio.to_thread(file.close)
    return byte_count


async def text(part: BodyPartReader) -> str:
    """Returns a field. InputError for one that is too long, or not text."""
    gathered = bytearray()
    while chunk := await part.read_chunk():
        gathered += chunk
        if len(gathered) > 4 * MOST_CHARACTERS:
            raise InputError(f"An option is longer than {MOST_CHARACTERS} characters; shorten it.")
    try:
        return gathered.decode("utf-8")
    except UnicodeDecodeError:
        raise InputError("The options must be text in UTF-8.") from None
