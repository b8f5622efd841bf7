"""The id of this PC as a guest."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from swarmstt.errors import StorageError
from swarmstt.files import write_whole
from swarmstt.node.data_dir import Folders

_BYTES = 8


class OwnId:
    """An id, and the file that keeps it; None while another guest that runs here has that file's id."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        kept = file.read_text(encoding="utf-8", errors="replace") if file is not None and file.exists() else ""
        self.value = kept if len(kept) == 2 * _BYTES and kept.isalnum() else ""
        if not self.value:
            self._choose()

    def renew(self) -> None:
        """Chooses another id, as another PC has this one too; StorageError if it cannot be kept."""
        try:
            self._choose()
        except OSError as error:
            raise StorageError(f"The new id of this PC cannot be written: {error.strerror}.") from error

    def _choose(self) -> None:
        self.value = secrets.token_hex(_BYTES)
        if self._file is not None:
            write_whole(self._file, self.value.encode(), lasting=False)


@contextmanager
def own_id(folders: Folders) -> Iterator[OwnId]:
    """The id of this PC as a guest: the same at each start, or one of its own while another guest runs here."""
    try:
        folders.make()
        lock = FileLock(folders.data_dir / "guest.lock")
        with suppress(Timeout):
            lock.acquire(timeout=0)
        chosen = OwnId(folders.data_dir / "guest-id" if lock.is_locked else None)
    except OSError as error:
        raise StorageError(f"The data folder {folders.data_dir} cannot be used: {error.strerror}.") from error
    try:
        yield chosen
    finally:
        lock.release()
