"""Runs the program as its command line does, and writes down what holds its event loop:
`python -m tests.support.watched_node REPORT up ...`.

On a busy machine everything takes long, so what is counted is time on a processor. Two things hold the loop: what it
runs itself between two looks at its connections; and another thread that keeps Python's lock, as quick parsers in C do.
Of the second a thread tells that wants the lock every few milliseconds: it counts how long it waited for anything but a
processor or the loop, how long some other thread ran meanwhile, and for how long the loop had no turn; the least of the
three. For the lock may change hands many times before this thread gets it, and then nothing held the loop for all that
time. Where it may, this thread goes before all others.

A disk takes no time on a processor, and here it is quick. So each file in the folder of the report that the loop itself
opens or looks at is written down too.
"""

from __future__ import annotations

import itertools
import json
import os
import selectors
import sys
import threading
import time
import traceback
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from tests.support.files_on_the_loop import watch_files

NOTED_SECONDS = 0.01
"""Whatever holds the loop for less is not written down."""
LOOK_SECONDS = 0.004
_MOST_FRAMES = 12


class Report:
    """A line of JSON for each thing that held the loop."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._lock = threading.Lock()

    def note(self, kind: str, seconds: float, stack: list[str]) -> None:
        if seconds >= NOTED_SECONDS:
            self._write({"kind": kind, "seconds": seconds, "stack": stack})

    def note_file(self, what: str, stack: list[str]) -> None:
        """Notes a file that was touched while the loop waited for that, however long it took."""
        self._write({"kind": "file", "what": what, "stack": stack})

    def _write(self, noted: dict[str, object]) -> None:
        with self._lock:
            self._file.write(json.dumps(noted) + "\n")
            self._file.flush()


class Turns:
    """What the loop does between two looks. `began_at`: on the clock of its thread's time on a processor, while it
    does."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self.began_at: float | None = None
        self.stack: list[str] = []
        self._ran_at: deque[float] = deque()

    def begin(self) -> None:
        self._ran_at.append(time.perf_counter())
        self.stack, self.began_at = [], time.thread_time()

    def end(self) -> None:
        self._ran_at.append(time.perf_counter())
        if self.began_at is not None:
            seconds, self.began_at = time.thread_time() - self.began_at, None
            self._report.note("turn", seconds, self.stack)

    def longest_without(self, from_seconds: float, to_seconds: float) -> float:
        """Returns for how many seconds at most the loop did not run between these moments, which are on the clock of
        `perf_counter`. Moments before the second are forgotten."""
        moments = [from_seconds]
        while self._ran_at and self._ran_at[0] < to_seconds:
            moments.append(max(from_seconds, self._ran_at.popleft()))
        return max(after - before for before, after in itertools.pairwise([*moments, to_seconds]))


def watched_selector(turns: Turns) -> type[selectors.DefaultSelector]:
    class WatchedSelector(selectors.DefaultSelector):
        def select(self, timeout: float | None = None) -> Any:
            turns.end()
            try:
                return super().select(timeout)
            finally:
                turns.begin()

    return WatchedSelector


class Looker(threading.Thread):
    """Wants Python's lock again and again, and looks at what the others do. The loop is that of who makes it."""

    def __init__(self, report: Report, turns: Turns) -> None:
        super().__init__(name="looker", daemon=True)
        self._report = report
        self._turns = turns
        self._loop = threading.current_thread()
        self._ended = threading.Event()
        self.looks = 0
        """How often it has looked."""

    def end(self) -> None:
        self._ended.set()
        self.join()

    def run(self) -> None:
        with suppress(OSError, AttributeError):  # it takes rights, and Linux
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))  # of this thread alone
        loop_clock = time.pthread_getcpuclockid(self._loop.ident or 0)
        before, idle_before, looked_at = _times_of_threads(), self._idle_seconds(), time.perf_counter()
        while not self._ended.is_set():
            time.sleep(LOOK_SECONDS)
            now, idle, looks_at = _times_of_threads(), self._idle_seconds(), time.perf_counter()
            waited = min(idle - idle_before - LOOK_SECONDS, self._turns.longest_without(looked_at, looks_at))
            if waited >= NOTED_SECONDS:
                ran = {each: now[each] - before.get(each, 0.0) for each in now if each != self.native_id}
                waited -= ran.pop(self._loop.native_id or 0, 0.0)
                longest = max(ran, key=lambda each: ran[each], default=0)
                self._report.note("lock", min(waited, ran.get(longest, 0.0)), _stack_of(longest))
            before, idle_before, looked_at = now, idle, looks_at
            self.looks += 1
            began_at = self._turns.began_at
            if began_at is not None and time.clock_gettime(loop_clock) - began_at >= NOTED_SECONDS:
                self._turns.stack = _stack_of(self._loop.native_id or 0)

    def _idle_seconds(self) -> float:
        """Returns for how long this thread has neither run nor waited for a processor: it slept, or wanted the lock."""
        ran, queued, _ = _schedule_of(self.native_id) or ("0", "0", "0")
        return time.perf_counter() - (int(ran) + int(queued)) / 1e9


def _times_of_threads() -> dict[int, float]:
    """Returns how many seconds each thread has been on a processor."""
    found = {}
    for thread in threading.enumerate():
        text = _schedule_of(thread.native_id)
        if text is not None and thread.native_id is not None:
            found[thread.native_id] = int(text[0]) / 1e9
    return found


def _schedule_of(thread_id: int | None) -> list[str] | None:
    try:
        return Path(f"/proc/self/task/{thread_id}/schedstat").read_text(encoding="ascii").split()
    except OSError:
        return None  # it has ended


def _stack_of(native_id: int) -> list[str]:
    idents = {thread.native_id: thread.ident for thread in threading.enumerate()}
    frame = sys._current_frames().get(idents.get(native_id) or 0)
    lines = traceback.extract_stack(frame) if frame is not None else []
    return [f"{each.filename.rpartition('/')[2]}:{each.lineno} {each.name}" for each in lines][-_MOST_FRAMES:]


def main() -> int:
    from swarmstt.cli import main as command_line

    with Path(sys.argv[1]).open("a", encoding="utf-8") as file:
        report = Report(file)
        turns = Turns(report)
        selectors.DefaultSelector = watched_selector(turns)  # type: ignore[misc] # what asyncio takes for its loop
        Looker(report, turns).start()
        watch_files(Path(sys.argv[1]).parent.resolve(), report.note_file)
        return command_line(sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
