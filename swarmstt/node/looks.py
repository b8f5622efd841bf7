"""First looks at many books, some at a time, so that few wait for the start of a child."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from swarmstt.node.shelf import look_up
from swarmstt.speech.book_files import BookFiles
from swarmstt.speech.probe import Prober

MOST_LOOKS = 2
"""Looked at together: the rest of the PC is for the person at it, and for decoding."""


@asynccontextmanager
async def looking_ahead(
    paths: Sequence[str], make_prober: Callable[[], Prober] = Prober
) -> AsyncIterator[Sequence[asyncio.Task[BookFiles]]]:
    """Yields a task for each path, in order. It ends with the book there, once there is known to be sound in it, or
    with the InputError that says what is wrong. At most MOST_LOOKS are under way."""
    idle: asyncio.Queue[Prober] = asyncio.Queue()
    looks: list[asyncio.Task[BookFiles]] = []

    async def look(path: str) -> BookFiles:
        prober = await idle.get()
        try:
            files = await look_up(path)
            await prober.look(files)
            return files
        finally:
            idle.put_nowait(prober)

    async with AsyncExitStack() as stack:
        for _ in range(min(MOST_LOOKS, len(paths))):
            idle.put_nowait(await stack.enter_async_context(make_prober()))
        looks += [asyncio.create_task(look(path)) for path in paths]
        try:
            yield looks
        finally:
            for task in looks:
                task.cancel()
            await asyncio.gather(*looks, return_exceptions=True)
