"""How much disk the recordings of each program may take, from their first byte on until they are forgotten."""

from __future__ import annotations

import secrets
from contextlib import suppress
from pathlib import Path

from swarmstt.core.programs.jobs import OWN_PROGRAM
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

    def new(self, program_id: str) -> Path:
        """Returns a new folder for a recording that arrives."""
        folder = self._folders.uploads / secrets.token_hex(8)
        folder.mkdir()
        self.note(folder, program_id)
        return folder

    def note(self, folder: Path, program_id: str) -> None:
        """Notes whose recording lies in that folder."""
        self._owners[folder] = program_id

    def leave(self, folder: Path) -> None:
        """Counts what lies there no more: it is being deleted."""
        self._owners.pop(folder, None)

    def free_bytes(self, program_id: str) -> int:
        """Returns how much more this program may send."""
        free_bytes = self._folders.free_bytes()
        if program_id != OWN_PROGRAM:
            free_bytes = min(free_bytes, max(0, self._most_bytes - self._held_bytes(program_id)))
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
        held_bytes = 0
        for folder in [each for each, owner in dict(self._owners).items() if owner == program_id]:
            if not folder.is_dir():
                self.leave(folder)
            for path in folder.glob("*"):
                with suppress(OSError):  # it has just gone, or got its name
                    held_bytes += path.stat().st_size
        return held_bytes
