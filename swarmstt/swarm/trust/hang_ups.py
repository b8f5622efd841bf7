"""Comes again where the other hangs up at once: strangers have all the places of its gate (swarm/network/gate.py), and
each time it comes a caller has the same chance as they have."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import aiohttp

T = TypeVar("T")

FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 0.25
_GROWTH = 1.5
_chance = random.SystemRandom()


async def until_heard(connect: Callable[[], Awaitable[T]]) -> T:
    """Returns what `connect` does, once the other end does not hang up before TLS is open: nothing was sent until then.
    Whoever calls this bounds how long it may take."""
    pause_seconds = FIRST_PAUSE_SECONDS
    while True:
        try:
            return await connect()
        except OSError as error:
            if not _is_hang_up(error):
                raise
        await asyncio.sleep(pause_seconds * _chance.uniform(0.5, 1.0))
        pause_seconds = min(_GROWTH * pause_seconds, LONGEST_PAUSE_SECONDS)


def _is_hang_up(error: OSError) -> bool:
    if isinstance(error, aiohttp.ClientError) and not isinstance(error, aiohttp.ClientConnectorError):
        return False  # it broke later
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    return isinstance(cause, (ConnectionResetError, ConnectionAbortedError, BrokenPipeError))
