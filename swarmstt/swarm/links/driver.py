"""Drives the core: events in, one after the other; what they change to disk; only then what follows from it out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from swarmstt.core.scheduling.actions import AnyAction, Stored
from swarmstt.core.scheduling.coordinator import Coordinator
from swarmstt.core.scheduling.events import AnyEvent, Ticked
from swarmstt.core.scheduling.state import State
from swarmstt.errors import NotFoundError, StorageError

logger = logging.getLogger(__name__)

TICK_SECONDS = 0.5
RETRY_SECONDS = 2.0
"""Between tries to write to a disk that is full."""

Commit = Callable[[Sequence[Stored]], Awaitable[None]]
CarryOut = Callable[[AnyAction], None]


class Driver:
    """Feeds one coordinator. `commit` puts actions on disk; `carry_out` starts what follows and must not block;
    `observe` gets all that was done."""

    def __init__(
        self,
        coordinator: Coordinator,
        *,
        commit: Commit,
        carry_out: CarryOut,
        clock: Callable[[], float],
        observe: Callable[[Sequence[AnyAction]], None] = lambda actions: None,
    ) -> None:
        self._coordinator = coordinator
        self._commit = commit
        self._carry_out = carry_out
        self._clock = clock
        self._observe = observe
        self._queue: asyncio.Queue[tuple[AnyEvent, asyncio.Future[list[AnyAction]] | None]] = asyncio.Queue()

    @property
    def state(self) -> State:
        """What the coordinator knows; to be read only."""
        return self._coordinator.state

    def now(self) -> float:
        """Seconds on the coordinator's monotonic clock: the `at` of events."""
        return self._clock()

    def post(self, event_type: Callable[..., AnyEvent], /, **values: Any) -> None:
        """Queues an event of this type, which happens now: `post(BookIngested, book_id=book_id)`. One that names a
        book that was removed changes nothing."""
        self._queue.put_nowait((event_type(at=self.now(), **values), None))

    def ask(self, event_type: Callable[..., AnyEvent], /, **values: Any) -> asyncio.Future[list[AnyAction]]:
        """Queues an event as `post` does. Await the result to know that all that it led to is on disk: those are the
        actions; or NotFoundError."""
        answer: asyncio.Future[list[AnyAction]] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait((event_type(at=self.now(), **values), answer))
        return answer

    async def run(self, begin_with: Sequence[AnyAction] = ()) -> None:
        """Run until cancelled. `begin_with`: actions left over from before a restart."""
        await self._finish(list(begin_with))
        ticking = asyncio.create_task(self._tick())
        try:
            while True:
                await self._handle_all([await self._queue.get()])
        finally:
            ticking.cancel()

    async def _handle_all(self, first: list[tuple[AnyEvent, asyncio.Future[list[AnyAction]] | None]]) -> None:
        """Handle what waits in one go: many events share one write to disk."""
        waiting = first
        while not self._queue.empty() and len(waiting) < 256:
            waiting.append(self._queue.get_nowait())
        everything: list[AnyAction] = []
        answers: list[tuple[asyncio.Future[list[AnyAction]], list[AnyAction]]] = []
        for event, answer in waiting:
            try:
                actions = self._coordinator.handle(event)
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
        """Write to disk before anything goes out; wait for a full disk, since the core has moved on already."""
        if stored:
            said = False
            while not await self._committed(stored, said):
                said = True
                await asyncio.sleep(RETRY_SECONDS)

    async def _committed(self, stored: list[Stored], said: bool) -> bool:
        try:
            await self._commit(stored)
        except StorageError as error:
            if not said:
                logger.warning("%s Work goes on when that is mended.", error.message)
            return False
        return True

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            if self._queue.empty():
                self.post(Ticked)
