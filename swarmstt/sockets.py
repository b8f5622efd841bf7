"""Sockets to listen on, the connections that come in by them, and the frames of WebSockets."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any, Protocol

from aiohttp import WSMsgType

from swarmstt.errors import PortTakenError

logger = logging.getLogger(__name__)

_WAITING_CONNECTIONS = 128
_ACCEPT_PAUSE_SECONDS = 0.05
TRIES_FOR_A_FREE_PORT = 20
"""A port that is free on one address may be taken on another."""
FRAMES_A_SECOND = 200.0
"""Of one WebSocket, in the long run: a PC that sends three for each part of half a minute would have to be two thousand
times as fast as the reader."""
BURST_FRAMES = 1000.0


def listening_socket(host: str, port: int, *, option: str, most_received: int | None = None) -> socket.socket:
    """A TCP socket that listens at an IP address and port (0: any free one), which no other program can have too.
    `most_received`: bytes that its connections receive at once, about; None: what the system thinks best.

    PortTakenError, which names the option with another choice, where the port is not free or not allowed; OSError for
    an address that this PC does not have.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform == "win32":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            with suppress(OSError):
                listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if most_received is not None:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, most_received)
        listening.bind(socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)[0][4])
        listening.listen(_WAITING_CONNECTIONS)
    except OSError as error:
        listening.close()
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            raise PortTakenError(f"Port {port} is taken, or may not be used; choose another with {option}.") from error
        raise
    return listening


async def connections(listening: socket.socket) -> AsyncIterator[tuple[socket.socket, Any]]:
    """Yields the connections that come in, with their addresses, until it is cancelled.

    One that has gone already, or for which no file handle is free, costs no other: asyncio's own servers stop listening
    for good on Windows if a caller goes too soon (https://github.com/python/cpython/issues/93821).
    """
    loop = asyncio.get_running_loop()
    while True:
        try:
            connection, address = await loop.sock_accept(listening)
        except OSError as error:
            logger.debug("A connection could not be accepted: %s", error)
            await asyncio.sleep(_ACCEPT_PAUSE_SECONDS)
            continue
        yield connection, address
        await asyncio.sleep(0)  # others have a turn, however many come


async def serve_connections(listening: socket.socket, make_protocol: Callable[[], asyncio.BaseProtocol]) -> None:
    """Gives each connection that comes in a protocol, until it is cancelled. Closes the listening socket then."""
    loop = asyncio.get_running_loop()
    listening.setblocking(False)
    try:
        async for connection, _ in connections(listening):
            connection.setblocking(False)
            try:
                await loop.connect_accepted_socket(make_protocol, connection)
            except OSError as error:
                logger.debug("A connection ended before it began: %s", error)
                connection.close()
    finally:
        listening.close()


class _WebSocket(Protocol):
    """A WebSocket of aiohttp that leaves pings to its owner (`autoping=False`)."""

    async def receive(self) -> Any: ...

    async def pong(self, message: bytes = b"") -> None: ...


class Frames:
    """The frames that come by a WebSocket, and no more of them a second than these: whoever sends more waits, since
    nothing is read from its connection meanwhile.

    Pings count too. aiohttp would answer as many as have come before anything else of this program has its turn.
    """

    def __init__(
        self, websocket: _WebSocket, *, a_second: float = FRAMES_A_SECOND, burst: float = BURST_FRAMES
    ) -> None:
        self._websocket = websocket
        self._a_second = a_second
        self._burst = burst
        self._left = burst
        self._counted_at = asyncio.get_running_loop().time()

    async def next(self) -> Any:
        """Returns the next one that is neither a ping, which it answers, nor a pong."""
        while True:
            frame = await self._websocket.receive()
            await self._turn()
            if frame.type is WSMsgType.PING:
                await self._websocket.pong(frame.data)
            elif frame.type is not WSMsgType.PONG:
                return frame

    async def _turn(self) -> None:
        """Lets everything else have its turn, and waits if too many have come."""
        now = asyncio.get_running_loop().time()
        self._left = min(self._burst, self._left + (now - self._counted_at) * self._a_second) - 1.0
        self._counted_at = now
        await asyncio.sleep(max(0.0, -self._left / self._a_second))
