"""Accepts connections to the swarm port, and bounds what strangers can cost.

Until a connection carries a member's link it is a stranger's: it has a few seconds, and there are only so many of
them, in all and from one address. One that failed keeps its place until those seconds are over, so that nobody can
have this node do the arithmetic of TLS all day. Links do not count: a flood of strangers ends none of them, and a
caller at the address of a known peer, or of a guest that was here, finds a place besides all others.

Who finds no place waits for one (waiting_room.py), and places are free sooner where others wait. So a newcomer behind
one address with a flood comes in, sooner or later: it comes again and again (swarm/trust/hang_ups.py), each time with
the chance of any other.
"""

from __future__ import annotations

import asyncio
import logging
import math
import socket
import ssl
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from swarmstt.ids import NodeId
from swarmstt.sockets import connections
from swarmstt.swarm.network.waiting_room import WaitingRoom
from swarmstt.swarm.trust.handshake import NodeInfo
from swarmstt.swarm.trust.joining import Commitment
from swarmstt.tasks import TaskSet

logger = logging.getLogger(__name__)


_MOST_GUEST_HOSTS = 64
"""Addresses of guests that are remembered."""
_PART_FOR_TLS = 0.9
"""Of a stranger's time: its socket is closed before its place is free."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateLimits:
    stranger_seconds: float = 5.0
    """From a place at the gate to the admitted member, TLS included."""
    crowded_seconds: float = 1.0
    """If others wait for that place: for TLS, and then again for the rest."""
    most_strangers: int = 64
    most_strangers_an_address: int = 8
    most_waiting: int = 64
    most_waiting_an_address: int = 16
    waiting_seconds: float = 2.0
    """Who waits for longer has too little of its own time left (HANDSHAKE_SECONDS)."""
    most_requests: int = 8
    """Of a stranger on one connection. To prove itself, or to ask to be let in, it needs two."""


@dataclass(slots=True, kw_only=True, eq=False)
class Visitor:
    """One connection."""

    host: str
    nonce: bytes | None = None
    commitment: Commitment | None = None
    """What the visitor bound itself to, if it asks to be let in."""
    node_id: NodeId | None = None
    """Whose connection it is, once that is proven; and what it says of itself."""
    info: NodeInfo | None = None
    deadline: asyncio.TimerHandle | None = None
    request_count: int = 0
    is_guest: bool = False
    """It has shown an invitation, and gets what guests get and nothing else."""


class Gate:
    """Owns the listening sockets, and knows whose each connection is."""

    def __init__(
        self,
        context: ssl.SSLContext,
        *,
        is_known: Callable[[str], bool] = lambda host: False,
        on_gone: Callable[[Visitor], None] = lambda visitor: None,
        limits: GateLimits | None = None,
    ) -> None:
        """`is_known` returns True for a host at which a peer is known; `on_gone` hears of each connection that is
        over, or has become a guest's."""
        self._on_gone = on_gone
        self.limits = limits or GateLimits()
        self._is_known = is_known
        self._context = context
        self._visitors: dict[asyncio.BaseProtocol, Visitor] = {}
        self._strangers: Counter[str] = Counter()
        self._guest_hosts: deque[str] = deque(maxlen=_MOST_GUEST_HOSTS)
        self._waiting = WaitingRoom(
            most=self.limits.most_waiting,
            most_an_address=self.limits.most_waiting_an_address,
            seconds=self.limits.waiting_seconds,
        )
        self._make_protocol: Callable[[], asyncio.Protocol] = asyncio.Protocol
        self._tasks = TaskSet()
        self._sockets: list[socket.socket] = []

    def listen(self, sockets: Sequence[socket.socket], make_protocol: Callable[[], asyncio.Protocol]) -> None:
        """Takes these sockets over, and gives each connection a protocol."""
        self._sockets += sockets
        self._make_protocol = make_protocol
        for each in sockets:
            each.setblocking(False)
            self._tasks.start(self._accept(each))

    async def close(self) -> None:
        self._waiting.close()
        await self._tasks.close()
        for each in self._sockets:
            each.close()
        for visitor in self._visitors.values():
            if visitor.deadline is not None:
                visitor.deadline.cancel()

    def visitor(self, protocol: asyncio.BaseProtocol) -> Visitor:
        return self._visitors[protocol]

    def asks(self, visitor: Visitor) -> None:
        """Counts a request."""
        visitor.request_count += 1

    def may_go_on(self, visitor: Visitor) -> bool:
        """Returns False if no other request may follow. A proven member may ask as often as it likes; the requests of
        guests are counted elsewhere."""
        return visitor.node_id is not None or visitor.is_guest or visitor.request_count < self.limits.most_requests

    def admit(self, visitor: Visitor) -> None:
        """Lets a visitor stay that has opened a link: it is not a stranger any more."""
        if visitor.deadline is not None:
            visitor.deadline.cancel()
            visitor.deadline = None
            self._strangers[visitor.host] -= 1
            if not self._strangers[visitor.host]:
                del self._strangers[visitor.host]
            self._fill_places()

    def welcome_guest(self, protocol: asyncio.BaseProtocol) -> Callable[[], None]:
        """Lets a visitor stay that has shown an invitation; what it began as a stranger is over. Whoever calls this
        bounds guests, and calls what it returns when the connection has ended."""
        visitor = self._visitors[protocol]
        self.admit(visitor)
        self._on_gone(visitor)
        visitor.is_guest = True
        if visitor.host not in self._guest_hosts:
            self._guest_hosts.append(visitor.host)
        return lambda: self.forget(protocol)

    def forget(self, protocol: asyncio.BaseProtocol) -> None:
        """Forgets a connection that ended."""
        visitor = self._visitors.pop(protocol, None)
        if visitor is not None:
            self.admit(visitor)
            self._on_gone(visitor)

    async def _accept(self, listening: socket.socket) -> None:
        async for connection, address in connections(listening):
            host = _host_of(address)
            connection.setblocking(False)
            if self._has_room(host):
                self._take_in(connection, host)
            else:
                self._waiting.add(host, connection)

    def _fill_places(self) -> None:
        """Gives what places are free now to those that wait for them."""
        while found := self._waiting.take(self._has_room):
            host, connection = found
            self._take_in(connection, host)

    def _take_in(self, connection: socket.socket, host: str) -> None:
        self._strangers[host] += 1  # at once: the next one may have come already
        self._tasks.start(self._receive(connection, host, self._make_protocol()))

    def _is_crowded(self, host: str) -> bool:
        """True if others wait for a stranger's place."""
        return self._waiting.waits_at(host) or self._strangers.total() >= self.limits.most_strangers

    def _has_room(self, host: str) -> bool:
        if self._strangers[host] >= self.limits.most_strangers_an_address:
            return False
        is_known = self._is_known(host) or host in self._guest_hosts
        return is_known or self._strangers.total() < self.limits.most_strangers

    async def _receive(self, connection: socket.socket, host: str, protocol: asyncio.Protocol) -> None:
        """Speaks TLS with a stranger, which is counted already, and gives it what is left of its time."""
        loop = asyncio.get_running_loop()
        visitor = Visitor(host=host)
        self._visitors[protocol] = visitor
        limits = self.limits
        late = loop.time() + limits.stranger_seconds
        seconds = min(limits.stranger_seconds, limits.crowded_seconds if self._is_crowded(host) else math.inf)
        visitor.deadline = loop.call_later(seconds, self.forget, protocol)
        try:
            keep_alive(connection)  # which some systems refuse once the caller has gone
            transport, _ = await loop.connect_accepted_socket(
                lambda: protocol,
                connection,
                ssl=self._context,
                ssl_handshake_timeout=_PART_FOR_TLS * seconds,
            )
        except OSError as error:  # an ssl.SSLError is one too
            logger.debug("%s did not get through TLS: %s", host, error)
            connection.close()
            return

        def end() -> None:
            transport.abort()
            loop.call_soon(self.forget, protocol)  # its place is free once its socket is closed

        if visitor.deadline is not None:
            visitor.deadline.cancel()
            visitor.deadline = loop.call_at(min(late, loop.time() + seconds), end)


def _host_of(address: tuple[Any, ...]) -> str:
    """Returns the caller's host; a link-local IPv6 address with its scope."""
    return f"{address[0]}%{address[3]}" if len(address) == 4 and address[3] else str(address[0])


def keep_alive(connection: socket.socket, *, idle_seconds: int = 10, between_seconds: int = 5, count: int = 3) -> None:
    """Has the system find out that the other end is gone (power, cable), even if nothing is sent."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    options = {
        "TCP_KEEPIDLE": idle_seconds,
        "TCP_KEEPALIVE": idle_seconds,  # macOS's name of the same
        "TCP_KEEPINTVL": between_seconds,
        "TCP_KEEPCNT": count,
        "TCP_USER_TIMEOUT": 1000 * (idle_seconds + count * between_seconds),
    }
    for name, value in options.items():
        option = getattr(socket, name, None)
        if option is not None:
            try:
                connection.setsockopt(socket.IPPROTO_TCP, option, value)
            except OSError as error:
                logger.debug("%s is not known here: %s", name, error)
