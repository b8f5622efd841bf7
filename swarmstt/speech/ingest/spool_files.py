"""Files of the spool: each chunk's audio with its checksum beside it, from when it was written until it is decoded.

A chunk that an earlier version wrote has none, and is taken as it is.
"""

from __future__ import annotations

import errno
import hashlib
from contextlib import suppress
from pathlib import Path

from swarmstt.errors import is_disk_full
from swarmstt.files import write_whole

_CHECKSUM_SUFFIX = ".sum"
_CHECKSUM_BYTES = 16


class SpoolError(Exception):
    """A file could not be written: `is_full` if the disk has no room for it."""

    def __init__(self, *, is_full: bool, reason: str) -> None:
        super().__init__(reason)
        self.is_full = is_full
        self.reason = reason


def write_to_spool(path: Path, content: bytes) -> None:
    """Writes a file that is there whole or not at all, and then its checksum; SpoolError if it cannot."""
    try:
        _checksum_of(path).unlink(missing_ok=True)
        write_whole(path, content)
        write_whole(_checksum_of(path), _checksum(content), lasting=False)
    except OSError as error:
        raise SpoolError(is_full=is_disk_full(error), reason=error.strerror or str(error)) from error


def read_from_spool(path: Path) -> bytes:
    """Reads a file of the spool; OSError if it cannot be read, or is not as it was written."""
    content = path.read_bytes()
    with suppress(FileNotFoundError):
        if _checksum_of(path).read_bytes() != _checksum(content):
            raise OSError(errno.EIO, "It was damaged on the disk", str(path))
    return content


def is_whole(path: Path) -> bool:
    """Returns whether the file is there, and as it was written."""
    try:
        read_from_spool(path)
    except OSError:
        return False
    return True


def remove_from_spool(path: Path) -> None:
    """Deletes a file and its checksum, if they are there; OSError if it cannot."""
    path.unlink(missing_ok=True)
    _checksum_of(path).unlink(missing_ok=True)


def _checksum_of(path: Path) -> Path:
    return path.with_name(path.name + _CHECKSUM_SUFFIX)


def _checksum(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=_CHECKSUM_BYTES).hexdigest().encode()
