"""A book of the library with its files in another order, or to be done with another model; in all else as before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from swarmstt.core.requests import BookOptions
from swarmstt.errors import InputError
from swarmstt.speech.audio.book_files import BookFiles
from swarmstt.storage.rows import BookRecord


def files_of(record: BookRecord) -> BookFiles:
    """Returns the files of a book as they are in the library."""
    return BookFiles(
        name=record.filename,
        is_folder=record.is_folder,
        files=tuple(map(Path, record.sources)),
        order=record.order,
    )


def reordered(record: BookRecord, places: Sequence[int]) -> BookFiles:
    """Returns the files of a book in the order of these places. InputError if that is not an order of them."""
    if sorted(places) != list(range(len(record.sources))):
        raise InputError("The order must name each file of the book once, by its place from 0.")
    known = files_of(record)
    paths = tuple(known.paths[place] for place in places)
    order = replace(record.order, paths=paths, by="given")
    return replace(known, files=tuple(known.files[place] for place in places), order=order)


def options_of(record: BookRecord) -> BookOptions:
    """Returns how a book was to be done."""
    return BookOptions(
        model=record.settings.model,
        decode=record.settings.decode,
        chunk_seconds=record.settings.chunk_seconds,
        output_dir=record.output.folder,
        formats=record.output.formats,
        output=record.output.options,
        local_only=record.local_only,
    )
