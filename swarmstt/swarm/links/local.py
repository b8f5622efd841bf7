"""Joins a helper that lives in this process to its coordinator: the node's own one, or another."""

from __future__ import annotations

import asyncio

from swarmstt.core.helper_kinds import HelperKind
from swarmstt.swarm.links.helper_client import HelperClient
from swarmstt.swarm.links.helper_server import HelperServer
from swarmstt.swarm.links.link import MemoryLink


async def serve_locally(helper: HelperClient, server: HelperServer, *, kind: HelperKind) -> None:
    """Have the helper help that coordinator until this is cancelled, through the same code as one on another PC.

    All helpers of a coordinator have node ids of their own; the own helper has the node's.
    """
    near, far = MemoryLink.pair()
    try:
        await asyncio.gather(server.serve(near, kind=kind, proven_id=helper.node_id), helper.serve(far, server.node_id))
    finally:
        await near.close()
