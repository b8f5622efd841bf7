"""Files that only their owner may read."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path

logger = logging.getLogger(__name__)

_OWNER_ONLY = 0o600
_OWNER_RIGHTS = "*S-1-3-4"
"""Windows's security id for whoever owns a file, in every language of the system."""


def write_private(path: Path, content: bytes) -> None:
    """Writes a file, whole or not at all, that only its owner may read."""
    temporary = path.with_name(path.name + ".tmp")
    temporary.unlink(missing_ok=True)
    handle = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), _OWNER_ONLY)
    with os.fdopen(handle, "wb") as file:
        make_private(temporary)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def make_private(path: Path) -> None:
    """Takes the right to read a file from all but its owner."""
    if sys.platform != "win32":
        if path.stat().st_mode & 0o077:
            path.chmod(_OWNER_ONLY)
        return
    program = shutil.which("icacls")
    command = [program or "icacls", str(path), "/inheritance:r", "/grant:r", f"{_OWNER_RIGHTS}:F"]
    if program is None or subprocess.run(command, capture_output=True, check=False).returncode != 0:
        logger.warning("%s could not be hidden from this PC's other users.", path)
