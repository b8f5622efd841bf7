"""The node among its peers: listens for them, finds them, dials them, helps them, and remembers them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from swarmstt.core.addresses import DEFAULT_SWARM_PORT, Address, parse_address
from swarmstt.core.peer_table import PeerTable
from swarmstt.core.peers import Call, KnownPeer, Peer
from swarmstt.errors import PeerError, UsageError
from swarmstt.ids import NodeId
from swarmstt.storage.store import Store
from swarmstt.swarm.desk import Desk
from swarmstt.swarm.dialling import Dialled, RefusedError, UnreachableError, dial
from swarmstt.swarm.discovery import Discovery
from swarmstt.swarm.driver import Driver
from swarmstt.swarm.handshake import Member
from swarmstt.swarm.helper import Helper
from swarmstt.swarm.link import LinkClosedError
from swarmstt.swarm.listening import listening_sockets
from swarmstt.swarm.messages import Known, ToldPeer
from swarmstt.swarm.server import Caller, serve_swarm
from swarmstt.swarm.websocket import WebSocket, WebSocketLink
from swarmstt.tasks import TaskSet

logger = logging.getLogger(__name__)

NEWS_SECONDS = 0.5
"""Peers come and go in groups: what changed is told and kept together."""
KEEP_SECONDS = 600.0
"""So often it is kept when peers were last seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Where a node meets others: the port (0: any free one) and the interfaces it listens on (none: all), addresses
    that a person gave, and whether it looks around by mDNS."""

    port: int
    interfaces: tuple[str, ...] = ()
    given: tuple[Address, ...] = ()
    discovery: bool = True


class Peers:
    """All other nodes that this one knows."""

    def __init__(
        self,
        member: Member,
        *,
        desk: Desk,
        driver: Driver,
        helper: Helper,
        store: Store,
        clock: Callable[[], float],
    ) -> None:
        self.member = member
        self.observers: set[Callable[[], None]] = set()
        """Called after each change."""
        self._desk = desk
        self._driver = driver
        self._helper = helper
        self._store = store
        self._clock = clock
        self._own_id = member.identity.node_id
        self._table = PeerTable(self._own_id)
        self._incoming: dict[NodeId, WebSocketLink] = {}
        self._outgoing: dict[NodeId, WebSocketLink] = {}
        self._told: dict[WebSocketLink, Known] = {}
        self._due = asyncio.Event()
        self._news = asyncio.Event()
        self._tasks = TaskSet()

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
        self.member = replace(self.member, card=replace(self.member.card, port=port))
        self._table.remembered(self._clock(), await self._store.peers())
        for address in reach.given:
            self._table.given(self._clock(), address)
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._keep)
            stack.push_async_callback(self._tasks.close)
            await stack.enter_async_context(
                serve_swarm(self.member, self._serve_caller, sockets, is_known=self._table.knows_host)
            )
            stack.push_async_callback(self._end_links)
            self._tasks.start(self._call_all())
            self._tasks.start(self._spread_news())
            if reach.discovery:
                self._tasks.start(self._discovery(port, reach.interfaces).run())
            yield port

    @property
    def failed(self) -> asyncio.Future[None]:
        return self._tasks.failed

    def _discovery(self, port: int, interfaces: Sequence[str]) -> Discovery:
        return Discovery(
            self._own_id, self.member.swarm_key, port, interfaces, heard=self._heard, unheard=self._unheard
        )

    def _heard(self, node_id: NodeId, addresses: Iterable[Address]) -> None:
        self._table.heard(self._clock(), node_id, addresses)
        self._changed()

    def _unheard(self, node_id: NodeId) -> None:
        self._table.unheard(node_id)
        self._changed()

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
            for call in self._table.due(self._clock()):
                self._tasks.start(self._call(call))
            next_at = self._table.next_at()
            seconds = None if next_at is None else max(0.0, next_at - self._clock())
            await _wait(self._due, seconds)

    async def _call(self, call: Call) -> None:
        """Dials a peer and helps it until the link closes."""
        try:
            async with dial(self.member, call.addresses, call.node_id) as dialled:
                await self._help(call, dialled)
        except UnreachableError as error:
            logger.debug("%s", error.message)
            self._table.failed(self._clock(), call)
        except RefusedError as error:
            if call.node_id is None:
                logger.warning("%s", error.message)
            self._table.failed(self._clock(), call, error.message)
        self._changed()

    async def _help(self, call: Call, dialled: Dialled) -> None:
        node_id, card = dialled.node_id, dialled.card
        if node_id == self._own_id:
            self._table.found_self(call)
            return
        if not self._table.linked(self._clock(), call, node_id, card.name, card.version, dialled.address):
            return
        link = self._outgoing[node_id] = WebSocketLink(dialled.websocket, self._hear_of)
        self._changed()
        try:
            async with link:
                await self._helper.serve(link, node_id)
        except LinkClosedError:
            logger.debug("The link to %s closed.", card.name)
        except PeerError as error:
            logger.warning("The link to %s was closed: %s", card.name, error.message)
        finally:
            self._told.pop(self._outgoing.pop(node_id), None)
            self._table.unlinked(self._clock(), node_id)

    # Links that others open: they help.

    async def _serve_caller(self, caller: Caller, websocket: WebSocket) -> None:
        node_id, card = caller.node_id, caller.card
        if node_id == self._own_id:
            return  # this node dialled an address that is its own
        async with WebSocketLink(websocket, self._hear_of) as link:
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
                self._told.pop(link, None)
                self._table.parted(self._clock(), node_id)
                self._changed()

    async def _end_links(self) -> None:
        """Says goodbye to those who help, so that nobody has to wait for them."""
        await asyncio.gather(*(link.close() for link in list(self._incoming.values())))

    # What is told to others, and kept.

    def _hear_of(self, known: Known) -> None:
        self._table.told(self._clock(), _checked(known.peers))
        self._due.set()

    async def _spread_news(self) -> None:
        """Tells peers of one another and remembers them, a moment after something changed."""
        while True:
            changed = await _wait(self._news, KEEP_SECONDS)
            if changed:
                await asyncio.sleep(NEWS_SECONDS)
            self._news.clear()
            await self._tell()
            await self._keep()

    async def _tell(self) -> None:
        known = Known(peers=tuple(_told(each) for each in self._table.to_tell()))
        for link in list({**self._incoming, **self._outgoing}.values()):
            if self._told.get(link) != known:
                self._told[link] = known
                try:
                    await link.send(known)
                except LinkClosedError:
                    self._told.pop(link, None)

    async def _keep(self) -> None:
        at = self._clock()
        self._table.expire(at)
        await self._store.set_peers(self._table.to_keep(at))


def given_addresses(texts: Iterable[str]) -> tuple[Address, ...]:
    """The addresses of --peer; UsageError for what is none."""
    found = []
    for text in texts:
        address = parse_address(text, DEFAULT_SWARM_PORT)
        if address is None:
            raise UsageError(f"--peer {text} is no address; it is written HOST:PORT.")
        found.append(address)
    return tuple(found)


def peer_view(peer: Peer) -> dict[str, Any]:
    """A peer as the page's API shows it (web/ports.py)."""
    return {
        "node_id": peer.node_id,
        "name": peer.name or "a new PC",
        "address": str(peer.addresses[0]) if peer.addresses else None,
        "state": peer.state,
        "helping": peer.helping > 0,
        "version": peer.version,
        "reason": peer.reason,
    }


def _told(peer: KnownPeer) -> ToldPeer:
    return ToldPeer(node_id=peer.node_id, name=peer.name, addresses=tuple(str(each) for each in peer.addresses))


def _checked(peers: Iterable[ToldPeer]) -> list[KnownPeer]:
    """What others told, as far as it makes sense."""
    found = []
    for each in peers:
        addresses = tuple(address for text in each.addresses if (address := parse_address(text)) is not None)
        if len(each.node_id) == 64 and set(each.node_id) <= set("0123456789abcdef") and addresses:
            found.append(KnownPeer(node_id=each.node_id, name=each.name, addresses=addresses))
    return found


async def _wait(event: asyncio.Event, seconds: float | None) -> bool:
    """Whether the event came within that time."""
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except asyncio.TimeoutError:
        return False
    return True
