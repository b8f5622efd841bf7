"""How a test without an event loop waits for what other processes do."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from tests.support.waiting import PATIENCE_SECONDS as PATIENCE_SECONDS


def eventually(
    condition: Callable[[], Any],
    what: str,
    seconds: float = PATIENCE_SECONDS,
    *,
    pause_seconds: float = 0.1,
    explain: Callable[[], str] = str,
) -> Any:
    """Polls until the condition holds, and returns what it gave. Each look at a page costs its node time to decode.
    `explain` returns what is known if it does not.

    A test on an event loop takes `eventually` from `tests.support.waiting`.
    """
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, f"Waited {seconds} s in vain: {what}{explain()}"
        time.sleep(pause_seconds)
    return result
