"""How a book is to be done, as the options of this program say."""

from __future__ import annotations

import sys

from swarmstt.config import Config
from swarmstt.core.file_names import windows_room
from swarmstt.core.requests import BookOptions
from swarmstt.errors import UsageError


def usual_options(config: Config) -> BookOptions:
    """Returns how a book is done if nothing else is asked for: as config.toml and the environment say. Its model is the
    node's, and its folder for transcripts, if none is named, that of `transcripts_dir` or its drop folder's."""
    return BookOptions(
        decode=config.decode,
        chunk_seconds=config.chunk_seconds,
        done_within_hours=config.done_within_hours,
        output_dir=None if config.output_dir is None else str(config.output_dir.absolute()),
        formats=config.formats,
        output=config.output,
        local_only=config.local_only,
    )


def check_room(folder: str) -> None:
    """UsageError if Windows has no room for a transcript's name in this folder: before hours of decoding."""
    if sys.platform == "win32" and not windows_room(folder):
        raise UsageError(f"The path of {folder} is too long for Windows; choose a shorter one with --output_dir.")
