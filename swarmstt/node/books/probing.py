"""Probes many books, some at a time, so that few wait for the start of a child."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from swarmstt.node.books.looking_up import look_up
from swarmstt.speech.audio.book_files import BookFiles
from swarmstt.speech.ingest.probe import Prober

MOST_PROBES = 2
"""Probed together: the rest of the PC is for the person at it, and for decoding."""


@asynccontextmanager
async def probing_ahead(
    paths: Sequence[str], make_prober: Callable[[], Prober] = Prober
) -> AsyncIterator[Sequence[asyncio.Task[BookFiles]]]:
    """Yields a task for each path, in order. It ends with the book there, once there is known to be sound in it, or
    with the InputError that says what is wrong. At most MOST_PROBES are under way."""
    idle: asyncio.Queue[Prober] = asyncio.Queue()
    probes: list[asyncio.Task[BookFiles]] = []

    async def probe(path: str) -> BookFiles:
        prober = await idle.get()
        try:
            files = await look_up(path, prober)
            if not files.is_zipped:  # that is known once it is unpacked
                await prober.probe(files)
            return files
        finally:
            idle.put_nowait(prober)

    async with AsyncExitStack() as stack:
        for _ in range(min(MOST_PROBES, len(paths))):
            idle.put_nowait(await stack.enter_async_context(make_prober()))
        probes += [asyncio.create_task(probe(path)) for path in paths]
        try:
            yield probes
        finally:
            for task in probes:
                task.cancel()
            await asyncio.gather(*probes, return_exceptions=True)
