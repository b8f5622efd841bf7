"""Ends a node after what it is decoding."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from swarmstt.node.node import Node

logger = logging.getLogger(__name__)

FINISHING_SECONDS = 60.0
"""How long at most a node that is to be restarted goes on with what it is decoding. The units of
swarmstt/cli/system/units.py allow more: the engines have to stop, too."""


def end_after_parts(node: Node, seconds: float = FINISHING_SECONDS) -> None:
    """Asks a node to end when what it and its cluster are decoding is stored, or after so many seconds."""
    if seconds <= 0:
        node.asked_to_end.set()
        return
    logger.info("%s ends after what it is transcribing, in %.0f s at most.", node.profile.name, seconds)
    node.tasks.start(_end_after_parts(node, seconds))


async def _end_after_parts(node: Node, seconds: float) -> None:
    finishing = [node.helper.finish(), *([] if node.cluster is None else [node.cluster.finish()])]
    with suppress(asyncio.TimeoutError):
        await asyncio.wait_for(asyncio.gather(*finishing), seconds)
    node.asked_to_end.set()
