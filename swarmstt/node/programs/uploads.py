"""How much disk the recordings of each program may take, from their first byte on until they are forgotten."""

from __future__ import annotations

import secrets
import threading
from contextlib import suppress
from pathlib import Path

from swarmstt.core.programs.jobs import OWN_PROGRAM
from swarmstt.errors import TooMuchAtOnceError
from swarmstt.node.data_dir import Folders

MOST_BYTES = 64 * 2**30
"""Of one program: two thousand hours as MP3, two hundred as a studio records them."""


class Uploads:
    """The folders that recordings of programs lie in. Programs of this PC have its whole disk, as its page has. What
    looks at the disk is called in threads."""

    def __init__(self, folders: Folders, *, most_bytes: int = MOST_BYTES) -> None:
        self._folders = folders
        self._most_bytes = most_bytes
        self._owners: dict[Path, str] = {}
        self._announced_bytes: dict[Path, int] = {}
        """What is to come into each folder in all; nothing for a recording that is whole."""
        self._admitting = threading.Lock()

    def new(self, program_id: str, byte_count: int = 0) -> Path:
        """Returns a new folder for a recording that arrives, with room for so many bytes: what was announced has its
        room before it is there. TooMuchAtOnceError if others took that meanwhile."""
        folder = self._folders.uploads / secrets.token_hex(8)
        with self._admitting:
            if not self.has_room(program_id, byte_count):
                raise TooMuchAtOnceError
            folder.mkdir()
            self._announced_bytes[folder] = byte_count
            self.note(folder, program_id)
        return folder

    def arrived(self, folder: Path) -> None:
        """Notes that what lies there is whole: only that counts from now on."""
        self._announced_bytes.pop(folder, None)

    def note(self, folder: Path, program_id: str) -> None:
        """Notes whose recording lies in that folder."""
        self._owners[folder] = program_id

    def leave(self, folder: Path) -> None:
        """Counts what lies there no more: it is being deleted."""
        self._owners.pop(folder, None)
        self.arrived(folder)

    def free_bytes(self, program_id: str) -> int:
        """Returns how much more this program may send, whatever it announced: that is among it."""
        free_bytes = self._folders.free_bytes()
        if program_id != OWN_PROGRAM:
            free_bytes = min(free_bytes, max(0, self._most_bytes - sum(self._present(program_id).values())))
        return free_bytes

    def has_room(self, program_id: str, byte_count: int) -> bool:
        """Returns whether so much more is within what this program may have, or is more than it ever may."""
        if program_id == OWN_PROGRAM or byte_count > self._most_bytes:
            return True
        return self._held_bytes(program_id) + max(1, byte_count) <= self._most_bytes

    def is_crowded(self, program_id: str) -> bool:
        """Returns whether so much lies there that what is done should go."""
        return program_id != OWN_PROGRAM and self._held_bytes(program_id) > self._most_bytes // 2

    def _held_bytes(self, program_id: str) -> int:
        present = self._present(program_id)
        return sum(max(count, self._announced_bytes.get(folder, 0)) for folder, count in present.items())

    def _present(self, program_id: str) -> dict[Path, int]:
        """The bytes that lie in each folder of that program."""
        present: dict[Path, int] = {}
        for folder in [each for each, owner in dict(self._owners).items() if owner == program_id]:
            if not folder.is_dir():
                self.leave(folder)
                continue
            present[folder] = 0
            for path in folder.glob("*"):
                with suppress(OSError):  # it has just gone, or got its name
                    present[folder] += path.stat().st_size
        return present
