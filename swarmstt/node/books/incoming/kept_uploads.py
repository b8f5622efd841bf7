"""Uploads that are yet to become books, each with a note beside its folder: the next start takes what this one did not
come to, whether the node was ended or died."""

from __future__ import annotations

import json
import logging
import shutil
from dataclasses import dataclass
from pathlib import Path

from swarmstt.codec import PlainError, from_plain, to_plain
from swarmstt.core.requests import BookOptions
from swarmstt.files import write_whole
from swarmstt.node.data_dir import note_of_upload

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptUpload:
    """How an upload becomes a book, as its note says it. `paths`: what the files were called, in their order there."""

    filename: str
    options: BookOptions
    paths: tuple[tuple[str, ...], ...]


def keep(folder: Path, upload: KeptUpload) -> None:
    """Writes the note. OSError if it cannot be written."""
    write_whole(note_of_upload(folder), json.dumps(to_plain(upload)).encode())


def let_go(folder: Path) -> None:
    """Deletes the note; what lies in the folder is left alone."""
    note_of_upload(folder).unlink(missing_ok=True)


def kept_in(uploads: Path) -> list[tuple[Path, KeptUpload]]:
    """Returns the folders there that have notes, by their names. A note that cannot be read goes with its upload."""
    found = []
    for folder in sorted(each for each in uploads.iterdir() if each.is_dir()):
        note = note_of_upload(folder)
        if note.exists():
            try:
                found.append((folder, from_plain(KeptUpload, json.loads(note.read_bytes()))))
            except (OSError, ValueError, RecursionError, PlainError) as error:
                logger.warning("An upload that waited for an answer cannot be taken: %s", error)
                let_go(folder)
                shutil.rmtree(folder, ignore_errors=True)
    return found
