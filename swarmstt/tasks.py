"""Background tasks that nobody can lose: each has an owner, and what kills one is heard."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")


class TaskSet:
    """Tasks that live as long as their owner. `failed` becomes done with the first error that one of them raises."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._is_closed = False
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def start(self, work: Coroutine[Any, Any, Any], *, name: str | None = None) -> asyncio.Task[Any]:
        """The work as a task. Once the set is closed nobody would end it: it is cancelled before it begins."""
        task = asyncio.create_task(work, name=name)
        if self._is_closed:
            task.cancel()
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def heed(self, failed: asyncio.Future[None]) -> None:
        """Fails with what fails there."""

        async def wait() -> None:
            await asyncio.shield(failed)

        self.start(wait())

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None and not self.failed.done():
            self.failed.set_exception(error)

    async def wait(self) -> None:
        """Waits until all have ended; raises the first error that one of them raised."""
        while self._tasks:
            await asyncio.wait(self._tasks)
        if self.failed.done():
            await self.failed

    async def cancel(self) -> None:
        """Cancels all of them and waits until they have ended; more may be started afterwards."""
        while self._tasks:
            tasks = list(self._tasks)
            for task in tasks:
                task.cancel()
            # Not gather: from Python 3.12 on it returns at once if all are done, before any has been taken out here.
            await asyncio.wait(tasks)

    async def close(self) -> None:
        """Cancels all of them and waits until they have ended; none begins any more."""
        self._is_closed = True
        await self.cancel()
        if not self.failed.cancel() and not self.failed.cancelled():
            self.failed.exception()  # seen: its owner has had the chance to await it


async def happens(event: asyncio.Event, seconds: float | None = None) -> bool:
    """Waits for the event, at most that long; whether it is set. `asyncio.wait_for` will not do: before Python 3.12
    a cancellation is lost that comes together with the event."""
    waiting = asyncio.ensure_future(event.wait())
    try:
        await asyncio.wait({waiting}, timeout=seconds)
    finally:
        waiting.cancel()
    return event.is_set()


async def in_own_thread(work: Callable[[], T]) -> T:
    """What `work` returns or raises, from a thread of its own. For what may take minutes: unlike that of
    asyncio.to_thread it is not waited for when this is cancelled, and the program can end without it."""
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[T] = loop.create_future()

    def settle(set_outcome: Callable[[Any], None], value: Any) -> None:
        if not outcome.done():
            set_outcome(value)

    def run() -> None:
        try:
            value = work()
        except Exception as error:  # noqa: BLE001 - it is raised where the work is awaited
            ended: tuple[Callable[[Any], None], Any] = (outcome.set_exception, error)
        else:
            ended = (outcome.set_result, value)
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, *ended)

    threading.Thread(target=run, daemon=True).start()
    return await outcome
