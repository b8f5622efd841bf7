"""A zip of audio files as a book."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from swarmstt.core.companions import ebook_among, is_ebook
from swarmstt.core.ordering.facts import BookOrder
from swarmstt.node.books.looking_up import in_order
from swarmstt.speech.audio.book_files import BookFiles, find_book
from swarmstt.speech.ingest.probe import Prober


async def unpacked(archive: BookFiles, folder: Path, room_bytes: int) -> BookFiles:
    """Unpacks the audio of a zip, or of all zips of a folder, into an empty folder, and returns the book that it is,
    called as what was given, with the ebook that was packed with it. Each of several zips has a folder of its own
    there, because their names may meet. InputError if it is not a book, TooLargeError if there is no room for it."""
    async with Prober() as prober:
        for number, path in enumerate(archive.files, start=1):
            one = replace(archive, files=(path,), order=BookOrder())
            into = folder if len(archive.files) == 1 else folder / f"{number:05d}"
            await asyncio.to_thread(into.mkdir, parents=True, exist_ok=True)
            await prober.unpack(one, into, room_bytes)
            room_bytes -= await asyncio.to_thread(_bytes_under, into)
        found = await asyncio.to_thread(find_book, folder)
        if len(archive.files) > 1:
            found = _named_after(found, [(*called[:-1], Path(called[-1]).stem) for called in archive.paths])
        found = await in_order(found, prober)
    found = replace(found, ebook=await asyncio.to_thread(_ebook_in, folder, found.files))
    if archive.is_folder:
        return replace(found, name=archive.name)
    stem = Path(archive.name).stem
    if len(found.files) > 1:
        return replace(found, name=stem)
    return replace(found, name=stem + found.files[0].suffix, is_folder=False)


def _named_after(found: BookFiles, zips: Sequence[tuple[str, ...]]) -> BookFiles:
    """Names files that lie in numbered folders after the zips from which they came."""
    paths = tuple((*zips[int(number) - 1], *inside) for number, *inside in found.paths)
    if len(set(paths)) < len(paths):
        return found  # two would have one name: the numbers tell them apart
    return replace(found, order=replace(found.order, paths=paths))


def _ebook_in(folder: Path, audio: Sequence[Path]) -> Path | None:
    ebooks = [path.relative_to(folder).parts for path in folder.rglob("*") if is_ebook(path.name)]
    found = ebook_among(ebooks, [path.relative_to(folder).parts for path in audio])
    return None if found is None else folder.joinpath(*found)


def _bytes_under(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
