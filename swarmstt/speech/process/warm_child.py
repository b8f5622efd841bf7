"""One child of a role that is there before it is needed: to start it takes longer than what a short recording asks of
it."""

from __future__ import annotations

import asyncio

from swarmstt.errors import EngineError
from swarmstt.speech.process.child import ChildProcess
from swarmstt.tasks import TaskSet

IDLE_SECONDS = 300.0
"""Its memory belongs to the person at the PC: a child that was not needed for so long is ended."""


class WarmChild:
    """Has a child started ahead, and keeps one that is given back. An async context manager."""

    def __init__(self, role: str, idle_seconds: float = IDLE_SECONDS) -> None:
        self._role = role
        self._idle_seconds = idle_seconds
        self._idle: ChildProcess | None = None
        self._lent: set[ChildProcess] = set()
        self._lent_at: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._starting: asyncio.Task[None] | None = None
        self._tasks = TaskSet()
        self._is_closed = False

    async def __aenter__(self) -> WarmChild:
        return self

    async def __aexit__(self, *exception: object) -> None:
        self._is_closed = True
        await self._tasks.close()
        await self._end()

    def warm_up(self) -> None:
        """Begins to start a child, if none is there or comes back: it is needed soon."""
        self._lent = {child for child in self._lent if child.exit_code is None}
        if (
            self._idle is None
            and not self._lent
            and (self._starting is None or self._starting.done())
            and not self._is_closed
        ):
            self._starting = self._tasks.start(self._start())

    async def _start(self) -> None:
        try:
            child = await ChildProcess.start(self._role)
        except EngineError:
            return  # whoever needs one tries again, and is told why it cannot be
        await self.give_back(child)

    async def take(self) -> ChildProcess:
        """Returns the child that is there, or else a new one; EngineError if the system cannot start one. If one was
        lent lately, the next that is to be lent is started at once."""
        child = await self._take()
        if self._lent_at is not None and asyncio.get_running_loop().time() - self._lent_at < self._idle_seconds:
            self.warm_up()
        return child

    async def _take(self) -> ChildProcess:
        if self._idle is None and self._starting is not None and not self._starting.done():
            await asyncio.wait({self._starting})
        child, self._idle = self._idle, None
        self._stop_timer()
        if child is not None and child.exit_code is None:
            return child
        return await ChildProcess.start(self._role)

    async def lend(self) -> ChildProcess:
        """Returns one that comes back soon, unless it dies. Errors as `take`."""
        child = await self._take()
        self._lent.add(child)
        self._lent_at = asyncio.get_running_loop().time()
        return child

    async def give_back(self, child: ChildProcess) -> None:
        """Keeps the child for the next; a second one is ended."""
        self._lent.discard(child)
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
