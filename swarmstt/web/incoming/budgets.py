"""How often somebody may ask: a bucket for each that fills with time, and of which each request takes one."""

from __future__ import annotations

import asyncio

BURST_SECONDS = 10.0


class RequestBudgets:
    """So many requests a second for each key, after a burst of ten seconds' worth."""

    def __init__(self, requests_per_second: float) -> None:
        self._requests_per_second = requests_per_second
        self._budgets: dict[str, tuple[float, float]] = {}

    def take(self, key: str) -> bool:
        """Takes one out of the bucket; False if it is empty."""
        now = asyncio.get_running_loop().time()
        most = self._requests_per_second * BURST_SECONDS
        left, since = self._budgets.get(key, (most, now))
        left = min(most, left + (now - since) * self._requests_per_second)
        self._budgets[key] = (left - 1 if left >= 1 else left, now)
        return left >= 1

    def forget(self, key: str) -> None:
        self._budgets.pop(key, None)
