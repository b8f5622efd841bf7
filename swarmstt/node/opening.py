"""Opens a node: what its data folder holds, its parts, and its way to others."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from enum import Enum

from swarmstt import __version__
from swarmstt.config import Config
from swarmstt.core.scheduling.coordinator import Coordinator
from swarmstt.errors import UsageError
from swarmstt.node.cluster.joining import join_cluster
from swarmstt.node.cluster.place import cluster_place
from swarmstt.node.data_dir import Folders, held
from swarmstt.node.helping.keep_awake import keep_awake_of_this_pc
from swarmstt.node.membership.membership import load_membership
from swarmstt.node.membership.peer_values import given_addresses
from swarmstt.node.membership.peers import Reach
from swarmstt.node.node import Node
from swarmstt.node.profile import profile_of, time_of_day
from swarmstt.node.settings_file import kept_pause, read_settings
from swarmstt.storage.store import Store
from swarmstt.swarm.links.messages import PROTOCOL_VERSION
from swarmstt.swarm.network.listening import is_address
from swarmstt.swarm.trust.handshake import NodeInfo
from swarmstt.swarm.trust.identity import load_identity


class Company(Enum):
    """Whom a node works with: nobody, those it knows already, or all members that come."""

    NONE = "none"
    KNOWN = "known"
    ALL = "all"


@asynccontextmanager
async def open_node(config: Config, folders: Folders, company: Company) -> AsyncIterator[Node]:
    """Runs a node until the context is left. NodeHeldError if another has the data folder."""
    place = None if config.cluster is None or company is Company.NONE else cluster_place(config.cluster)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(held(folders))
        identity = await asyncio.to_thread(load_identity, folders.data_dir)
        profile = profile_of(identity.node_id, config)
        membership = await asyncio.to_thread(
            load_membership,
            folders.data_dir,
            config.swarm_key_file,
            identity,
            time.monotonic,
            NodeInfo(name=profile.name, version=__version__, protocol=PROTOCOL_VERSION, port=0),
            lets_in=company is Company.ALL,
        )
        store = await stack.enter_async_context(Store(folders.database, time_of_day))
        books, next_lease_id = await store.load()
        coordinator = Coordinator(next_lease_id=next_lease_id)
        begin_with = coordinator.restore(books)
        pause = kept_pause(await asyncio.to_thread(read_settings, folders.data_dir))
        keep_awake = await asyncio.to_thread(keep_awake_of_this_pc)
        node = Node(config, profile, folders, membership, store, coordinator, pause, keep_awake)
        await stack.enter_async_context(node.engines)
        stack.push_async_callback(node.close)  # before the engines: a task of its own could begin a new one
        await stack.enter_async_context(node.helper)
        reach = await _reach(config, company, store)
        if reach is not None:
            node.finding.meets_others()
        await node.start(begin_with)
        if reach is not None:
            await stack.enter_async_context(node.meet_others(reach))
        if place is not None:
            changed = node.observers.node.notify
            node.cluster = await stack.enter_async_context(
                join_cluster(place, node.giving, node.helper_server, node.tasks, changed)
            )
        yield node


async def _reach(config: Config, company: Company, store: Store) -> Reach | None:
    """Returns how the node meets others; None if it stays alone."""
    knows_some = bool(config.peer or config.swarm_key_file or await store.peers())
    if company is Company.NONE or (company is Company.KNOWN and not knows_some):
        return None
    for each in config.interface:
        if not is_address(each):
            raise UsageError(f"--interface {each} is not an IP address; name one that this PC has.")
    return Reach(
        port=config.swarm_port if company is Company.ALL else 0,
        interfaces=config.interface,
        given=given_addresses(config.peer),
        discovery=not config.no_discovery,
    )
