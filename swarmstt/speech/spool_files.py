"""Files of the spool, written whole or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from swarmstt.errors import is_disk_full


class SpoolError(Exception):
    """A file could not be written: `is_full` if the disk has no room for it."""

    def __init__(self, *, is_full: bool, reason: str) -> None:
        super().__init__(reason)
        self.is_full = is_full
        self.reason = reason


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file that is there whole or not at all; SpoolError if it cannot."""
    temporary = path.with_name(path.name + ".tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        reason = error.strerror or str(error)
        raise SpoolError(is_full=is_disk_full(error), reason=reason) from error
