"""The node among its peers: listens for them, finds them, dials them, helps them, and remembers them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

from swarmstt.core.addresses import Address
from swarmstt.core.door import Sign
from swarmstt.core.peer_table import PeerTable
from swarmstt.core.peers import Call, Peer
from swarmstt.errors import PeerError, StorageError
from swarmstt.ids import NodeId
from swarmstt.node.gossip import Gossip
from swarmstt.node.membership import Membership
from swarmstt.node.peer_words import checked, told_peer
from swarmstt.storage.store import Store
from swarmstt.swarm.desk import Desk
from swarmstt.swarm.dialling import Dialled, RefusedError, StrangerError, UnreachableError, dial
from swarmstt.swarm.discovery import Advert, Discovery
from swarmstt.swarm.driver import Driver
from swarmstt.swarm.handshake import Card, Member
from swarmstt.swarm.helper import Helper
from swarmstt.swarm.link import LinkClosedError
from swarmstt.swarm.listening import listening_sockets
from swarmstt.swarm.messages import Dismissed, DoorShut, Known, News
from swarmstt.swarm.model_catalogue import ListModels
from swarmstt.swarm.model_sharing import FindModel
from swarmstt.swarm.server import Caller, serve_swarm
from swarmstt.swarm.websocket import WebSocket, WebSocketLink
from swarmstt.tasks import TaskSet, happens

logger = logging.getLogger(__name__)

NEWS_SECONDS = 0.5
"""Peers come and go in groups: what changed is told and kept together."""
KEEP_SECONDS = 600.0
"""So often it is kept when peers were last seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Where a node meets others: the port (0: any free one) and the interfaces it listens on (none: all), addresses
    that a person gave, whether it looks around by mDNS, and whether its door may open."""

    port: int
    interfaces: tuple[str, ...] = ()
    given: tuple[Address, ...] = ()
    discovery: bool = True


class Peers:
    """All other nodes that this one knows."""

    def __init__(
        self,
        membership: Membership,
        card: Card,
        *,
        desk: Desk,
        driver: Driver,
        helper: Helper,
        store: Store,
        clock: Callable[[], float],
        models: FindModel | None = None,
        catalogue: ListModels | None = None,
    ) -> None:
        self._models = models
        self._catalogue = catalogue
        self.membership = membership
        self.observers: set[Callable[[], None]] = set()
        """Called after each change."""
        self._desk = desk
        self._driver = driver
        self._helper = helper
        self._store = store
        self._clock = clock
        self._card = card
        self._own_id = membership.door.own_id
        self._table = PeerTable(self._own_id)
        self._incoming: dict[NodeId, WebSocketLink] = {}
        self._outgoing: dict[NodeId, WebSocketLink] = {}
        self._gossip = Gossip(membership, self._links)
        self._adverts: dict[NodeId, Advert] = {}
        self._ring = membership.door.ring
        self._look_about: Discovery | None = None
        self._warned: set[str] = set()
        self._times_shut = 0
        self._due = asyncio.Event()
        self._news = asyncio.Event()
        self._tasks = TaskSet()

    @property
    def member(self) -> Member:
        """Who this node is now, to others."""
        return self.membership.member(self._card)

    def rename(self, name: str) -> None:
        """What links that are opened from now on say of this PC."""
        self._card = replace(self._card, name=name)

    def get(self, node_id: NodeId) -> Peer | None:
        return self._table.get(node_id)

    def shown(self) -> list[Peer]:
        return self._table.shown(self._clock())

    @asynccontextmanager
    async def open(self, reach: Reach) -> AsyncIterator[int]:
        """Meets others until the context is left; yields the port that it listens on.

        PortTakenError, or LocalError for an interface that this PC does not have.
        """
        sockets = listening_sockets(reach.interfaces, reach.port)
        port: int = sockets[0].getsockname()[1]
        self._card = replace(self._card, port=port)
        kept = [each for each in await self._store.peers() if not self.membership.has_removed(each.node_id)]
        self._table.remembered(self._clock(), kept)
        for address in reach.given:
            self._table.given(self._clock(), address)
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._keep)
            stack.push_async_callback(self._tasks.close)
            await stack.enter_async_context(
                serve_swarm(
                    lambda: self.member,
                    self._serve_caller,
                    sockets,
                    keeper=self.membership,
                    models=self._models,
                    catalogue=self._catalogue,
                    is_known=self._table.knows_host,
                )
            )
            stack.push_async_callback(self._end_links)
            self.membership.on_kept = self._membership_changed
            self.membership.start(self._tasks)
            self._tasks.start(self._call_all())
            self._tasks.start(self._spread_news())
            if reach.discovery:
                self._look_about = self._discovery(port, reach.interfaces)
                self._tasks.start(self._look_about.run())
            yield port

    @property
    def failed(self) -> asyncio.Future[None]:
        return self._tasks.failed

    def _discovery(self, port: int, interfaces: Sequence[str]) -> Discovery:
        def own() -> tuple[bytes, Sign | None]:
            return self.member.swarm_key, self.membership.sign()

        return Discovery(self._own_id, port, interfaces, own=own, heard=self._heard, unheard=self._unheard)

    def _heard(self, advert: Advert) -> None:
        self._adverts[advert.node_id] = advert
        self._sort(advert)
        self._changed()

    def _sort(self, advert: Advert) -> None:
        """Members are dialled; others are for the door."""
        if self.membership.bars(advert.node_id):
            self.membership.lost(advert.node_id)
        elif advert.is_of(self.member.swarm_key):
            self.membership.lost(advert.node_id)
            self._table.heard(self._clock(), advert.node_id, advert.addresses)
        else:
            self._table.unheard(advert.node_id)
            self.membership.noticed(advert.node_id, advert.addresses, advert.sign, announced=True)

    def _unheard(self, node_id: NodeId) -> None:
        self._adverts.pop(node_id, None)
        self._table.unheard(node_id)
        self.membership.lost(node_id)
        self._changed()

    def _membership_changed(self) -> None:
        """What changed is on disk: now others hear of it."""
        ring = self.membership.door.ring
        if ring.key != self._ring.key:
            self._table.hurry(self._clock())
        if ring is not self._ring:
            self._ring = ring
            for advert in list(self._adverts.values()):
                self._sort(advert)
        if self._look_about is not None:
            self._look_about.own_changed()
        self._part_with_removed()
        if self._times_shut != self.membership.times_shut:
            self._times_shut = self.membership.times_shut
            self._tasks.start(self._gossip.say(DoorShut()))
        self._changed()

    def _part_with_removed(self) -> None:
        door = self.membership.door
        for node_id in self._table.node_ids():
            if self.membership.has_removed(node_id) or (
                door.declined and door.alone
            ):  # who chose to be alone knows nobody
                self._table.expelled(node_id)
        for links in (self._incoming, self._outgoing):
            for node_id, link in list(links.items()):
                if self.membership.door.removed:
                    self._tasks.start(link.close())
                elif self.membership.bars(node_id):
                    standing = self.membership.door.ring.roll[node_id]
                    self._tasks.start(link.end_with(Dismissed(standing=standing)))

    def _changed(self) -> None:
        self._due.set()
        self._news.set()
        for observer in list(self.observers):
            observer()

    # Links that this node opens: it helps.

    async def _call_all(self) -> None:
        """Dials whoever is due, for ever."""
        while True:
            self._due.clear()
            removed = self.membership.door.removed
            for call in [] if removed else self._table.due(self._clock()):
                self._tasks.start(self._call(call))
            next_at = self._table.next_at()
            seconds = None if removed or next_at is None else max(0.0, next_at - self._clock())
            await happens(self._due, seconds)

    async def _call(self, call: Call) -> None:
        """Dials a peer and helps it until the link closes."""
        try:
            async with dial(self.member, call.addresses, call.node_id) as dialled:
                await self._help(call, dialled)
        except UnreachableError as error:
            logger.debug("%s", error.message)
            if call.node_id is None and error.message not in self._warned:
                self._warned.add(error.message)
                logger.info("%s It is tried again and again.", error.message)
            self._table.failed(self._clock(), call)
        except RefusedError as error:
            if isinstance(error, StrangerError):
                self.membership.noticed(error.node_id, (error.address,), error.sign)
            if call.node_id is None and error.message not in self._warned:
                self._warned.add(error.message)
                logger.warning("%s", error.message)
            self._table.failed(self._clock(), call, error.message)
        self._changed()

    async def _help(self, call: Call, dialled: Dialled) -> None:
        node_id, card = dialled.node_id, dialled.card
        if node_id == self._own_id:
            self._table.found_self(call)
            return
        self.membership.proven(node_id)
        if not self._table.linked(self._clock(), call, node_id, card.name, card.version, dialled.address):
            return
        link = self._outgoing[node_id] = WebSocketLink(dialled.websocket, self._hear_news)
        self._changed()
        try:
            async with link:
                await self._helper.serve(link, node_id)
        except LinkClosedError:
            logger.debug("The link to %s closed.", card.name)
        except PeerError as error:
            logger.warning("The link to %s was closed: %s", card.name, error.message)
        finally:
            self._gossip.forget(self._outgoing.pop(node_id))
            self._table.unlinked(self._clock(), node_id)

    # Links that others open: they help.

    async def _serve_caller(self, caller: Caller, websocket: WebSocket) -> None:
        node_id, card = caller.node_id, caller.card
        if node_id == self._own_id:
            return  # this node dialled an address that is its own
        self.membership.proven(node_id)
        async with WebSocketLink(websocket, self._hear_news) as link:
            older, self._incoming[node_id] = self._incoming.get(node_id), link
            address = Address(caller.host, card.port)
            self._table.met(self._clock(), node_id, card.name, card.version, address)
            self._changed()
            try:
                if older is not None:
                    await older.close()
                await self._desk.serve(link, self._driver, proven_id=node_id)
            except LinkClosedError:
                logger.debug("%s closed its link.", card.name)
            finally:
                if self._incoming.get(node_id) is link:
                    del self._incoming[node_id]
                self._gossip.forget(link)
                self._table.parted(self._clock(), node_id)
                self._changed()

    async def _end_links(self) -> None:
        """Says goodbye to those who help, so that nobody has to wait for them."""
        await asyncio.gather(*(link.close() for link in list(self._incoming.values())))

    # What is told to others, and kept.

    def _links(self) -> dict[NodeId, WebSocketLink]:
        """One to each peer that is linked."""
        return {**self._incoming, **self._outgoing}

    def _hear_news(self, news: News) -> None:
        if not isinstance(news, Known):
            self.membership.told(news)
            return
        peers = [each for each in checked(news.peers) if not self.membership.bars(each.node_id)]
        self._table.told(self._clock(), peers)
        self._due.set()

    async def _spread_news(self) -> None:
        """Tells peers of one another and remembers them, a moment after something changed."""
        while True:
            changed = await happens(self._news, KEEP_SECONDS)
            if changed:
                await asyncio.sleep(NEWS_SECONDS)
            self._news.clear()
            await self._gossip.tell(Known(peers=tuple(told_peer(each) for each in self._table.to_tell())))
            await self._keep()

    async def _keep(self) -> None:
        at = self._clock()
        self._table.expire(at)
        try:
            await self._store.set_peers(self._table.to_keep(at))
        except StorageError as error:  # the next round tries it again
            logger.warning("%s", error.message)
