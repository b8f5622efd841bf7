"""A node together with its page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from swarmstt.config import Config
from swarmstt.node.api import NodeApi
from swarmstt.node.drop_setup import watching_drop_folders
from swarmstt.node.folders import Folders, announce
from swarmstt.node.node import Node
from swarmstt.node.opening import Company, open_node
from swarmstt.node.reader_page import ReaderPage
from swarmstt.web.app import build_app, serve
from swarmstt.web.guest_app import Admissions, build_guest_app
from swarmstt.web.outside import Outside


@dataclass(frozen=True, slots=True)
class ServedNode:
    node: Node
    url: str


@asynccontextmanager
async def serve_node(
    config: Config, folders: Folders, *, port: int, company: Company = Company.ALL
) -> AsyncIterator[ServedNode]:
    """A running node whose page listens on that port of loopback (0: any free one)."""
    async with AsyncExitStack() as stack:
        node = await stack.enter_async_context(open_node(config, folders, company))
        admissions = Admissions(node.invitations)
        node.invitations.on_revoked = admissions.revoked
        api = NodeApi(node)
        app = build_app(
            api,
            reader=ReaderPage(node),
            settings=node.settings,
            invitations=node.invitations,
            admissions=admissions,
            door=node.membership,
        )
        real_port = await stack.enter_async_context(serve(app, port))
        stack.callback(node.models.end_fetches)  # the page's requests that wait for a model end at once
        if company is Company.ALL:
            outside = Outside(lambda: build_guest_app(admissions), admissions)
            await stack.enter_async_context(node.invitations.listen(outside, real_port, config.interface))
            await stack.enter_async_context(watching_drop_folders(node, api))
        url = f"http://127.0.0.1:{real_port}"
        await asyncio.to_thread(announce, folders, url)
        yield ServedNode(node, url)
