"""A zip of audio files as a book."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from swarmstt.core.left_alone import suffix_of
from swarmstt.node.books.library import in_order
from swarmstt.speech.audio.book_files import ZIP_SUFFIX, BookFiles, find_book
from swarmstt.speech.ingest.probe import Prober


def is_zip(files: BookFiles) -> bool:
    return len(files.files) == 1 and suffix_of(files.files[0].name) == ZIP_SUFFIX


async def unpacked(archive: BookFiles, folder: Path, room_bytes: int) -> BookFiles:
    """Unpacks the audio of a zip into an empty folder, and returns the book that it is, called as the zip. InputError
    if it is not a book, TooLargeError if there is no room for it."""
    async with Prober() as prober:
        await prober.unpack(archive, folder, room_bytes)
        found = await in_order(await asyncio.to_thread(find_book, folder), prober)
    stem = Path(archive.name).stem
    if len(found.files) > 1:
        return replace(found, name=stem)
    return replace(found, name=stem + found.files[0].suffix, is_folder=False)
