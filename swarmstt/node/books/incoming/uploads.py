"""The book that the files of an upload are, and what they were called."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path

from swarmstt.core.companions import is_companion, is_ebook
from swarmstt.core.ordering.facts import BookOrder
from swarmstt.speech.audio.book_files import BookFiles, find_book


def uploaded_book(folder: Path, filename: str, paths: Sequence[tuple[str, ...]]) -> BookFiles:
    """Finds the book that was uploaded into a folder, with its ebook if one lies at the top. InputError if there is
    not one that could be read."""
    given = [path.name for path in folder.iterdir() if not is_companion(path.name)]
    names = [name for name in given if not is_ebook(name)] or given
    ebook = next((folder / name for name in given if name not in names), None)
    is_single = len(names) == 1 and (folder / names[0]).is_file()
    found = find_book(folder / names[0] if is_single else folder)
    # A folder with one file in it has the name of the folder. Some disks write names in another form.
    is_folder = not is_single or unicodedata.normalize("NFC", names[0]) != filename
    order = BookOrder(paths=uploaded_paths(found.files, folder, paths))
    return BookFiles(name=filename, is_folder=is_folder, files=found.files, order=order, ebook=ebook)


def uploaded_paths(
    files: Sequence[Path], folder: Path, paths: Sequence[tuple[str, ...]]
) -> tuple[tuple[str, ...], ...]:
    """Returns what each of these files was called: several lie in folders that are numbered from one."""
    places = [path.relative_to(folder).parts[0] for path in files]
    if len(paths) == 1 or not all(place.isdecimal() for place in places):
        return tuple(paths[:1])
    return tuple(paths[int(place) - 1] for place in places)
