"""One engine child from its start to its end, as the node sees it: frames out, frames in, and a watch on its life."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from swarmstt.errors import EngineError
from swarmstt.speech.engine.device import is_out_of_memory
from swarmstt.speech.process.child import ChildProcess
from swarmstt.speech.process.memory_watch import MemoryWatch

Launch = Callable[[Mapping[str, str]], Awaitable[ChildProcess]]
"""Starts a child with these environment variables besides the node's own."""

EndKind = Literal["stopped", "worn_out", "hung", "out_of_memory", "killed", "died"]

_KILLED_EXIT_CODES = (-9, -15)
"""POSIX: SIGKILL and SIGTERM, by which the system or a person ends a process. It could be for want of memory."""
_WINDOWS_NO_MEMORY = {0xC0000017, 0xC000012D}
"""STATUS_NO_MEMORY and STATUS_COMMITMENT_LIMIT."""


MOST_WORKING_SECONDS = 90 * 60.0
"""With some CUDA builds a process that had decoded for two hours gave empty text from then on. A new one costs one
loading of the model, so CPUs get one too: what leaks in native code there is gone with the process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineTiming:
    """How patient a node is with its engine child. Checks are counted, so a PC that slept does not condemn it."""

    check_seconds: float = 1.0
    silent_checks: int = 10
    """After so many checks without any frame the child hangs."""
    load_silent_checks: int = 120
    """While it loads: libraries that come from a slow disk hold up even its signs of life."""
    stop_seconds: float = 1.0
    """What a cancelled job may still take, if nothing else runs in that child; then the child is killed."""
    busy_stop_seconds: float = 10.0
    """The same while other jobs run in that child: killing it would cost their work."""
    restart_pauses_seconds: tuple[float, ...] = (0.5, 2.0, 5.0)
    """Pauses between the starts of a child that dies while it loads; after the last the error is raised."""
    most_working_seconds: float = MOST_WORKING_SECONDS
    """A child that has worked for so long is replaced as soon as it has nothing to do; until then it gets no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a child ended: `reason` is for people."""

    kind: EndKind
    reason: str


class WorkingTime:
    """How long a child has worked in all, with however many jobs at once; `now` is a monotonic clock."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._before: float | None = None
        self._since: float | None = None

    @property
    def seconds(self) -> float | None:
        """None until it begins."""
        return self._before if self._since is None else (self._before or 0.0) + self._now() - self._since

    def note(self, is_working: bool) -> None:
        """Count from now on, or no longer; the same again changes nothing."""
        if is_working != (self._since is not None):
            self._before, self._since = self.seconds, self._now() if is_working else None


class WatchesMemory(Protocol):
    """Sees whether memory runs out; MemoryWatch does. It is called in threads."""

    def look(self) -> None: ...

    def ran_out(self) -> bool: ...


class EngineSession:
    """One child. `frames` is for one task; `post` and `kill` may be called at any time from the loop's thread."""

    def __init__(
        self, child: ChildProcess, timing: EngineTiming, watch_memory: Callable[[], WatchesMemory] = MemoryWatch
    ) -> None:
        self._child = child
        self._timing = timing
        self._outgoing: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._kill_wanted = asyncio.Event()
        self._kill_kind: EndKind | None = None
        self._heard = True
        self._watch_memory = watch_memory
        self._memory: WatchesMemory | None = None
        self.working_time = WorkingTime()
        self.is_ready = False
        self.has_said_why = False
        self.tried_gpu = False
        self._tasks: list[asyncio.Task[Any]] = [
            asyncio.create_task(self._send_all()),
            asyncio.create_task(self._watch()),
        ]

    @property
    def is_worn_out(self) -> bool:
        """Whether this child has worked for so long that it gets no more jobs."""
        worked_seconds = self.working_time.seconds
        return worked_seconds is not None and worked_seconds >= self._timing.most_working_seconds

    def post(self, frame: dict[str, Any]) -> None:
        """Send a frame as soon as the child takes it."""
        self._outgoing.put_nowait(frame)

    def kill(self, kind: EndKind) -> None:
        """End the child; `frames` ends soon after. The first kind given counts."""
        self._kill_kind = self._kill_kind or kind
        self._kill_wanted.set()

    async def frames(self) -> AsyncIterator[dict[str, Any]]:
        """Yield what the child says, until it has ended."""
        while True:
            try:
                frame = await self._child.receive()
            except (EngineError, ValueError):  # not a frame: whatever this child does now is worthless
                self.kill("died")
                return
            if frame is None:
                return
            self._heard = True
            if frame["type"] == "ready":
                self.is_ready = True
            elif frame["type"] == "trying":
                self.tried_gpu = True
            elif frame["type"] == "failed" and frame["kind"] == "model":
                self.has_said_why = True
            yield frame

    async def close(self) -> Ending:
        """Make sure that the child has ended, and return how it did."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        exit_code = self._child.exit_code
        await self._child.kill()
        starved = exit_code in _KILLED_EXIT_CODES and await self._memory_ran_out()
        return _ending(self._kill_kind, exit_code, self._child.stderr_tail, starved=starved)

    async def _memory_ran_out(self) -> bool:
        return self._memory is not None and await asyncio.to_thread(self._memory.ran_out)

    async def _send_all(self) -> None:
        while True:
            await self._child.send(await self._outgoing.get())

    async def _watch(self) -> None:
        silent = 0
        self._memory = await asyncio.to_thread(self._watch_memory)
        kill_wanted = asyncio.create_task(self._kill_wanted.wait())
        self._tasks.append(kill_wanted)
        while not self._kill_wanted.is_set():
            await asyncio.wait({kill_wanted}, timeout=self._timing.check_seconds)
            silent = 0 if self._heard else silent + 1
            self._heard = False
            if silent >= (self._timing.silent_checks if self.is_ready else self._timing.load_silent_checks):
                self.kill("hung")
            await asyncio.to_thread(self._memory.look)
        await self._child.kill()


async def launch_engine(environment: Mapping[str, str]) -> ChildProcess:
    """Start the real engine child."""
    return await ChildProcess.start("engine", environment=environment)


MEMORY_ENVIRONMENT = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "4000000000"}
"""Has glibc (mallopt) keep the large blocks of one batch for the next, instead of handing them back to the kernel and
having them zeroed again: that took 14 % of all CPU time (8.5 s of 58.9 s on eight minutes of speech), then 1 %."""


def child_environment(threads: int) -> dict[str, str]:
    """Return what keeps the numerical libraries of a child to `threads` threads; they read that when they are loaded.

    Those of numpy, which makes the spectrum that the model hears, always have one: on a processor with AVX2 another
    number of threads changed its last bits, and with them a word's time here and a probability there.
    """
    of_the_model = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
    of_numpy = dict.fromkeys(("OPENBLAS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1")
    return {**of_the_model, **of_numpy, **MEMORY_ENVIRONMENT}


def last_line(text: str) -> str:
    """Return the last line that says anything, without a trailing full stop."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1].rstrip(".") if lines else ""


def _ending(kill_kind: EndKind | None, exit_code: int | None, stderr: str, *, starved: bool) -> Ending:
    """`starved`: it was killed, and the system says that memory ran out."""
    words = last_line(stderr)
    if kill_kind is not None:
        return Ending(kind=kill_kind, reason="it gave no sign of life" if kill_kind == "hung" else words)
    unsigned = None if exit_code is None else exit_code & 0xFFFFFFFF
    says_so = sys.platform == "win32" and unsigned in _WINDOWS_NO_MEMORY
    if starved or says_so or is_out_of_memory(stderr[-2000:]):
        return Ending(kind="out_of_memory", reason=words or "the system ended it for want of memory")
    how = f"signal {-exit_code}" if exit_code is not None and exit_code < 0 else f"exit code {exit_code}"
    kind: EndKind = "killed" if exit_code in _KILLED_EXIT_CODES else "died"
    return Ending(kind=kind, reason=f"{how}: {words}" if words else how)
