"""Inside the engine child on a GPU: times the batches that chunks bring, and makes them larger while that pays."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Sequence
from typing import Any

from swarmstt.core.models.batch_sizes import Batch, BatchSize, Growth
from swarmstt.speech.decoding.sharing import Run, Searches


class GrowingBatches:
    """The batch size of chunks that are begun now. For all threads."""

    def __init__(
        self, size: BatchSize, tell: Callable[[BatchSize], None], now: Callable[[], float] = time.perf_counter
    ) -> None:
        """`tell` is called with each new size. `now` is a clock in seconds."""
        self._growth = Growth(size=size)
        self._tell = tell
        self.now = now
        self._lock = threading.Lock()

    @property
    def windows(self) -> int:
        return self._growth.size.windows

    def watching(self, searches: Searches) -> tuple[int, Searches]:
        """Return the size for a chunk that begins, and where to have its windows searched, so that it is seen."""
        size = self.windows
        return size, _Watched(self, searches, size)

    def saw(self, batch: Batch) -> None:
        with self._lock:
            before = self._growth.size
            self._growth = self._growth.after(batch)
            if self._growth.size != before:
                self._tell(self._growth.size)


class _Watched:
    """Searches of one chunk, each timed by whoever runs it for all that are in it."""

    def __init__(self, batches: GrowingBatches, searches: Searches, size: int) -> None:
        self._batches = batches
        self._searches = searches
        self._size = size

    def search(self, kind: Hashable, windows: Sequence[Any], most: int, run: Run) -> Sequence[Any]:
        def timed(together: Sequence[Any]) -> Sequence[Any]:
            began_at = self._batches.now()
            found = run(together)
            seconds = self._batches.now() - began_at
            self._batches.saw(Batch(kind=kind, size=self._size, windows=len(together), room=most, seconds=seconds))
            return found

        return self._searches.search(kind, windows, most, timed)

    def give_way(self) -> None:
        self._searches.give_way()
