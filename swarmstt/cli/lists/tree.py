"""Which books a list names: a path on each line of a file, or what is in a folder and below it. One after the other,
never all at once: there may be a hundred thousand."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from swarmstt.core.left_alone import suffix_of
from swarmstt.core.ordering.matter import COUNTERS
from swarmstt.core.ordering.number_words import folded
from swarmstt.errors import UsageError
from swarmstt.speech.audio.book_files import DRM_SUFFIXES, is_left_alone
from swarmstt.speech.containers.formats import AUDIO_SUFFIXES

MOST_FOLDERS_DEEP = 30
WHOLE_BOOKS = frozenset({".m4b", ".aax", ".aa"})
"""Suffixes of files that are a whole book each, whatever lies beside them."""
_DISC = re.compile(r"(?P<word>[^\W\d_]*)[\s._-]*\d{1,3}")


@dataclass(frozen=True, slots=True)
class Listed:
    """A book on a list, and where its transcripts go."""

    path: str
    output_dir: str


def listed_books(place: Path, output_dir: Path) -> Iterator[Listed]:
    """Yields the books of a list; of a folder with the folders of the tree below `output_dir` too. UsageError if there
    is no such list."""
    if place.is_dir():
        for path in books_below(place):
            yield Listed(str(path), str(output_dir / path.parent.relative_to(place)))
        return
    try:
        with place.open(encoding="utf-8-sig", errors="surrogateescape", newline=None) as lines:
            for line in lines:
                if path_text := line.rstrip("\r\n"):
                    yield Listed(os.path.abspath(path_text), str(output_dir))  # noqa: PTH100 - a link keeps its name
    except FileNotFoundError:
        raise UsageError(f"--list {place} is not there; name a file with a path on each line, or a folder.") from None
    except OSError as error:
        raise UsageError(f"--list {place} cannot be read: {error.strerror or error}.") from error


def books_below(root: Path) -> Iterator[Path]:
    """Yields the books in a folder and below it, in the order of their names.

    Each file that lies in the folder itself is a book, as in a drop folder. Below it, a folder with audio is one book
    with all that is in it, if none of the folders in it has audio too, apart from those of its discs; else each file is
    a book. An M4B is always one.
    """
    folder = _look(root)
    yield from folder.files
    for each in folder.folders:
        yield from _books_in(each, 1)


@dataclass(slots=True)
class _Folder:
    files: list[Path]
    """Of audio."""
    folders: list[Path]


def _books_in(path: Path, depth: int) -> Iterator[Path]:
    if depth > MOST_FOLDERS_DEEP:
        return
    folder = _look(path)
    if _is_one_book(folder, depth):
        yield path
        return
    yield from folder.files
    for each in folder.folders:
        yield from _books_in(each, depth + 1)


def _is_one_book(folder: _Folder, depth: int) -> bool:
    if any(suffix_of(each.name) in WHOLE_BOOKS for each in folder.files):
        return False
    inner = [each for each in folder.folders if _has_audio(each, depth + 1)]
    return bool(folder.files or inner) and all(is_disc(each.name) for each in inner)


def is_disc(name: str) -> bool:
    """Says if a folder is called as one disc or part of a book is: "CD 2", "Teil 3", "Disc02"."""
    found = _DISC.fullmatch(name.strip())
    return found is not None and folded(found["word"]) in COUNTERS


def _has_audio(path: Path, depth: int) -> bool:
    folder = _look(path)
    if folder.files or depth > MOST_FOLDERS_DEEP:
        return bool(folder.files)
    return any(_has_audio(each, depth + 1) for each in folder.folders)


def _look(path: Path) -> _Folder:
    """Lists a folder; one that cannot be read has nothing in it. Links to folders may lead back: they do not count."""
    found = _Folder([], [])
    try:
        with os.scandir(path) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError:
        return found
    for entry in entries:
        try:
            if is_left_alone(entry):
                continue
            if entry.is_dir(follow_symlinks=False):
                found.folders.append(Path(entry.path))
            elif entry.is_file() and suffix_of(entry.name) in AUDIO_SUFFIXES | DRM_SUFFIXES:
                found.files.append(Path(entry.path))
        except OSError:
            continue
    return found
