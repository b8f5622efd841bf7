"""The files that a book is read from."""

from __future__ import annotations

from pathlib import Path

from swarmstt.speech.audio.book_files import BookFiles, printable
from swarmstt.storage.rows import BookRecord


def sources_of(files: BookFiles, known: BookRecord) -> tuple[str, ...]:
    """Returns where the files of a book are, in the order of the book if a person chose it."""
    places = {path: place for place, path in enumerate(files.paths)}
    order = known.order.paths
    if known.order.by == "given" and set(order) == set(places):
        return tuple(str(files.files[places[path]]) for path in order)
    return tuple(str(path) for path in files.files)


def shown_files(record: BookRecord) -> tuple[str, ...]:
    """Returns what the files of a book are called in it, in the order in which they are read."""
    paths = record.order.paths or tuple((Path(source).name,) for source in record.sources)
    return tuple(printable("/".join(path)) for path in paths)
