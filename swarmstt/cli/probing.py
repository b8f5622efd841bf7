"""Shows how many books the node has probed, if that takes longer than a moment; on a terminal only."""

from __future__ import annotations

import asyncio

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn

from swarmstt.cli.system.bars import Bars
from swarmstt.phrases import count

QUIET_SECONDS = 1.0


class ProbingBar:
    """A bar that comes after a second and leaves nothing behind. A context manager."""

    def __init__(self, total: int, *, console: Console | None = None, quiet_seconds: float = QUIET_SECONDS) -> None:
        self._total = total
        self._console = console or Console(stderr=True)
        self._quiet_seconds = quiet_seconds
        self._timer: asyncio.TimerHandle | None = None
        self._progress: Bars | None = None
        self._done = 0

    def __enter__(self) -> ProbingBar:
        if self._console.is_terminal:
            self._timer = asyncio.get_running_loop().call_later(self._quiet_seconds, self._show)
        return self

    def __exit__(self, *exception: object) -> None:
        self.hide()

    def probed(self, number: int) -> None:
        """So many more books were probed."""
        self._done += number
        if self._progress is not None:
            self._progress.update(self._progress.task_ids[0], completed=self._done)

    def hide(self) -> None:
        """Nothing is shown from now on."""
        if self._timer is not None:
            self._timer.cancel()
        progress, self._progress = self._progress, None
        if progress is not None:
            progress.stop()

    def _show(self) -> None:
        columns = (TextColumn(f"looking at {count(self._total, 'book')}"), BarColumn(), MofNCompleteColumn())
        self._progress = Bars(*columns, console=self._console, transient=True)
        self._progress.add_task("", total=self._total, completed=self._done)
        self._progress.start()
