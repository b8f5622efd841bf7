"""How long a helper may go on: batch systems end a job at its wall time, whatever it is doing."""

from __future__ import annotations

import asyncio

from swarmstt.tasks import happens


class TimeLeft:
    """The time of one helper. `seconds`: None has no end."""

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self._until: float | None = None
        self._longest_seconds = 0.0
        self._over = asyncio.Event()

    def begin(self) -> None:
        """Counts from now on."""
        if self._seconds is not None:
            self._until = self._now() + self._seconds

    def took(self, seconds: float) -> None:
        """Takes note of how long a chunk took, from asking for it to its result."""
        self._longest_seconds = max(self._longest_seconds, seconds)

    def is_enough(self) -> bool:
        """Returns whether another chunk can be done in what is left, if it takes as long as the longest so far."""
        return self._until is None or self._until - self._now() > self._longest_seconds

    def end(self) -> None:
        """Ends it sooner: nothing more is to be done."""
        self._over.set()

    async def over(self) -> None:
        """Waits for the end."""
        await happens(self._over, None if self._until is None else max(0.0, self._until - self._now()))

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
