"""The node among its peers: listens for them, finds them, dials them, helps them, and remembers them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

from swarmstt.core.membership.addresses import Address, Reachable
from swarmstt.core.membership.peer_table import PeerTable
from swarmstt.core.membership.peers import Peer
from swarmstt.errors import StorageError
from swarmstt.ids import NodeId
from swarmstt.node.membership.adverts import Adverts
from swarmstt.node.membership.links import PeerLinks
from swarmstt.node.membership.membership import Membership
from swarmstt.node.membership.peer_values import checked, gossiped_peer, still_reachable
from swarmstt.observers import Observers
from swarmstt.storage.store import Store
from swarmstt.swarm.links.helper_client import HelperClient
from swarmstt.swarm.links.helper_server import HelperServer
from swarmstt.swarm.links.messages import Known, News
from swarmstt.swarm.network.discovery import Discovery
from swarmstt.swarm.network.listening import listening_sockets
from swarmstt.swarm.network.server import GuestsApp, MembersRoutes, serve_swarm
from swarmstt.swarm.trust.handshake import Member
from swarmstt.tasks import TaskSet, happens

logger = logging.getLogger(__name__)

NEWS_SECONDS = 0.5
"""Peers come and go in groups: what changed is sent and stored together."""
CALL_SECONDS = 0.005
"""Between two calls that are due at one time: to begin one takes the loop a millisecond, and a member can name
hundreds."""
KEEP_SECONDS = 600.0
"""Longest time until it is stored again when peers were last seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Where a node meets others: the port (0: any free one) and the interfaces that it listens on (none: all),
    addresses that a person gave, and whether it looks around by mDNS."""

    port: int
    interfaces: tuple[str, ...] = ()
    given: tuple[Address, ...] = ()
    discovery: bool = True


class Peers:
    """All other nodes that this one knows."""

    def __init__(
        self,
        membership: Membership,
        *,
        helper_server: HelperServer,
        helper: HelperClient,
        store: Store,
        clock: Callable[[], float],
        routes: Sequence[MembersRoutes] = (),
        guests: GuestsApp | None = None,
    ) -> None:
        self.changed: Observers[[]] = Observers()
        """They hear of each change."""
        self._membership = membership
        self._routes = routes
        self._guests = guests
        self._store = store
        self._clock = clock
        self._table = PeerTable(membership.door.own_id)
        self._adverts = Adverts(membership, self._table, clock, self._changed, self._own_announced)
        self._links = PeerLinks(
            membership,
            self._table,
            clock,
            helper_server=helper_server,
            helper=helper,
            on_news=self._news_received,
            changed=self._changed,
        )
        self._roster = membership.door.roster
        self._reachable = Reachable()
        self._discovery: Discovery | None = None
        self._due = asyncio.Event()
        self._has_news = asyncio.Event()
        self._tasks = TaskSet()
        membership.observers.add(self._membership_changed)
        membership.convinced.add(self._retry_all)

    @property
    def member(self) -> Member:
        """Who this node is now, to others."""
        return self._membership.member

    @property
    def failed(self) -> asyncio.Future[None]:
        return self._tasks.failed

    @property
    def trouble(self) -> str | None:
        """A sentence for the person at this PC, if another PC has its identity."""
        return self._links.twins.trouble

    def _own_announced(self, addresses: tuple[Address, ...]) -> None:
        self._tasks.start(self._links.look_for_twin(addresses))

    def rename(self, name: str) -> None:
        """Changes what links that open from now on say of this PC."""
        self._membership.info = replace(self._membership.info, name=name)

    def get(self, node_id: NodeId) -> Peer | None:
        """Returns the peer, if this node knows it."""
        return self._table.get(node_id)

    def shown(self) -> list[Peer]:
        """Returns the peers to show, by name."""
        return self._table.shown(self._clock())

    @asynccontextmanager
    async def open(self, reach: Reach) -> AsyncIterator[int]:
        """Meets others until the context is left; yields the port that this node listens on.

        PortTakenError, or LocalError for an interface that this PC does not have.
        """
        sockets = listening_sockets(reach.interfaces, reach.port)
        port: int = sockets[0].getsockname()[1]
        membership = self._membership
        membership.info = replace(membership.info, port=port)
        self._reachable = Reachable.of(reach.interfaces)
        stored = [each for each in await self._store.peers() if not membership.door.has_lost(each.node_id)]
        self._table.remembered(self._clock(), [still_reachable(each, self._reachable) for each in stored])
        for address in reach.given:
            self._table.given(self._clock(), address)
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._remember)
            stack.push_async_callback(self._tasks.close)
            await stack.enter_async_context(
                serve_swarm(
                    lambda: membership.member,
                    self._links.serve,
                    sockets,
                    keeper=membership.keeper,
                    more=self._routes,
                    guests=self._guests,
                    is_known=self._table.knows_host,
                )
            )
            stack.push_async_callback(self._links.close)
            membership.start(self._tasks)
            self._tasks.start(self._call_all())
            self._tasks.start(self._spread_news())
            self._tasks.start(self._links.watch_twin())
            if reach.discovery:
                self._discovery = self._adverts.discovery(port, reach.interfaces)
                self._tasks.start(self._discovery.run())
            yield port

    def _changed(self) -> None:
        self._due.set()
        self._has_news.set()
        self.changed.notify()

    def _retry_all(self) -> None:
        """Dials all again: a member knows now that this node belongs to the swarm."""
        self._table.retry_all(self._clock())
        self._due.set()

    def _membership_changed(self, to_send: Sequence[News]) -> None:
        """Has others hear of a change of membership, which is on disk now."""
        roster = self._membership.door.roster
        if roster.key != self._roster.key or roster.members != self._roster.members:
            self._table.retry_all(self._clock())
        if roster is not self._roster:
            self._roster = roster
            self._adverts.sort_again()
        if self._discovery is not None:
            self._discovery.own_changed()
        self._forget_removed()
        self._links.end_removed(self._tasks)
        for news in to_send:
            self._tasks.start(self._links.gossip.send_all(news))
        self._changed()

    def _forget_removed(self) -> None:
        door = self._membership.door
        chose_to_be_alone = door.declined and door.alone
        for node_id in self._table.node_ids():
            if chose_to_be_alone or door.has_lost(node_id):
                self._table.expelled(node_id)

    async def _call_all(self) -> None:
        """Dials each peer when it is due, until cancelled."""
        while True:
            self._due.clear()
            removed = self._membership.door.removed
            for call in [] if removed else self._table.due(self._clock()):
                self._tasks.start(self._links.call(call))
                await asyncio.sleep(CALL_SECONDS)
            next_at = self._table.next_at()
            seconds = None if removed or next_at is None else max(0.0, next_at - self._clock())
            await happens(self._due, seconds)

    # What is sent to others, and stored.

    def _news_received(self, giver: NodeId, news: News) -> None:
        if not isinstance(news, Known):
            self._membership.news_received(giver, news)
            return
        known = checked(news.peers, self._reachable)
        peers = [each for each in known if not self._membership.door.has_lost(each.node_id)]
        for each in peers:
            self._membership.came(each.node_id)  # the giver is linked to it
        self._table.gossiped(self._clock(), peers)
        self._due.set()

    async def _spread_news(self) -> None:
        """Sends peers word of one another and remembers them, a moment after something changed."""
        while True:
            changed = await happens(self._has_news, KEEP_SECONDS)
            if changed:
                await asyncio.sleep(NEWS_SECONDS)
            self._has_news.clear()
            known = Known(peers=tuple(gossiped_peer(each) for each in self._table.to_gossip()))
            self._tasks.start(self._links.gossip.spread(known, self._membership.handed()))
            await self._remember()

    async def _remember(self) -> None:
        at = self._clock()
        self._table.expire(at)
        try:
            await self._store.set_peers(self._table.to_store(at))
        except StorageError as error:  # the next round tries it again
            logger.warning("%s", error.message)
