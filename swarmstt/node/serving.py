"""A node together with its page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from swarmstt.config import Config
from swarmstt.node.api import NodeApi
from swarmstt.node.folders import Folders, announce
from swarmstt.node.node import Company, Node, open_node
from swarmstt.web.app import build_app, serve


@dataclass(frozen=True, slots=True)
class ServedNode:
    node: Node
    url: str


@asynccontextmanager
async def serve_node(
    config: Config, folders: Folders, *, port: int, company: Company = Company.ALL
) -> AsyncIterator[ServedNode]:
    """A running node whose page listens on that port of loopback (0: any free one)."""
    async with open_node(config, folders, company) as node, serve(build_app(NodeApi(node)), port) as real_port:
        url = f"http://127.0.0.1:{real_port}"
        await asyncio.to_thread(announce, folders, url)
        yield ServedNode(node, url)
