"""Links to other nodes: those that this node opens, to help, and those that others open, to help it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from swarmstt.core.membership.addresses import Address
from swarmstt.core.membership.peer_table import PeerTable
from swarmstt.core.membership.peers import Call
from swarmstt.errors import PeerError
from swarmstt.ids import NodeId
from swarmstt.node.membership.gossip import Gossip
from swarmstt.node.membership.membership import Membership
from swarmstt.node.membership.twins import Twins
from swarmstt.swarm.links.helper_client import HelperClient
from swarmstt.swarm.links.helper_server import HelperServer
from swarmstt.swarm.links.link import LinkClosedError
from swarmstt.swarm.links.messages import Dismissed, News
from swarmstt.swarm.network.dialling import Dialled, RefusedError, StrangerError, UnreachableError, dial
from swarmstt.swarm.network.server import Caller
from swarmstt.swarm.network.websocket import WebSocket, WebSocketLink
from swarmstt.tasks import TaskSet

logger = logging.getLogger(__name__)

TWIN_SECONDS = 10.0
"""Between two looks whether a PC that had this one's identity still has it."""


class PeerLinks:
    """Opens and serves links, and notes in the table how it went.

    `on_news` receives what is neither for the helper nor for the coordinator; `changed` is called whenever the table
    is another.
    """

    def __init__(
        self,
        membership: Membership,
        table: PeerTable,
        clock: Callable[[], float],
        *,
        helper_server: HelperServer,
        helper: HelperClient,
        on_news: Callable[[NodeId, News], None],
        changed: Callable[[], None],
    ) -> None:
        self.gossip = Gossip(membership.has, self._one_to_each)
        self._membership = membership
        self._table = table
        self._clock = clock
        self._helper_server = helper_server
        self._helper = helper
        self._on_news = on_news
        self._changed = changed
        self._own_id = membership.door.own_id
        self.twins = Twins(changed)
        self._incoming: dict[NodeId, WebSocketLink] = {}
        self._outgoing: dict[NodeId, WebSocketLink] = {}
        self._warned: set[str] = set()

    def _one_to_each(self) -> dict[NodeId, WebSocketLink]:
        return {**self._incoming, **self._outgoing}

    async def close(self) -> None:
        """Closes the links of those who help, so that none of them has to wait for this node."""
        await asyncio.gather(*(link.close() for link in list(self._incoming.values())))

    def end_removed(self, tasks: TaskSet) -> None:
        """Ends the links to nodes that are not members any more, or all, if this node is not."""
        door = self._membership.door
        for links in (self._incoming, self._outgoing):
            for node_id, link in list(links.items()):
                if door.removed:
                    tasks.start(link.close())
                elif not self._membership.has(node_id):
                    case = door.case_against(node_id)
                    tasks.start(link.close() if case is None else link.end_with(Dismissed(case=case)))

    # Those that this node opens.

    async def call(self, call: Call) -> None:
        """Dials a peer and helps it until the link closes."""
        try:
            async with dial(self._membership.member, call.addresses, call.node_id) as dialled:
                await self._help(call, dialled)
        except UnreachableError as error:
            logger.debug("%s", error.message)
            self._log_given(call, logging.INFO, error.message, more=" It is tried again and again.")
            self._table.failed(self._clock(), call)
        except RefusedError as error:
            if isinstance(error, StrangerError):
                self._membership.stranger_seen(
                    error.node_id, (error.address,), error.door_status, has_key=error.has_key
                )
            if not self._may_join(error):
                self._log_given(call, logging.WARNING, error.message)
            self._table.failed(self._clock(), call, error.message)
        self._changed()

    def _may_join(self, error: RefusedError) -> bool:
        """Says if both doors are open, so that this PC and that one come together by themselves in a moment."""
        status = error.door_status if isinstance(error, StrangerError) else None
        return status is not None and status.open and self._membership.door_view()["open"]

    async def look_for_twin(self, addresses: tuple[Address, ...]) -> None:
        """Looks who is at addresses that are announced under this node's identity and are not this PC's."""
        with suppress(PeerError):
            async with dial(self._membership.member, addresses, self._own_id) as dialled:
                await self.twins.opened(dialled.websocket, dialled.address)

    async def watch_twin(self) -> None:
        """Looks again where another PC had this node's identity, until cancelled."""
        while True:
            await asyncio.sleep(TWIN_SECONDS)
            if self.twins.address is None:
                continue
            try:
                async with dial(self._membership.member, (self.twins.address,), self._own_id) as dialled:
                    await self.twins.opened(dialled.websocket, dialled.address)
            except UnreachableError:
                self.twins.unreachable()
            except StrangerError:
                pass  # it is there, with another key
            except PeerError:
                self.twins.gone()

    def _log_given(self, call: Call, level: int, message: str, more: str = "") -> None:
        """Logs once what is wrong with an address that a person gave."""
        if call.node_id is None and message not in self._warned:
            self._warned.add(message)
            logger.log(level, "%s%s", message, more)

    async def _help(self, call: Call, dialled: Dialled) -> None:
        node_id, info = dialled.node_id, dialled.info
        if node_id == self._own_id:
            await self.twins.opened(dialled.websocket, dialled.address)
            self._table.found_self(call)
            return
        self._membership.came(node_id)
        if not self._table.linked(self._clock(), call, node_id, info.name, info.version, dialled.address):
            return
        link = self._outgoing[node_id] = WebSocketLink(dialled.websocket, partial(self._on_news, node_id))
        self._changed()
        try:
            async with link:
                await self._helper.serve(link, node_id)
        except LinkClosedError:
            logger.debug("The link to %s closed.", info.name)
        except PeerError as error:
            logger.warning("The link to %s was closed: %s", info.name, error.message)
        finally:
            self.gossip.forget(self._outgoing.pop(node_id))
            self._table.unlinked(self._clock(), node_id)

    # Those that others open.

    async def serve(self, caller: Caller, websocket: WebSocket) -> None:
        """Has a member that called help this node until its link closes."""
        node_id, info = caller.node_id, caller.info
        if node_id == self._own_id:
            await self.twins.accepted(websocket, Address(caller.host, info.port))
            return
        self._membership.came(node_id)
        async with WebSocketLink(websocket, partial(self._on_news, node_id)) as link:
            older, self._incoming[node_id] = self._incoming.get(node_id), link
            address = Address(caller.host, info.port)
            self._table.met(self._clock(), node_id, info.name, info.version, address)
            self._changed()
            try:
                if older is not None:
                    await older.close()
                await self._helper_server.serve(link, kind="peer", proven_id=node_id)
            except LinkClosedError:
                logger.debug("%s closed its link.", info.name)
            finally:
                if self._incoming.get(node_id) is link:
                    del self._incoming[node_id]
                self.gossip.forget(link)
                self._table.parted(self._clock(), node_id)
                self._changed()
