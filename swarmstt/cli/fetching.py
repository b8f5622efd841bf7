"""Shows how the fetch of a model gets on: a bar on a terminal, plain lines elsewhere, nothing until bytes come."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TaskID, TextColumn, TransferSpeedColumn

from swarmstt.cli.saying import tell
from swarmstt.cli.system.bars import Bars

LINE_SECONDS = 5.0

FetchShown = Callable[[str, int, int], None]
"""Told, in any thread, the model's name, and how many bytes of how many have come."""


@contextmanager
def fetch_display(
    console: Console | None = None, *, clock: Callable[[], float] = time.monotonic
) -> Iterator[FetchShown]:
    """Yields what the fetch is to call."""
    console = console or Console(stderr=True)
    if not console.is_terminal:
        yield FetchLines(clock)
        return
    bar = FetchBar(console)
    try:
        yield bar
    finally:
        bar.stop()


class FetchBar:
    """A bar that comes with the first bytes, and goes with the last."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress: Bars | None = None
        self._bar: TaskID | None = None

    def __call__(self, name: str, done: int, total: int) -> None:
        if self._progress is None or self._bar is None:
            columns = (TextColumn("model {task.fields[name]}", markup=False), BarColumn(), DownloadColumn())
            self._progress = Bars(*columns, TransferSpeedColumn(), console=self._console)
            self._progress.start()
            self._bar = self._progress.add_task("", total=total, name=name)
        self._progress.update(self._bar, completed=done, total=total, name=name)
        if done >= total:
            self.stop()

    def stop(self) -> None:
        progress, self._progress = self._progress, None
        if progress is not None:
            progress.stop()


class FetchLines:
    """A line at the begin, now and then, and at the end."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._said_at: float | None = None

    def __call__(self, name: str, done: int, total: int) -> None:
        now = self._clock()
        if self._said_at is not None and done < total and now - self._said_at < LINE_SECONDS:
            return
        self._said_at = now
        tell(f"model {name}: {done / 1e6:.0f} of {total / 1e6:.0f} MB")
