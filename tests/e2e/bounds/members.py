"""A member of a real node's swarm that sends whatever it likes."""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

from aiohttp import ClientError, WSMsgType

from swarmstt.core.membership.addresses import Address
from swarmstt.core.membership.door_status import DoorAnswer
from swarmstt.core.membership.roster import Roster
from swarmstt.core.membership.statements import Statement, signed
from swarmstt.ids import NodeId
from swarmstt.swarm.links.messages import PROTOCOL_VERSION, Hello, encode
from swarmstt.swarm.links.offer import Offer
from swarmstt.swarm.network.dialling import dial
from swarmstt.swarm.trust.handshake import Member, NodeInfo
from swarmstt.swarm.trust.identity import Identity, load_identity
from swarmstt.swarm.trust.joining import Asked, ask_for_roster
from swarmstt.swarm.trust.pinned_requests import UnreachableError
from tests.support.waiting import PATIENCE_SECONDS, eventually

MOMENTS_SECONDS = 5.0
LAST = b"\x90"
"""No message: a node that has come to it hangs up."""


class LyingMember:
    """Comes in through the open door of the node at that port."""

    def __init__(self, identity: Identity, port: int, node_id: NodeId, *, own_port: int = 1) -> None:
        self.identity = identity
        self._address = Address("127.0.0.1", port)
        self._node_id = node_id
        info = NodeInfo(name="mallory", version="1", protocol=PROTOCOL_VERSION, port=own_port)
        self.member = Member(identity=identity, swarm_key=secrets.token_bytes(32), info=info)
        self.roster: Roster | None = None

    async def join(self) -> None:
        """Gets the roster, as it is now."""
        asked = await eventually(self._ask, "a place at the gate", pause_seconds=0.2)
        assert asked.decision.verdict is DoorAnswer.ADMITTED
        assert asked.decision.roster is not None
        self.roster = asked.decision.roster
        self.member = replace(self.member, swarm_key=self.roster.key)

    async def _ask(self) -> Asked | None:
        """Returns None if there is no place now: strangers at its address have them all for some seconds."""
        with suppress(UnreachableError):
            return await ask_for_roster(self.member, [self._address], self._node_id, joins=self.roster is None)
        return None

    async def send(self, frames: Iterable[bytes]) -> None:
        """Says hello on a link, sends these frames, and waits until the node has come to their end."""
        async with dial(self.member, [self._address], self._node_id) as dialled:
            with suppress(ClientError, ConnectionError):  # it has had enough before that
                for frame in (encode(self._hello()), *frames, LAST):
                    await dialled.websocket.send_bytes(frame)
            ends = (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR)

            async def hear_out() -> None:
                while (await dialled.websocket.receive()).type not in ends:
                    pass

            await asyncio.wait_for(hear_out(), PATIENCE_SECONDS)

    async def ping(self, count: int) -> None:
        """Says hello on a link, and pings so often, without a look at what comes back, for some moments at most."""
        async with dial(self.member, [self._address], self._node_id) as dialled:
            await dialled.websocket.send_bytes(encode(self._hello()))

            async def ping() -> None:
                for _ in range(count):
                    await dialled.websocket.ping()

            with suppress(ClientError, ConnectionError, asyncio.TimeoutError):
                await asyncio.wait_for(ping(), MOMENTS_SECONDS)
            with suppress(OSError):  # it has hung up
                dialled.websocket.get_extra_info("socket").shutdown(socket.SHUT_RDWR)

    @asynccontextmanager
    async def linked(self) -> AsyncIterator[None]:
        """Is there as a member that helps with nothing, until the context is left."""
        async with dial(self.member, [self._address], self._node_id) as dialled:
            await dialled.websocket.send_bytes(encode(self._hello()))
            yield

    def _hello(self) -> Hello:
        offer = Offer(name="mallory", slots=0, unavailable_reason="no_model")
        return Hello(version=PROTOCOL_VERSION, node_id=self.identity.node_id, offer=offer)

    def roster_with(self, said: Iterable[Statement], *others: Identity) -> Roster:
        """Returns the roster with more, each signed by its author: this member, or one of the others."""
        assert self.roster is not None
        authors = {each.node_id: each for each in (self.identity, *others)}
        more = tuple(signed(authors[each.author], self.roster.swarm_id, each) for each in said)
        certificates = {**self.roster.certificates, **{key: each.certificate for key, each in authors.items()}}
        return replace(self.roster, statements=(*self.roster.statements, *more), certificates=certificates)


def new_identity(folder: Path) -> Identity:
    folder.mkdir(parents=True)
    return load_identity(folder)
