"""Joins the drop folders to a node."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import fields
from typing import Any

from swarmstt.config import Config
from swarmstt.core.books import OutputOptions
from swarmstt.core.requests import BookOptions
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
        options=_options(node.config),
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


def _options(config: Config) -> BookOptions:
    """As the options of config.toml and the environment say; the model is the node's."""
    output = OutputOptions(**_same_names(OutputOptions, config))
    return BookOptions(**{**_same_names(BookOptions, config), "model": None, "output_dir": None, "output": output})


def _same_names(kind: Any, config: Config) -> dict[str, Any]:
    return {each.name: getattr(config, each.name) for each in fields(kind) if hasattr(config, each.name)}
