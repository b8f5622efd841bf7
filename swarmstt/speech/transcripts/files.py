"""Writes a book's transcript files, each whole or not at all, and never over another book's.

All files are first written under temporary names, and flushed; only then do they get their names, the JSON first. If
one of them cannot, because a program on Windows has the old one open, all stay as they were.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from swarmstt.core.file_names import windows_room
from swarmstt.errors import OutputError, is_disk_full
from swarmstt.files import FileHeldError, read_regular, replace_file, sync_folder, write_new
from swarmstt.options import OutputOptions
from swarmstt.output_formats import FORMATS
from swarmstt.speech.transcripts.file_names import file_stem
from swarmstt.speech.transcripts.formats import all_forms, in_writing_order, render

MOST_BYTES = 2**28
"""Of a file that lies where a transcript is to be written, if it may be one: others write there too. A hundred hours of
words are a third of that."""
_MOST_TRIES = 1000
_LONGEST_SUFFIX_BYTES = max(len(each.suffix) for each in FORMATS.values())


def write_transcript(
    folder: Path,
    name: str,
    transcript: dict[str, Any],
    formats: Iterable[str],
    options: OutputOptions,
    *,
    earlier: dict[str, Any] | None = None,
) -> list[Path]:
    """Writes `<name>.json`, `.srt` and so on into `folder`, which is made if need be; returns their paths.

    If files of another book have the name, all formats get `name (2)` and so on. Files of this book are replaced:
    those beside a JSON that says so, and those that still are as its `earlier` transcript had them. OutputError, with
    no half-written file left behind, if they cannot be written.
    """
    in_order = in_writing_order(formats)
    contents = {format_: render(transcript, format_, options) for format_ in in_order}
    own = {format_: {content} for format_, content in contents.items()}
    if earlier is not None:
        own = {format_: {*own[format_], *all_forms(earlier, format_, options)} for format_ in in_order}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        temporary = _write_temporary(folder, contents)
        try:
            return _publish(folder, name, transcript["book_id"], own, temporary)
        finally:
            _remove(temporary.values())
    except OSError as error:
        raise OutputError(explain(folder, error)) from error


def _publish(
    folder: Path, name: str, book_id: str, own: dict[str, set[bytes]], temporary: dict[str, Path]
) -> list[Path]:
    """Gives the temporary files the first name that is free or this book's own, known by the contents in `own`."""
    room = _room_in(folder)
    for number in range(1, _MOST_TRIES):
        stem = file_stem(name, number, _LONGEST_SUFFIX_BYTES, room)
        targets = {format_: folder / (stem + FORMATS[format_].suffix) for format_ in own}
        is_ours = _book_of(folder / f"{stem}.json") == book_id
        if not is_ours and any(_is_of_another(target, own[format_]) for format_, target in targets.items()):
            continue
        if _rename_all(temporary, targets, own, overwrite=is_ours):
            sync_folder(folder)
            return list(targets.values())
    raise OutputError(f"{folder} has too many transcripts called {name}; choose another folder with --output_dir.")


def _rename_all(
    temporary: dict[str, Path], targets: dict[str, Path], own: dict[str, set[bytes]], *, overwrite: bool
) -> bool:
    """Renames each; False, with all as it was, if another process took one of the names meanwhile."""
    new, ours = [], []
    for format_, target in targets.items():
        source = temporary[format_]
        if overwrite:
            ours.append((source, target))
        elif rename_new(source, target):
            new.append((source, target))
        elif _is_of_another(target, own[format_]):
            _take_back(new)
            return False
        else:
            ours.append((source, target))
    try:
        _replace_all(ours)
    except OSError:
        _take_back(new)
        raise
    return True


def _take_back(renamed: Iterable[tuple[Path, Path]]) -> None:
    for source, target in renamed:
        with suppress(OSError):
            replace_file(target, source)


def _replace_all(renames: Sequence[tuple[Path, Path]]) -> None:
    """Gives each source its target's name, or leaves all targets as they were."""
    old = {target: target.with_name(_temporary_name()) for _, target in renames if target.exists()}
    done: list[Path] = []
    try:
        for target, copy in old.items():
            _copy(target, copy)
        for source, target in renames:
            replace_file(source, target)
            done.append(target)
    except OSError:
        for target in done:
            with suppress(OSError):
                if target in old:
                    replace_file(old[target], target)
                else:
                    target.unlink()
        raise
    finally:
        _remove(old.values())


def _copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without hard links
        shutil.copyfile(source, target)


def rename_new(source: Path, target: Path) -> bool:
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
        replace_file(source, target)  # a file system without hard links
    return True


def _write_temporary(folder: Path, contents: dict[str, bytes]) -> dict[str, Path]:
    written: dict[str, Path] = {}
    try:
        for format_, content in contents.items():
            written[format_] = folder / _temporary_name()
            write_new(written[format_], content)
    except BaseException:
        _remove(written.values())
        raise
    return written


def _temporary_name() -> str:
    return f".swarmstt-{secrets.token_hex(8)}.tmp"


def _room_in(folder: Path) -> int | None:
    """Returns how many UTF-16 units a name may have there; None if only the file system counts."""
    if sys.platform != "win32":
        return None
    room = windows_room(str(folder.absolute()))
    if not room:
        raise OutputError(f"The path of {folder} is too long for Windows; choose a shorter one with --output_dir.")
    return room


def _book_of(path: Path) -> str | None:
    """Reads the book_id in a transcript's JSON; None if there is no such file or it is something else."""
    try:
        content = json.loads(read_regular(path, MOST_BYTES))
    except (OSError, ValueError, RecursionError, MemoryError):
        return None
    book_id = content.get("book_id") if isinstance(content, dict) else None
    return book_id if isinstance(book_id, str) else None


def _is_of_another(path: Path, own: set[bytes]) -> bool:
    """Says if there is something by this name that has none of these contents."""
    if not path.is_symlink() and not path.exists():
        return False
    try:
        return path.is_symlink() or read_regular(path, max(map(len, own), default=0)) not in own
    except OSError:
        return True


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def explain(folder: Path, error: OSError) -> str:
    """Says why files cannot be written into a folder, and what to do."""
    if is_disk_full(error):
        return f"There is no room for the transcript in {folder}; free some space or choose another with --output_dir."
    if isinstance(error, FileHeldError):
        return f"The transcript was not written to {folder}: {error.strerror}, and try again."
    reason = error.strerror or str(error)
    return f"The transcript cannot be written to {folder} ({reason}); choose another folder with --output_dir."
