"""One engine child from its start to its end, as the node sees it: frames out, frames in, and a watch on its life."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from swarmstt.errors import EngineError
from swarmstt.speech.child import ChildProcess
from swarmstt.speech.engine_device import is_out_of_memory

Launch = Callable[[Mapping[str, str]], Awaitable[ChildProcess]]
"""Starts a child with these environment variables besides the node's own."""

EndKind = Literal["stopped", "hung", "out_of_memory", "died"]

_KILLED_EXIT_CODE = -9
"""POSIX, SIGKILL: when it was not us, it was the kernel in want of memory."""
_WINDOWS_NO_MEMORY = {0xC0000017, 0xC000012D}
"""STATUS_NO_MEMORY and STATUS_COMMITMENT_LIMIT."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a child ended: `reason` is for people."""

    kind: EndKind
    reason: str


class EngineSession:
    """One child. `frames` is for one task; `post` and `kill` may be called at any time from the loop's thread."""

    def __init__(self, child: ChildProcess, timing: EngineTiming) -> None:
        self._child = child
        self._timing = timing
        self._outgoing: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._kill_wanted = asyncio.Event()
        self._kill_kind: EndKind | None = None
        self._heard = True
        self.is_ready = False
        self.tried_gpu = False
        self._tasks: list[asyncio.Task[Any]] = [
            asyncio.create_task(self._send_all()),
            asyncio.create_task(self._watch()),
        ]

    def post(self, frame: dict[str, Any]) -> None:
        """Sends a frame as soon as the child takes it."""
        self._outgoing.put_nowait(frame)

    def kill(self, kind: EndKind) -> None:
        """Ends the child; `frames` ends soon after. The first kind given counts."""
        self._kill_kind = self._kill_kind or kind
        self._kill_wanted.set()

    async def frames(self) -> AsyncIterator[dict[str, Any]]:
        """What the child says, until it has ended."""
        while True:
            try:
                frame = await self._child.receive()
            except (EngineError, ValueError):  # a frame that is none: whatever this child does now is worth nothing
                self.kill("died")
                return
            if frame is None:
                return
            self._heard = True
            if frame["type"] == "ready":
                self.is_ready = True
            elif frame["type"] == "trying":
                self.tried_gpu = True
            yield frame

    async def close(self) -> Ending:
        """Makes sure that the child has ended, and tells how it did."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        exit_code = self._child.exit_code
        await self._child.kill()
        return _ending(self._kill_kind, exit_code, self._child.stderr_tail)

    async def _send_all(self) -> None:
        while True:
            await self._child.send(await self._outgoing.get())

    async def _watch(self) -> None:
        silent = 0
        kill_wanted = asyncio.create_task(self._kill_wanted.wait())
        self._tasks.append(kill_wanted)
        while not self._kill_wanted.is_set():
            await asyncio.wait({kill_wanted}, timeout=self._timing.check_seconds)
            silent = 0 if self._heard else silent + 1
            self._heard = False
            if silent >= (self._timing.silent_checks if self.is_ready else self._timing.load_silent_checks):
                self.kill("hung")
        await self._child.kill()


async def launch_engine(environment: Mapping[str, str]) -> ChildProcess:
    """The real engine child."""
    return await ChildProcess.start("engine", environment=environment)


MEMORY_ENVIRONMENT = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "4000000000"}
"""Has glibc (mallopt) keep the large blocks of one batch for the next, instead of handing them back to the kernel and
having them zeroed again: that took 14 % of all CPU time (8.5 s of 58.9 s on eight minutes of speech), then 1 %."""


def child_environment(threads: int) -> dict[str, str]:
    """Keeps the numerical libraries of a child to `threads` threads; they read that when they are loaded.

    Those of numpy, which makes the spectrum that the model hears, always have one: on a processor with AVX2 another
    number of threads changed its last bits, and with them a word's time here and a probability there.
    """
    of_the_model = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
    of_numpy = dict.fromkeys(("OPENBLAS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1")
    return {**of_the_model, **of_numpy, **MEMORY_ENVIRONMENT}


def last_line(text: str) -> str:
    """The last line that says anything, without a trailing full stop."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1].rstrip(".") if lines else ""


def _ending(kill_kind: EndKind | None, exit_code: int | None, stderr: str) -> Ending:
    words = last_line(stderr)
    if kill_kind is not None:
        return Ending(kind=kill_kind, reason="it gave no sign of life" if kill_kind == "hung" else words)
    unsigned = None if exit_code is None else exit_code & 0xFFFFFFFF
    starved = exit_code == _KILLED_EXIT_CODE or (sys.platform == "win32" and unsigned in _WINDOWS_NO_MEMORY)
    if starved or is_out_of_memory(stderr[-2000:]):
        return Ending(kind="out_of_memory", reason=words or "the system ended it for want of memory")
    how = f"signal {-exit_code}" if exit_code is not None and exit_code < 0 else f"exit code {exit_code}"
    return Ending(kind="died", reason=f"{how}: {words}" if words else how)
