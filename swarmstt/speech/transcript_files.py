"""Writes a book's transcript files, each whole or not at all, and never over another book's.

All files are first written under temporary names, and flushed; only then do they get their names, the JSON first.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from swarmstt.core.books import OutputOptions
from swarmstt.errors import OutputError, is_disk_full
from swarmstt.speech.output_names import file_stem
from swarmstt.speech.transcript_text import in_writing_order, render

_MOST_TRIES = 1000
_LONGEST_SUFFIX_BYTES = len(".json")


def write_transcript(
    folder: Path,
    name: str,
    transcript: dict[str, Any],
    formats: Iterable[str],
    options: OutputOptions,
    *,
    earlier: dict[str, Any] | None = None,
) -> list[Path]:
    """Writes `<name>.json`, `.srt` and so on into `folder`, which is made if need be; the paths in writing order.

    Where files of another book have the name, all formats get `name (2)` and so on. Files of this book are replaced:
    those beside a JSON that says so, and those that still are as its `earlier` transcript had them. OutputError, with
    no half-written file left behind, if they cannot be written.
    """
    in_order = in_writing_order(formats)
    texts = {format_: render(transcript, format_, options) for format_ in in_order}
    own = {format_: {text} for format_, text in texts.items()}
    if earlier is not None:
        own = {format_: {*own[format_], render(earlier, format_, options)} for format_ in in_order}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        temporary = _write_temporary(folder, texts)
        try:
            return _publish(folder, name, transcript["book_id"], own, temporary)
        finally:
            _remove(temporary.values())
    except OSError as error:
        raise OutputError(_explain(folder, error)) from error


def _publish(folder: Path, name: str, book_id: str, own: dict[str, set[str]], temporary: dict[str, Path]) -> list[Path]:
    """Gives the temporary files the first name that is free or this book's own; `own`: the texts by which it knows."""
    for number in range(1, _MOST_TRIES):
        stem = file_stem(name, number, _LONGEST_SUFFIX_BYTES)
        targets = {format_: folder / f"{stem}.{format_}" for format_ in own}
        is_ours = _book_of(folder / f"{stem}.json") == book_id
        if not is_ours and any(_is_of_another(target, own[format_]) for format_, target in targets.items()):
            continue
        if _rename_all(temporary, targets, own, overwrite=is_ours):
            _sync_folder(folder)
            return list(targets.values())
    raise OutputError(f"{folder} has too many transcripts called {name}; choose another folder with --output_dir.")


def _rename_all(
    temporary: dict[str, Path], targets: dict[str, Path], own: dict[str, set[str]], *, overwrite: bool
) -> bool:
    """Renames each; False, with all as it was, if another process took one of the names meanwhile."""
    new, ours = [], []
    for format_, target in targets.items():
        source = temporary[format_]
        if overwrite:
            ours.append((source, target))
        elif _rename_new(source, target):
            new.append((source, target))
        elif _is_of_another(target, own[format_]):
            for before, renamed in new:
                renamed.replace(before)
            return False
        else:
            ours.append((source, target))
    for source, target in ours:
        source.replace(target)
    return True


def _rename_new(source: Path, target: Path) -> bool:
    """Renames, or returns False if the name is taken."""
    try:
        if sys.platform == "win32":
            source.rename(target)
        else:
            os.link(source, target)
            source.unlink()
    except FileExistsError:
        return False
    except OSError:
        if sys.platform == "win32" or target.exists():
            raise
        source.replace(target)  # a file system without hard links
    return True


def _write_temporary(folder: Path, texts: dict[str, str]) -> dict[str, Path]:
    written: dict[str, Path] = {}
    try:
        for format_, text in texts.items():
            written[format_] = folder / f".swarmstt-{secrets.token_hex(8)}.tmp"
            with written[format_].open("x", encoding="utf-8", newline="\n", errors="replace") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
    except BaseException:
        _remove(written.values())
        raise
    return written


def _book_of(path: Path) -> str | None:
    """The book_id in a transcript's JSON; None if there is no such file or it is something else."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    book_id = content.get("book_id") if isinstance(content, dict) else None
    return book_id if isinstance(book_id, str) else None


def _is_of_another(path: Path, own: set[str]) -> bool:
    """Whether there is something by this name that is none of these texts."""
    if not path.is_symlink() and not path.exists():
        return False
    try:
        return path.is_symlink() or path.read_bytes() not in {text.encode("utf-8", "replace") for text in own}
    except OSError:
        return True


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Makes the names last, where folders can be flushed."""
    if sys.platform == "win32":
        return
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _explain(folder: Path, error: OSError) -> str:
    if is_disk_full(error):
        return f"There is no room for the transcript in {folder}; free some space or choose another with --output_dir."
    reason = error.strerror or str(error)
    return f"The transcript cannot be written to {folder} ({reason}); choose another folder with --output_dir."
