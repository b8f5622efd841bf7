"""Opens a node: what its data folder holds, its parts, and its way to others."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from enum import Enum

from swarmstt.config import Config
from swarmstt.core.addresses import Address
from swarmstt.core.coordinator import Coordinator
from swarmstt.errors import UsageError
from swarmstt.node.folders import Folders, held
from swarmstt.node.membership import load_membership
from swarmstt.node.node import Node, time_of_day
from swarmstt.node.peer_words import given_addresses
from swarmstt.node.peers import Reach
from swarmstt.storage.store import Store
from swarmstt.swarm.identity import load_identity
from swarmstt.swarm.interfaces import lan_address
from swarmstt.swarm.listening import is_address


class Company(Enum):
    """Whom a node works with: nobody, those it knows already, or all members that come."""

    NONE = "none"
    KNOWN = "known"
    ALL = "all"


@asynccontextmanager
async def open_node(config: Config, folders: Folders, company: Company) -> AsyncIterator[Node]:
    """A node that runs until the context is left. NodeHeldError if another has the data folder."""
    async with AsyncExitStack() as stack:
        stack.enter_context(held(folders))
        identity = await asyncio.to_thread(load_identity, folders.data_dir)
        membership = await asyncio.to_thread(
            load_membership, folders.data_dir, config.swarm_key_file, identity, time.monotonic
        )
        membership.lets_in = company is Company.ALL
        store = await stack.enter_async_context(Store(folders.database, time_of_day))
        books, next_lease_id = await store.load()
        coordinator = Coordinator(next_lease_id=next_lease_id)
        begin_with = coordinator.restore(books)
        node = Node(config, folders, membership, store, coordinator)
        await stack.enter_async_context(node.engines)
        stack.push_async_callback(node.close)  # before the engines: a task of its own could begin a new one
        await stack.enter_async_context(node.helper)
        reach = await _reach(config, company, store)
        if reach is not None:
            node.finding.meets_others()
        await node.start(begin_with)
        if reach is not None:
            port = await stack.enter_async_context(node.peers.open(reach))
            host = await asyncio.to_thread(lan_address, config.interface)
            node.swarm_address = None if host is None else str(Address(host, port))
            node.tasks.start(node.offering.add_found(node.model, offered=not config.no_helping))
            node.tasks.start(node.fetching.run())
            node.tasks.heed(node.peers.failed)
        yield node


async def _reach(config: Config, company: Company, store: Store) -> Reach | None:
    """How the node meets others; None where it stays alone."""
    knows_some = bool(config.peer or config.swarm_key_file or await store.peers())
    if company is Company.NONE or (company is Company.KNOWN and not knows_some):
        return None
    for each in config.interface:
        if not is_address(each):
            raise UsageError(f"--interface {each} is no IP address; name one that this PC has.")
    return Reach(
        port=config.swarm_port if company is Company.ALL else 0,
        interfaces=config.interface,
        given=given_addresses(config.peer),
        discovery=not config.no_discovery,
    )
