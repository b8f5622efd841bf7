"""Files that are written whole or not at all, that only their owner may read, and what their bytes are known by."""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from swarmstt.launching import NO_WINDOW, system_program

logger = logging.getLogger(__name__)

TEMPORARY_SUFFIX = ".tmp"
"""What a file's name ends with while it is written."""

_OWNER_ONLY = 0o600
_OWNER_ONLY_FOLDER = 0o700
_OWNER_RIGHTS = "*S-1-3-4"
"""Windows's security id for whoever owns a file, in every language of the system."""
_HASH_BLOCK_BYTES = 2**20
_HELD_ERRORS = frozenset({5, 32, 33})
"""How Windows refuses to rename or delete a file that a program has open."""
HELD_SECONDS = 5.0
"""How long a file may be held: antivirus programs and searches do so for moments, players for longer."""
_RETRY_SECONDS = 0.05


class FileHeldError(PermissionError):
    """Another program has the file open, and lets nobody replace it."""

    def __init__(self, path: Path) -> None:
        super().__init__(errno.EACCES, f"another program has {path.name} open: close that program", str(path))


def replace_file(
    source: Path,
    target: Path,
    *,
    rename: Callable[[Path, Path], object] = os.replace,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
) -> None:
    """Renames a file, in place of what has that name already. Windows refuses that while a program has one of them
    open: it is tried again for some seconds. FileHeldError if they are held for longer."""
    last = clock() + HELD_SECONDS
    while (held := _held(rename, source, target)) is not None:
        if clock() >= last:
            raise FileHeldError(target) from held
        sleep(_RETRY_SECONDS)


def _held(rename: Callable[[Path, Path], object], source: Path, target: Path) -> PermissionError | None:
    """Renames, and returns the error of Windows if a program has one of the files open."""
    try:
        rename(source, target)
    except PermissionError as error:
        if getattr(error, "winerror", None) not in _HELD_ERRORS:
            raise
        return error
    return None


def write_whole(path: Path, content: bytes, *, lasting: bool = True, private: bool = False) -> None:
    """Writes a file that is there with all of this content, or as it was before: OSError if it cannot be written.

    `lasting`: once this returns it survives a loss of power. `private`: only its owner may read it, from its first
    byte on. Two processes must not write the same file at a time.
    """
    temporary = path.with_name(path.name + TEMPORARY_SUFFIX)
    try:
        # What a killed process left could have other rights, and what others put there could lead to another file.
        temporary.unlink(missing_ok=True)
        with _open_private(temporary) if private else temporary.open("xb") as file:
            _write(file, content, lasting=lasting)
        replace_file(temporary, path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def open_regular(path: Path) -> BinaryIO:
    """Opens a file to read it; OSError for anything else by its name, such as a pipe, which would keep its reader
    waiting. What is opened is what is looked at: between a look and an opening others could put another thing there."""
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    handle = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "Not a regular file", str(path))
    return os.fdopen(handle, "rb")


def read_regular(path: Path, most_bytes: int | None = None) -> bytes:
    """Reads a file; OSError for anything else by its name, and for one that is longer than this."""
    with open_regular(path) as file:
        if most_bytes is None:
            return file.read()
        _check_size(os.fstat(file.fileno()).st_size, path, most_bytes)  # so much is not even begun
        content = file.read(most_bytes + 1)
        _check_size(len(content), path, most_bytes)
        return content


def _check_size(size: int, path: Path, most_bytes: int) -> None:
    if size > most_bytes:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))


def copy_regular(source: Path, target: Path, most_bytes: int) -> None:
    """Copies a file to one that is not there yet; OSError as `read_regular`."""
    with open_regular(source) as file:
        _check_size(os.fstat(file.fileno()).st_size, source, most_bytes)
        with target.open("xb") as copy:
            while block := file.read(_HASH_BLOCK_BYTES):
                _check_size(copy.tell() + len(block), source, most_bytes)  # it may grow meanwhile
                copy.write(block)


def write_new(path: Path, content: bytes) -> None:
    """Writes a file that survives a loss of power once this returns; FileExistsError if there is one by its name."""
    with path.open("xb") as file:
        _write(file, content, lasting=True)


def _write(file: BinaryIO, content: bytes, *, lasting: bool) -> None:
    file.write(content)
    if lasting:
        file.flush()
        os.fsync(file.fileno())


def _open_private(path: Path) -> BinaryIO:
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), _OWNER_ONLY)
    file = os.fdopen(handle, "wb")
    try:
        make_private(path)
    except BaseException:
        file.close()
        raise
    return file


def make_private(path: Path) -> None:
    """Takes the right to read a file, or all that is in a folder, from all but its owner."""
    if sys.platform != "win32":
        if path.stat().st_mode & 0o077:
            path.chmod(_OWNER_ONLY_FOLDER if path.is_dir() else _OWNER_ONLY)
        return
    program = system_program("icacls")
    rights = f"{_OWNER_RIGHTS}:(OI)(CI)F" if path.is_dir() else f"{_OWNER_RIGHTS}:F"
    command = [program or "", str(path), "/inheritance:r", "/grant:r", rights]
    if (
        program is None
        or subprocess.run(command, capture_output=True, check=False, creationflags=NO_WINDOW).returncode != 0
    ):
        logger.warning("%s could not be hidden from this PC's other users.", path)


def put_in_place(partial: Path, target: Path, sha256: str | None) -> bool:
    """Gives a finished download its name. Returns False, with the download gone, if its bytes are not the expected."""
    if sha256 is not None and file_sha256(partial) != sha256:
        partial.unlink()
        return False
    replace_file(partial, target)
    return True


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder survive a loss of power, if this system can."""
    if sys.platform == "win32":
        return
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def file_sha256(path: Path) -> str:
    """Returns the hex SHA-256 of a file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_HASH_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
