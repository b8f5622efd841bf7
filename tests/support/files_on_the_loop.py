"""Writes down each file below a folder that is opened, listed, moved or looked at while an event loop runs in that
thread: on a slow disk the loop would stand still for as long as that takes. Python tells of the first three by itself;
what only looks is wrapped."""

from __future__ import annotations

import asyncio.events
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

EVENTS = frozenset(
    {"open", "sqlite3.connect"}
    | {f"os.{name}" for name in ("listdir", "scandir", "mkdir", "rmdir", "remove", "rename", "link", "truncate")}
    | {f"os.{name}" for name in ("utime", "chmod", "chown", "symlink")}
)
LOOKS = ("stat", "lstat", "statvfs", "access", "readlink", "fsync")
ALLOWED = ("speech/engine/settings.py",)
"""It looks at the size of a model's file, which was read just before."""
_MOST_FRAMES = 12
_readlink = os.readlink

Note = Callable[[str, list[str]], None]


def watch_files(below: Path, note: Note) -> None:
    """Calls `note` with what was done to which file, and by whom, from now on and for good."""
    root = str(below)

    def see(what: str, path: object) -> None:
        if asyncio.events._get_running_loop() is None:
            return
        name = _name_of(path)
        if name.startswith(root):
            frames = traceback.extract_stack()[:-2]
            stack = [f"{each.filename}:{each.lineno} {each.name}" for each in frames if __file__ not in each.filename]
            if not any(allowed in each for allowed in ALLOWED for each in stack):
                note(f"{what} {name[len(root) :]}", stack[-_MOST_FRAMES:])

    def heard(event: str, arguments: tuple[Any, ...]) -> None:
        if event in EVENTS:
            see(event, arguments[0])

    def wrapped(name: str, look: Callable[..., Any]) -> Callable[..., Any]:
        def looks(path: Any, *more: Any, **options: Any) -> Any:
            see(name, path)
            return look(path, *more, **options)

        return looks

    def copies(copy: Callable[..., Any]) -> Callable[..., Any]:
        def copied(target: int, source: int, *more: Any, **options: Any) -> Any:
            see("sendfile", source)
            return copy(target, source, *more, **options)

        return copied

    for name in LOOKS:
        if hasattr(os, name):
            setattr(os, name, wrapped(name, getattr(os, name)))
    if sendfile := getattr(os, "sendfile", None):
        vars(os)["sendfile"] = copies(sendfile)
    sys.addaudithook(heard)


def _name_of(path: object) -> str:
    """Returns the path as text; that of an open file too, where the system tells."""
    try:
        if isinstance(path, int):
            return _readlink(f"/proc/self/fd/{path}") if path >= 0 else ""
        return os.path.abspath(os.fsdecode(path))  # type: ignore[arg-type] # noqa: PTH100 # resolve() looks at files
    except (OSError, TypeError, ValueError):
        return ""
