"""The requests that wait for recordings of programs."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from swarmstt.ids import BookId
from swarmstt.tasks import happens


class Waiter:
    """One request that waits for a recording. `finished` may raise NotFoundError: the recording was deleted."""

    def __init__(self, finished: Callable[[], bool]) -> None:
        self._finished = finished
        self.changed = asyncio.Event()

    @property
    def is_finished(self) -> bool:
        """NotFoundError if the recording was deleted."""
        return self._finished()

    async def change(self, seconds: float) -> bool:
        """Waits until something of it is different, and so long at most; whether it is."""
        is_different = await happens(self.changed, seconds)
        self.changed.clear()
        return is_different


class Waiters:
    """All of them, by the book that each recording is."""

    def __init__(self) -> None:
        self._waiting: defaultdict[BookId, set[Waiter]] = defaultdict(set)

    def __contains__(self, book_id: BookId) -> bool:
        return book_id in self._waiting

    def notify(self, book_id: BookId) -> None:
        """Has whoever waits for that recording look again."""
        for waiter in self._waiting.get(book_id, ()):
            waiter.changed.set()

    @contextmanager
    def waiting(self, book_id: BookId, finished: Callable[[], bool]) -> Iterator[Waiter]:
        """Counts whoever is inside as waiting for that recording."""
        waiter = Waiter(finished)
        self._waiting[book_id].add(waiter)
        try:
            yield waiter
        finally:
            self._waiting[book_id].discard(waiter)
            if not self._waiting[book_id]:
                del self._waiting[book_id]
