"""Puts EPUBs beside the other transcripts: they are too large to be held in memory, and often have the ebook's name."""

from __future__ import annotations

import secrets
import shutil
import zipfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from swarmstt.errors import OutputError
from swarmstt.files import sync_folder
from swarmstt.speech.transcripts.file_names import file_stem
from swarmstt.speech.transcripts.files import explain, rename_new

_SUFFIX = ".epub"
_MOST_TRIES = 1000


def write_epub_file(
    folder: Path, name: str, comment: bytes, write: Callable[[Path], None], *, token: str | None = None
) -> Path:
    """Writes `<name>.epub` whole or not at all; returns its path. One that has this comment is this book's own and is
    replaced; any other stays as it is, and ours gets `name (2)` and so on. OutputError if it cannot be written.
    Whoever ends this process meanwhile gives it a token, and calls `remove_temporary` with it."""
    temporary = folder / f".swarmstt-{token or secrets.token_hex(8)}.tmp"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write(temporary)
        for number in range(1, _MOST_TRIES):
            target = folder / (file_stem(name, number, len(_SUFFIX)) + _SUFFIX)
            if rename_new(temporary, target):
                break
            if _comment_of(target) == comment:
                temporary.replace(target)
                break
        else:
            raise OutputError(f"{folder} has too many ebooks called {name}; choose another folder with --output_dir.")
        sync_folder(folder)
    except OSError as error:
        raise OutputError(explain(folder, error)) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    return target


def remove_temporary(folders: Iterable[Path], token: str) -> None:
    """Removes what a process that was ended left of an EPUB, and of what goes into it."""
    for folder in folders:
        with suppress(OSError):
            for path in folder.glob(f".swarmstt-{token}*"):
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink(missing_ok=True)


def _comment_of(path: Path) -> bytes | None:
    if path.is_symlink() or not path.is_file():
        return None
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.comment
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError):
        return None
