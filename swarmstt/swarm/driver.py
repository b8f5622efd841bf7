"""Drives the core: events in, one after the other; what they change to disk; only then what follows from it out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from swarmstt.core.actions import AnyAction, Stored
from swarmstt.core.coordinator import Coordinator
from swarmstt.core.events import AnyEvent, Ticked
from swarmstt.errors import NotFoundError, StorageError

logger = logging.getLogger(__name__)

TICK_SECONDS = 0.5
RETRY_SECONDS = 2.0
"""Between tries to write to a disk that is full."""

Commit = Callable[[Sequence[Stored]], Awaitable[None]]
CarryOut = Callable[[AnyAction], None]


class Driver:
    """Feeds one coordinator. `commit` puts actions on disk; `carry_out` starts what follows and must not block;
    `observe` hears of all that was done."""

    def __init__(
        self,
        coordinator: Coordinator,
        *,
        commit: Commit,
        carry_out: CarryOut,
        clock: Callable[[], float],
        observe: Callable[[Sequence[AnyAction]], None] = lambda actions: None,
    ) -> None:
        self.coordinator = coordinator
        self._commit = commit
        self._carry_out = carry_out
        self._clock = clock
        self._observe = observe
        self._queue: asyncio.Queue[tuple[AnyEvent, asyncio.Future[list[AnyAction]] | None]] = asyncio.Queue()

    def now(self) -> float:
        """Seconds on the coordinator's monotonic clock: the `at` of events."""
        return self._clock()

    def post(self, event: AnyEvent) -> None:
        """Queues an event."""
        self._queue.put_nowait((event, None))

    async def ask(self, event: AnyEvent) -> list[AnyAction]:
        """Queues an event and returns, once they are on disk, the actions that it led to; or raises NotFoundError."""
        answer: asyncio.Future[list[AnyAction]] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait((event, answer))
        return await answer

    async def run(self, begin_with: Sequence[AnyAction] = ()) -> None:
        """Runs until cancelled. `begin_with`: actions left over from before a restart."""
        await self._finish(list(begin_with))
        ticking = asyncio.create_task(self._tick())
        try:
            while True:
                await self._handle_all([await self._queue.get()])
        finally:
            ticking.cancel()

    async def _handle_all(self, first: list[tuple[AnyEvent, asyncio.Future[list[AnyAction]] | None]]) -> None:
        """Handles what waits in one go: many events share one write to disk."""
        waiting = first
        while not self._queue.empty() and len(waiting) < 256:
            waiting.append(self._queue.get_nowait())
        everything: list[AnyAction] = []
        answers: list[tuple[asyncio.Future[list[AnyAction]], list[AnyAction]]] = []
        for event, answer in waiting:
            try:
                actions = self.coordinator.handle(event)
            except NotFoundError as error:
                # It names a book that has been removed meanwhile.
                if answer is not None and not answer.done():
                    answer.set_exception(error)
                continue
            everything += actions
            if answer is not None:
                answers.append((answer, actions))
        await self._finish(everything)
        for answer, actions in answers:
            if not answer.done():
                answer.set_result(actions)

    async def _finish(self, actions: list[AnyAction]) -> None:
        await self._commit_somehow([action for action in actions if isinstance(action, Stored)])
        for action in actions:
            if not isinstance(action, Stored):
                self._carry_out(action)
        if actions:
            self._observe(actions)

    async def _commit_somehow(self, stored: list[Stored]) -> None:
        """Nothing goes out before it is on disk; a full disk is waited for, since the core has moved on already."""
        if stored:
            told = False
            while not await self._committed(stored, told):
                told = True
                await asyncio.sleep(RETRY_SECONDS)

    async def _committed(self, stored: list[Stored], told: bool) -> bool:
        try:
            await self._commit(stored)
        except StorageError as error:
            if not told:
                logger.warning("%s Work goes on when that is mended.", error.message)
            return False
        return True

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            if self._queue.empty():
                self.post(Ticked(at=self.now()))
