"""Shows how books get on: a live bar for each on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn

from swarmstt.cli.saying import tell
from swarmstt.cli.system.bars import Bars
from swarmstt.display_text import escaped
from swarmstt.phrases import about_time, percent, speed

LINE_SECONDS = 10.0
"""Between plain lines about one book in which something is different."""
STILL_SECONDS = 30.0
"""After so long the same line is said again: whoever reads a log knows that it goes on."""


class Display(Protocol):
    def __enter__(self) -> Display: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def show(self, book: dict[str, Any]) -> None:
        """Takes a book's newest view."""


def display() -> Display:
    console = Console(stderr=True)
    return BookBars(console) if console.is_terminal else Lines()


def describe(book: dict[str, Any]) -> str:
    """What goes on, in a few words."""
    if book["state"] == "merging":
        return "writing"
    if book["paused"]:
        return "paused"
    if book["state"] == "done":
        return "done"
    if book["speed"] is None or book["remaining_seconds"] is None:
        return "" if book["percent"] else "transcribing" if book["read_whole"] else "reading"
    return f"{speed(book['speed'])}, {about_time(book['remaining_seconds'])} left"


class BookBars:
    """A bar a book."""

    def __init__(self, console: Console) -> None:
        self._progress = Bars(
            TextColumn("{task.fields[name]}", markup=False),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TextColumn("{task.fields[what]}", markup=False),
            console=console,
        )
        self._bars: dict[str, TaskID] = {}

    def __enter__(self) -> BookBars:
        self._progress.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.__exit__(kind, error, trace)

    def show(self, book: dict[str, Any]) -> None:
        name = escaped(book["filename"])
        shown = name if len(name) <= 40 else name[:39] + "…"
        bar = self._bars.get(book["book_id"])
        if bar is None:
            bar = self._bars[book["book_id"]] = self._progress.add_task("", total=100, name=shown, what="")
        self._progress.update(bar, completed=book["percent"], what=describe(book))


class Lines:
    """A line a book now and then."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._said_at: dict[str, float] = {}
        self._said: dict[str, str] = {}

    def __enter__(self) -> Lines:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def show(self, book: dict[str, Any]) -> None:
        book_id, now = book["book_id"], self._clock()
        silent_seconds = now - self._said_at.setdefault(book_id, now)
        if book["state"] != "open" or silent_seconds < LINE_SECONDS:
            return
        line = f"{book['filename']}: {percent(book['percent'])}" + (f", {words}" if (words := describe(book)) else "")
        if line != self._said.get(book_id) or silent_seconds >= STILL_SECONDS:
            tell(line)
            self._said[book_id], self._said_at[book_id] = line, now
