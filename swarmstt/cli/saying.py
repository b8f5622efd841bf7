"""What commands print, fit for a terminal: names of files, books and PCs come from others."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from swarmstt.display_text import escaped, one_line
from swarmstt.errors import LocalError, SwarmError


def say(line: str = "") -> None:
    """Prints a line of an answer on standard output."""
    print(escaped(line), flush=True)


def tell(line: str) -> None:
    """Prints a line for the person on standard error, where it is in nobody's way."""
    print(escaped(line), file=sys.stderr, flush=True)


def say_path(path: str) -> None:
    """Prints a path on standard output: as it is for a program that reads it, fit to be shown for a person."""
    print(escaped(path) if sys.stdout.isatty() else path, flush=True)


def say_script(script: str) -> None:
    """Prints what a shell reads, made of our own words only, as it is."""
    print(script, flush=True)


def say_json(answer: Any) -> None:
    """Prints JSON: readable on a terminal, and what that would obey is escaped in it, as JSON allows; for a program in
    ASCII, whatever code page it reads with."""
    for line in json.dumps(answer, ensure_ascii=not sys.stdout.isatty(), indent=2).split("\n"):
        print(escaped(line))


def part_failed(error: Exception, log_file: Path | None = None) -> SwarmError:
    """One line: what has failed, and what to do. An error that is meant for a person is kept as it is."""
    if isinstance(error, SwarmError):
        return error
    what = one_line(str(error)) or "no more is known"
    where = f"{log_file} says more" if log_file is not None else "--verbose says more"
    return LocalError(
        f"A part of swarmstt has failed ({type(error).__name__}: {what}); {where}. "
        "Start it again: unfinished books go on."
    )


def is_current_folder_gone() -> bool:
    try:
        Path.cwd()
    except OSError:
        return True
    return False


def current_folder() -> Path:
    """Returns the folder that a person is in; LocalError if it is no more."""
    if is_current_folder_gone():
        raise folder_is_gone()
    return Path.cwd()


def folder_is_gone() -> LocalError:
    return LocalError(
        "The folder that this command was started in is not there any more: change to another one, or name all files "
        "and --output_dir by their whole paths."
    )
