"""When a model is loaded again after that was broken off: after a pause that grows, or at once if a person asks."""

from __future__ import annotations

import asyncio

from swarmstt.backoff import backoff_seconds

FIRST_PAUSE_SECONDS = 15.0
"""The engine itself has tried a few times before."""
LONGEST_PAUSE_SECONDS = 600.0


class LoadRetries:
    """The pauses of all models, by their hashes."""

    def __init__(
        self, *, first_seconds: float = FIRST_PAUSE_SECONDS, longest_seconds: float = LONGEST_PAUSE_SECONDS
    ) -> None:
        self._first_seconds = first_seconds
        self._longest_seconds = longest_seconds
        self._failures: dict[str, int] = {}
        self._pauses: dict[str, tuple[asyncio.Event, asyncio.TimerHandle]] = {}

    async def wait(self, model_hash: str) -> None:
        """Waits until the model should be loaded again. All who wait for one model wait together."""
        if model_hash not in self._pauses:
            failures = self._failures[model_hash] = self._failures.get(model_hash, 0) + 1
            pause_seconds = backoff_seconds(
                failures, first_seconds=self._first_seconds, longest_seconds=self._longest_seconds
            )
            timer = asyncio.get_running_loop().call_later(pause_seconds, self._end, model_hash)
            self._pauses[model_hash] = asyncio.Event(), timer
        await self._pauses[model_hash][0].wait()

    def end_all(self) -> None:
        """Ends every pause: a person asks for it, or nobody needs it."""
        for model_hash in list(self._pauses):
            self._end(model_hash)

    def loaded(self, model_hash: str) -> None:
        """Has pauses of this model begin small again: it could be loaded."""
        self._failures.pop(model_hash, None)

    def _end(self, model_hash: str) -> None:
        event, timer = self._pauses.pop(model_hash)
        timer.cancel()
        event.set()
