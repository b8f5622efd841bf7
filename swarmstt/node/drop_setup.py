"""Joins the drop folders to a node."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from swarmstt.node.adding import usual_options
from swarmstt.node.drop_taking import BookPort
from swarmstt.node.dropping import Dropping
from swarmstt.node.folders import default_drop_folder, drop_folders
from swarmstt.node.node import Node


@asynccontextmanager
async def watching_drop_folders(node: Node, books: BookPort) -> AsyncIterator[None]:
    """Has the node watch its drop folders until the context is left."""
    dropping = Dropping(
        drop_folders(node.config),
        apart=[node.folders.data_dir],
        store=node.store,
        shelf=node.shelf,
        state=node.state,
        books=books,
        options=usual_options(node.config),
        clock=time.monotonic,
    )
    await dropping.make_folders(default_drop_folder())
    node.observers.add(dropping.observe)
    node.dropping = dropping
    dropping.on_change = node.tell_observers
    watching = node.tasks.start(dropping.run())
    try:
        yield
    finally:
        node.observers.discard(dropping.observe)
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
