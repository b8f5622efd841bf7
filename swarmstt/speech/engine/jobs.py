"""What an engine is asked for: its jobs, which of them may start, how they end, and who waits for it to be ready."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from swarmstt.errors import EngineError, InputError, LocalError
from swarmstt.speech.engine.frames import JOBS_FOR_A_SLOT, URGENT_SLOTS, EngineDescription

logger = logging.getLogger(__name__)


@dataclass(slots=True, eq=False, kw_only=True)
class Job:
    """One request, until its future is done. `deaths`: children that ended while they had it. `urgent`: it begins at
    once, beside those that have the slots. `audio_seconds`: how much is decoded, if it may share a slot."""

    number: int
    request: dict[str, Any]
    on_progress: Callable[[float], None]
    future: asyncio.Future[dict[str, Any]]
    deaths: int = 0
    urgent: bool = False
    audio_seconds: float = math.inf
    asked_at: float = field(default_factory=time.monotonic)

    def _log_times(self, took_seconds: float) -> None:
        """Write down how long it took by the child's own clock, and how much more passed here, for whoever wonders
        where an answer stays."""
        what = f"{self.request['type']}{', urgent' if self.urgent else ''}, {self.audio_seconds:.1f} s of sound"
        waited_seconds = time.monotonic() - self.asked_at - took_seconds
        logger.debug("Engine: %s: waited %.3f s, took %.3f s.", what, waited_seconds, took_seconds)

    def answer(self, frame: dict[str, Any]) -> None:
        """Pass on what the child said last about it, to a caller that still waits."""
        self._log_times(frame["seconds"])
        if frame["type"] != "done":
            self.fail(_failure(frame))
        elif not self.future.done():
            self.future.set_result(frame)

    def fail(self, error: LocalError) -> None:
        if not self.future.done():
            self.future.set_exception(error)


@dataclass(slots=True, kw_only=True)
class Jobs:
    """Where each job is: waiting for a slot, in the child, or leaving it because nobody wants it any more. `starters`
    wait for a child to be ready."""

    waiting: deque[Job] = field(default_factory=deque)
    running: dict[int, Job] = field(default_factory=dict)
    leaving: set[int] = field(default_factory=set)
    starters: list[asyncio.Future[EngineDescription]] = field(default_factory=list)

    @property
    def is_child_wanted(self) -> bool:
        """Whether somebody waits for a child, to decode or just to be ready."""
        return bool(self.waiting) or any(not each.done() for each in self.starters)

    @property
    def in_child(self) -> int:
        """How many jobs the child still works on, wanted or not."""
        return len(self.running) + len(self.leaving)

    def next_to_start(self, slots: int, shared_seconds: float = 0.0) -> Job | None:
        """Take the next job from the queue, if it may start now: one that is urgent before the others. Jobs that saw a
        child die run alone. `shared_seconds`: with so much audio in all, short ones may share slots."""
        urgent = next((job for job in self.waiting if job.urgent), None)
        if urgent is not None and urgent is not self.waiting[0] and not self.waiting[0].deaths:
            self.waiting.remove(urgent)
            self.waiting.appendleft(urgent)
        if not self.waiting or not self._has_room(self.waiting[0], slots, shared_seconds):
            return None
        alone = self.waiting[0].deaths > 0 or any(job.deaths for job in self.running.values())
        return None if alone and self.in_child else self.waiting.popleft()

    def _has_room(self, job: Job, slots: int, shared_seconds: float) -> bool:
        if self.in_child < slots:
            return True
        if job.urgent:
            urgent_count = sum(each.urgent for each in self.running.values())
            return self.in_child < slots + URGENT_SLOTS or urgent_count < URGENT_SLOTS
        books = [each for each in self.running.values() if not each.urgent]
        if self.leaving or len(books) >= slots * JOBS_FOR_A_SLOT:
            return False
        return sum(each.audio_seconds for each in [*books, job]) <= shared_seconds

    def tell(self, frame: dict[str, Any]) -> None:
        """Pass on how far a job is, if somebody still wants it."""
        if job := self.running.get(frame["job"]):
            job.on_progress(frame["fraction"])

    def child_ended(self) -> list[Job]:
        """Empty the child's side, and return the jobs that it owed, in their order."""
        owed = sorted(self.running.values(), key=lambda job: job.number)
        self.running.clear()
        self.leaving.clear()
        return owed

    def wait_first(self, jobs: Sequence[Job]) -> None:
        self.waiting.extendleft(reversed(jobs))

    def child_ready(self, description: EngineDescription) -> None:
        """Answer those who waited for that."""
        for starter in self.starters:
            if not starter.done():
                starter.set_result(description)
        self.starters.clear()

    def fail_all(self, error: LocalError) -> None:
        """End whatever waits or runs with this error, each with one of its own."""
        failed, starters = [*self.waiting, *self.running.values()], [*self.starters]
        for emptied in (self.waiting, self.running, self.starters):
            emptied.clear()
        for job in failed:
            job.fail(type(error)(error.message))
        for starter in starters:
            if not starter.done():
                starter.set_exception(type(error)(error.message))


def _failure(frame: dict[str, Any]) -> LocalError:
    if frame["type"] == "stopped":
        return EngineError("Transcribing was stopped.")
    if frame["kind"] == "bad_audio":
        return InputError(frame["message"])
    return EngineError(f"Transcribing failed: {frame['message']}")
