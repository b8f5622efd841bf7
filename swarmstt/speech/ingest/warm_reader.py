"""Keeps one reader child between two short recordings: to start one takes longer than to read such a recording."""

from __future__ import annotations

import asyncio

from swarmstt.speech.ingest.reader import ROLE, BookReader, ReadRequest
from swarmstt.speech.process.child import ChildProcess
from swarmstt.tasks import TaskSet

IDLE_SECONDS = 300.0
"""Its memory belongs to the person at the PC: a child that was not needed for so long is ended."""


class WarmReader:
    """Reads recordings with a child that is there already, if one is. An async context manager."""

    def __init__(self, idle_seconds: float = IDLE_SECONDS) -> None:
        self._idle_seconds = idle_seconds
        self._idle: ChildProcess | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._starting: asyncio.Task[None] | None = None
        self._tasks = TaskSet()
        self._is_closed = False

    async def __aenter__(self) -> WarmReader:
        return self

    async def __aexit__(self, *exception: object) -> None:
        self._is_closed = True
        await self._tasks.close()
        await self._end()

    def read(self, request: ReadRequest) -> BookReader:
        """Returns what reads one recording."""
        return BookReader(request, children=self)

    def warm_up(self) -> None:
        """Begins to start a child, if none is there: a recording is on its way."""
        if self._idle is None and (self._starting is None or self._starting.done()) and not self._is_closed:
            self._starting = self._tasks.start(self._start())

    async def _start(self) -> None:
        await self.give_back(await ChildProcess.start(ROLE))

    async def take(self) -> ChildProcess:
        if self._idle is None and self._starting is not None and not self._starting.done():
            await asyncio.wait({self._starting})
        child, self._idle = self._idle, None
        self._stop_timer()
        if child is not None and child.exit_code is None:
            return child
        return await ChildProcess.start(ROLE)

    async def give_back(self, child: ChildProcess) -> None:
        if self._is_closed or self._idle is not None:
            await child.kill()
            return
        self._idle = child
        self._stop_timer()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._idle_seconds, lambda: self._tasks.start(self._end()))

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _end(self) -> None:
        child, self._idle = self._idle, None
        self._stop_timer()
        if child is not None:
            await child.kill()
