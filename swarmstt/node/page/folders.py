"""Shows a book's folder to the person at this PC."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from swarmstt import launching
from swarmstt.errors import ConflictError, NotFoundError


def show_folder(folder: Path, environ: Mapping[str, str] = os.environ) -> None:
    """Opens a folder of this PC in the program that shows folders. NotFoundError if it is not there any more,
    ConflictError if nothing can show it. Blocks."""
    if not folder.is_dir():
        raise NotFoundError(f"The folder {folder} is not there any more: it was moved, or its disk is not connected.")
    if not _has_screen(environ):
        raise ConflictError(
            f"swarmstt runs without a screen here, so it cannot show folders. The files are in {folder}."
        )
    try:
        launching.open_folder(folder)
    except OSError as error:
        raise ConflictError(
            f"The folder cannot be shown ({error.strerror or error}). The files are in {folder}."
        ) from error


def _has_screen(environ: Mapping[str, str]) -> bool:
    """Windows and macOS open folders whatever the environment says; on Linux a service may run before any desktop."""
    return sys.platform in ("win32", "darwin") or bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))
