"""Finds the books at paths of this PC."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from swarmstt.core.ordering.facts import BookOrder
from swarmstt.errors import InputError
from swarmstt.speech.audio.book_files import BookFiles, find_book, printable
from swarmstt.speech.ingest.probe import Prober


async def look_up(path: str, prober: Prober | None = None) -> BookFiles:
    """Returns the book at a path of this PC, its files in their order; InputError if there is none."""
    files = await asyncio.to_thread(find_book, Path(path))
    return await in_order(files, prober)


def one_book(parts: Sequence[BookFiles]) -> BookFiles:
    """Returns the one book that these are in this order, called after the folder that all of them are in."""
    files = tuple(path for part in parts for path in part.files)
    folder = Path(os.path.commonpath([path.parent for path in files]))
    name = printable(folder.name) or parts[0].name
    order = BookOrder(paths=tuple(path.relative_to(folder).parts for path in files), by="given")
    return BookFiles(name=name, is_folder=True, files=files, order=order)


def unreadable(error: OSError) -> InputError:
    """What to say of a file that was there at a look, and could not be read after it."""
    name = printable(Path(error.filename).name) if error.filename else "A file"
    return InputError(f"{name} could not be read: {error.strerror or error}.")


async def in_order(files: BookFiles, prober: Prober | None = None) -> BookFiles:
    """Returns a book with its files in their order, as their tags and names say, and each chapter once."""
    if len(files.files) == 1 or files.is_zipped:
        return files
    if prober is not None:
        return await prober.survey(files)
    async with Prober() as own:
        return await own.survey(files)
