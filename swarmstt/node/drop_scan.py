"""Looks into drop folders. Everything here blocks: it runs in threads."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from swarmstt.core.drop_entries import FoundFile, is_left_alone, is_temporary, is_transcripts, suffix_of
from swarmstt.speech.book_files import AUDIO_SUFFIXES, DRM_SUFFIXES, MOST_FOLDERS_DEEP

SUFFIXES = AUDIO_SUFFIXES | DRM_SUFFIXES


def scan(folder: Path, apart: Collection[Path]) -> list[FoundFile]:
    """The audio files under a drop folder, and those with temporary names. `apart`: folders that are none of its
    books, if they are in it. OSError where the folder itself cannot be listed."""
    return list(_scan(folder, (), frozenset(str(each) for each in apart), frozenset()))


def _scan(
    folder: Path, parts: tuple[str, ...], apart: frozenset[str], above: frozenset[tuple[int, int]]
) -> Iterator[FoundFile]:
    info = folder.stat()
    identity = (info.st_dev, info.st_ino)
    if identity in above or len(above) > MOST_FOLDERS_DEEP:
        return  # a link back to a folder above
    try:
        with os.scandir(folder) as listing:
            entries = list(listing)
    except PermissionError:
        if not parts:
            raise
        yield FoundFile(path=parts, size=0, changed_ns=0, locked=True)
        return
    for entry in entries:
        path = (*parts, entry.name)
        if is_temporary(entry.name):
            yield FoundFile(path=path, size=0, changed_ns=0)
            continue
        if is_left_alone(entry.name) or entry.path in apart or (not parts and is_transcripts(entry.name)):
            continue
        try:
            if entry.is_dir():
                yield from _scan(Path(entry.path), path, apart, above | {identity})
            elif suffix_of(entry.name) in SUFFIXES and entry.is_file():
                info = entry.stat()
                yield FoundFile(path=path, size=info.st_size, changed_ns=info.st_mtime_ns)
        except OSError:
            continue  # it has just gone, or is a link to nowhere


class Writers:
    """The files that programs on this PC have open for writing, as far as this system tells. It tells nothing of
    other PCs that write to a network drive, and nothing on macOS."""

    def __init__(self) -> None:
        self._paths = frozenset(_open_for_writing()) if sys.platform == "linux" else frozenset()

    def has(self, book: Path) -> bool:
        """Whether somebody writes to this file, or to one in this folder."""
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
    """Whether the file cannot be opened now with nobody else writing to it; Windows knows."""
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
