"""Chunks whose audio in the spool is damaged or gone, and that are cut once more from the audio of their books."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from swarmstt.errors import InputError, SwarmError
from swarmstt.ids import BookId, ChunkId


class LostAudio:
    """Who waits for which chunk. `read_again` has a book read once more from its start."""

    def __init__(self, read_again: Callable[[BookId], None]) -> None:
        self._read_again = read_again
        self._waiting: dict[ChunkId, asyncio.Future[None]] = {}

    def is_awaited(self, book_id: BookId) -> bool:
        """Returns whether somebody waits for a chunk of this book."""
        return any(each.book_id == book_id for each in self._waiting)

    async def wait(self, chunk_id: ChunkId) -> None:
        """Waits until the chunk's audio is there again. SwarmError, which says why, if it cannot be had."""
        future = self._waiting.get(chunk_id)
        if future is None:
            future = self._waiting[chunk_id] = asyncio.get_running_loop().create_future()
            self._read_again(chunk_id.book_id)
        await asyncio.shield(future)

    def came(self, chunk_id: ChunkId) -> None:
        """Notes that the chunk's audio is there."""
        future = self._waiting.pop(chunk_id, None)
        if future is not None:
            future.set_result(None)

    def read(self, book_id: BookId, error: SwarmError | None = None) -> None:
        """Notes that the book was read to its end, or that it cannot be read: what has not come will not come."""
        why = error.message if error is not None else "it is no longer part of the book."
        for chunk_id in [each for each in self._waiting if each.book_id == book_id]:
            future = self._waiting.pop(chunk_id)
            future.set_exception(InputError(f"Its audio was damaged on the disk, and cannot be cut again: {why}"))
            future.exception()  # whoever waited may have gone
