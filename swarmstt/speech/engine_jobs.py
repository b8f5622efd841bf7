"""The engine's jobs, which of them may start, and how they end."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from swarmstt.errors import EngineError, InputError, LocalError


@dataclass(slots=True, eq=False, kw_only=True)
class Job:
    """One request, until its future is done. `deaths`: children that ended while they had it."""

    number: int
    request: dict[str, Any]
    on_progress: Callable[[float], None]
    future: asyncio.Future[dict[str, Any]]
    deaths: int = 0

    def answer(self, frame: dict[str, Any]) -> None:
        """What the child said last about it. Who does not wait any more is not told."""
        if frame["type"] != "done":
            self.fail(_failure(frame))
        elif not self.future.done():
            self.future.set_result(frame)

    def fail(self, error: LocalError) -> None:
        if not self.future.done():
            self.future.set_exception(error)


@dataclass(slots=True, kw_only=True)
class Jobs:
    """Where each job is: waiting for a slot, in the child, or leaving it because nobody wants it any more."""

    waiting: deque[Job] = field(default_factory=deque)
    running: dict[int, Job] = field(default_factory=dict)
    leaving: set[int] = field(default_factory=set)

    def next_to_start(self, slots: int) -> Job | None:
        """The next job if it may start now, taken from the queue. Jobs that saw a child die run alone."""
        busy = len(self.running) + len(self.leaving)
        if not self.waiting or busy >= slots:
            return None
        alone = self.waiting[0].deaths > 0 or any(job.deaths for job in self.running.values())
        return None if alone and busy else self.waiting.popleft()

    def child_ended(self) -> list[Job]:
        """Empties the child's side; the jobs that it owed, in their order."""
        owed = sorted(self.running.values(), key=lambda job: job.number)
        self.running.clear()
        self.leaving.clear()
        return owed

    def wait_first(self, jobs: Sequence[Job]) -> None:
        self.waiting.extendleft(reversed(jobs))

    def take_all(self) -> list[Job]:
        """Empties all that waits or runs, and returns it."""
        taken = [*self.waiting, *self.running.values()]
        self.waiting.clear()
        self.running.clear()
        return taken


def _failure(frame: dict[str, Any]) -> LocalError:
    if frame["type"] == "stopped":
        return EngineError("Decoding was stopped.")
    if frame["kind"] == "bad_audio":
        return InputError(frame["message"])
    return EngineError(f"Decoding failed: {frame['message']}")
