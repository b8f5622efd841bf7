"""`up` takes the data folder over from a command that works by a node of its own."""

from __future__ import annotations

import asyncio
import logging
import time

from swarmstt.cli.client import connect
from swarmstt.errors import LocalError, NodeHeldError
from swarmstt.node.data_dir import Folders, running_node

logger = logging.getLogger(__name__)

GIVE_WAY_SECONDS = 30.0
"""How long such a node may take to end: its engine stops, and what it has is stored."""
LOOK_SECONDS = 0.25


class TakingOver:
    """Decides whether a node that found its data folder held is to try again."""

    def __init__(self, folders: Folders) -> None:
        self._folders = folders
        self._until: float | None = None

    async def wait(self, error: NodeHeldError) -> None:
        """Returns when the folder is worth another try; raises `error` if who has it keeps it."""
        if self._until is None:
            if not await _asked_to_give_way(self._folders):
                raise error
            self._until = time.monotonic() + GIVE_WAY_SECONDS
        elif time.monotonic() >= self._until:
            raise error
        await asyncio.sleep(LOOK_SECONDS)


async def _asked_to_give_way(folders: Folders) -> bool:
    """Asks whoever holds the folder to make room. Returns whether it will."""
    holder = running_node(folders)
    if holder is None or not holder.gives_way:
        return False
    try:
        async with connect(holder.url, total_seconds=GIVE_WAY_SECONDS) as client:
            await client.post("/give-way")
    except LocalError as error:
        logger.debug("It did not answer: %s", error.message)  # it ends just now, or hangs
    return True
