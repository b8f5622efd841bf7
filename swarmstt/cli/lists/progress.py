"""How far a list is: one line that changes on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, TextColumn

from swarmstt.cli.saying import tell
from swarmstt.cli.system.bars import Bars
from swarmstt.display_text import escaped
from swarmstt.phrases import speed

LINE_SECONDS = 10.0


class ListProgress:
    """A context manager. `total`: how many books the list has."""

    def __init__(
        self, total: int, *, console: Console | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._total = total
        self._clock = clock
        self._said = ""
        self._said_at = clock()
        console = console or Console(stderr=True)
        columns = (TextColumn("{task.fields[what]}", markup=False), BarColumn())
        self._bar = Bars(*columns, console=console) if console.is_terminal else None

    def __enter__(self) -> ListProgress:
        if self._bar is not None:
            self._bar.__enter__()
            self._bar.add_task("", total=self._total, what="")
        return self

    def __exit__(self, *exception: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def show(self, done: int, trouble: int, views: Sequence[dict[str, Any]]) -> None:
        """Takes how many books are done or have trouble, and the views of those in work."""
        line = self._line(done, trouble, views)
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=done + trouble, what=line)
        elif line != self._said and self._clock() - self._said_at >= LINE_SECONDS:
            tell(line)
            self._said, self._said_at = line, self._clock()

    def tell(self, line: str) -> None:
        """Prints a line that stays."""
        if self._bar is not None:
            self._bar.console.print(escaped(line), markup=False, highlight=False)
        else:
            tell(line)

    def _line(self, done: int, trouble: int, views: Sequence[dict[str, Any]]) -> str:
        parts = [f"{done:,} of {self._total:,} books done"]
        if trouble:
            parts.append(f"{trouble:,} with trouble")
        if views:
            together = sum(each["speed"] or 0.0 for each in views)
            parts.append(f"{len(views)} in work" + (f" at {speed(together)}" if together else ""))
        return ", ".join(parts)
