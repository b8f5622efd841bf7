"""Looks into drop folders. Everything here blocks: it runs in threads."""

from __future__ import annotations

import ctypes
import os
import sys
from collections import deque
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from swarmstt.core.drop_folder.entries import FoundFile, is_silent, is_transcripts
from swarmstt.core.left_alone import is_temporary, suffix_of
from swarmstt.speech.audio.book_files import (
    DRM_SUFFIXES,
    MOST_FOLDERS,
    MOST_FOLDERS_DEEP,
    ZIP_SUFFIX,
    is_left_alone,
)
from swarmstt.speech.containers.formats import AUDIO_SUFFIXES

SUFFIXES = AUDIO_SUFFIXES | DRM_SUFFIXES | {ZIP_SUFFIX}


def scan(folder: Path, apart: Collection[Path]) -> list[FoundFile]:
    """Returns the files under a drop folder but for those that nobody takes for audio. `apart`: folders that are none
    of its books, if they are in it. OSError where the folder itself cannot be listed."""
    top = _identity(folder)
    names = frozenset(str(each) for each in apart)
    return [file for entry in _entries(folder) for file in _under(entry, names, {top})]


def _under(entry: os.DirEntry[str], apart: frozenset[str], seen: set[tuple[int, int]]) -> Iterator[FoundFile]:
    """Yields what there is of one thing in the drop folder. A folder to which several links lead counts once: else a
    few folders full of links to one another would have more paths than anybody can list."""
    waiting: deque[tuple[os.DirEntry[str], tuple[str, ...]]] = deque([(entry, (entry.name,))])
    while waiting:
        each, path = waiting.popleft()
        if is_temporary(each.name):
            yield FoundFile(path=path, size=0, changed_ns=0)
            continue
        if each.path in apart or (len(path) == 1 and is_transcripts(each.name)):
            continue
        try:
            if is_left_alone(each):
                continue
            if each.is_dir():
                if not _is_first_time(each, seen) or len(path) > MOST_FOLDERS_DEEP:
                    continue
                try:
                    inside = _entries(Path(each.path))
                except PermissionError:
                    yield FoundFile(path=path, size=0, changed_ns=0, locked=True)
                    continue
                waiting.extend((found, (*path, found.name)) for found in inside)
            elif not is_silent(each.name) and each.is_file():
                info = each.stat()
                yield FoundFile(path=path, size=info.st_size, changed_ns=info.st_mtime_ns)
        except OSError:
            continue  # it has just gone, or is a link to nowhere


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """Lists a folder, links last: what a link leads to may be there without it too."""
    with os.scandir(folder) as listing:
        return sorted(listing, key=lambda entry: (entry.is_symlink(), entry.name))


def _is_first_time(folder: os.DirEntry[str], seen: set[tuple[int, int]]) -> bool:
    identity = _identity(Path(folder.path))
    if identity in seen or len(seen) > MOST_FOLDERS:
        return False
    seen.add(identity)
    return True


def _identity(folder: Path) -> tuple[int, int]:
    info = folder.stat()
    return info.st_dev, info.st_ino


class Writers:
    """The files that programs on this PC have open for writing, as far as this system says. It says nothing of
    other PCs that write to a network drive, and nothing on macOS."""

    def __init__(self) -> None:
        self._paths = frozenset(_open_for_writing()) if sys.platform == "linux" else frozenset()

    def has(self, book: Path) -> bool:
        """Returns whether somebody writes to this file, or to one in this folder."""
        if sys.platform == "win32":
            files = book.rglob("*") if book.is_dir() else [book]
            return any(_is_shut_out(file) for file in files if suffix_of(file.name) in SUFFIXES)
        real = os.path.realpath(book)
        return real in self._paths or any(path.startswith(real + os.sep) for path in self._paths)


def _open_for_writing() -> Iterator[str]:
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):  # another person's, or it has just ended
            for file in process.open_files():
                if set(getattr(file, "mode", "")) & {"w", "a", "+"} and suffix_of(file.path) in SUFFIXES:
                    yield file.path


def _is_shut_out(file: Path) -> bool:
    """Returns whether the file cannot be opened now with nobody else writing to it; Windows knows."""
    if sys.platform != "win32":
        return False
    read, share_read, open_existing, sharing_violation = 0x80000000, 0x1, 3, 32
    kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    kernel.CreateFileW.restype = ctypes.c_void_p
    handle = kernel.CreateFileW(str(file), read, share_read, None, open_existing, 0, None)
    if handle == ctypes.c_void_p(-1).value:
        return ctypes.get_last_error() == sharing_violation
    kernel.CloseHandle(ctypes.c_void_p(handle))
    return False
