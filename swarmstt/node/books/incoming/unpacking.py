"""A zip of audio files as a book."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from swarmstt.core.ordering.facts import BookOrder
from swarmstt.node.books.library import in_order
from swarmstt.speech.audio.book_files import BookFiles, find_book
from swarmstt.speech.ingest.probe import Prober


async def unpacked(archive: BookFiles, folder: Path, room_bytes: int) -> BookFiles:
    """Unpacks the audio of a zip, or of all zips of a folder, into an empty folder, and returns the book that it is,
    called as what was given. InputError if it is not a book, TooLargeError if there is no room for it."""
    async with Prober() as prober:
        for path, called in zip(archive.files, archive.paths, strict=True):
            one = replace(archive, files=(path,), order=BookOrder())
            into = folder if len(archive.files) == 1 else folder.joinpath(*called[:-1], path.stem)
            await asyncio.to_thread(into.mkdir, parents=True, exist_ok=True)
            await prober.unpack(one, into, room_bytes)
            room_bytes -= await asyncio.to_thread(_bytes_under, into)
        found = await in_order(await asyncio.to_thread(find_book, folder), prober)
    if archive.is_folder:
        return replace(found, name=archive.name)
    stem = Path(archive.name).stem
    if len(found.files) > 1:
        return replace(found, name=stem)
    return replace(found, name=stem + found.files[0].suffix, is_folder=False)


def _bytes_under(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
