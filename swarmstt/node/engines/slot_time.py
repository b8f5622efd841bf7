"""How long slots work for each of the chunks that share them: what a PC's speed with a model is reckoned from."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class SlotTime:
    """A clock that goes slower while more chunks are decoded than there are slots: a chunk that has half a slot for ten
    seconds has had it for five. `now` is a monotonic clock, in seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._at = now()
        self._seconds = 0.0
        self._slots = 1
        self._chunk_count = 0

    @contextmanager
    def spent(self, slots: int) -> Iterator[Callable[[], float]]:
        """Decode a chunk in this, with an engine of so many slots. Yields what returns the seconds spent so far."""
        began = self._seconds_now()
        self._slots = max(1, slots)
        self._chunk_count += 1
        try:
            yield lambda: self._seconds_now() - began
        finally:
            self._seconds_now()
            self._chunk_count -= 1

    def _seconds_now(self) -> float:
        at = self._now()
        share = min(1.0, self._slots / self._chunk_count) if self._chunk_count else 1.0
        self._seconds += (at - self._at) * share
        self._at = at
        return self._seconds
