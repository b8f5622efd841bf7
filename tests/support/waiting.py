"""How a test waits for what sends it no event."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

PATIENCE_SECONDS = 120.0
"""Far more than anything here takes: what has not come by then will not come."""


async def eventually(
    condition: Callable[[], Any],
    what: object = "",
    seconds: float = PATIENCE_SECONDS,
    *,
    pause_seconds: float = 0.005,
) -> Any:
    """Polls until the condition, which may be awaited, holds, and returns what it gave.

    A test without an event loop takes `eventually` from `tests.e2e.support.waiting`.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while True:
        result = condition()
        if inspect.isawaitable(result):
            result = await result
        if result:
            return result
        assert loop.time() < deadline, f"Waited {seconds} s in vain: {what or inspect.getsource(condition).strip()}"
        await asyncio.sleep(pause_seconds)


async def settled() -> None:
    """Lets all that is ready to run go on: what has not happened by then waits for something else."""
    for _ in range(20):
        await asyncio.sleep(0)
