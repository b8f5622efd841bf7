"""Listens for guests on the PC's addresses besides loopback, while there is an invitation."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

from aiohttp import web

from swarmstt.web.guest_app import Admissions

MOST_CONNECTIONS = 256
STRANGER_SECONDS = 20.0
"""How long a connection may stay over which no valid token came."""
_SHUTDOWN_SECONDS = 1.0
_WAITING_CONNECTIONS = 128


class Outside:
    """Serves one application on sockets that come and go; `build` makes it anew whenever listening begins."""

    def __init__(self, build: Callable[[], web.Application], admissions: Admissions) -> None:
        self._build = build
        self._admissions = admissions
        self._runner: web.AppRunner | None = None
        self._servers: dict[str, asyncio.Server] = {}

    @property
    def addresses(self) -> frozenset[str]:
        """Where it listens."""
        return frozenset(self._servers)

    async def open(self, address: str, listening: socket.socket) -> None:
        """Serves on this bound socket from now on."""
        if self._runner is None:
            self._runner = web.AppRunner(
                self._build(), handle_signals=False, access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS
            )
            await self._runner.setup()
        loop = asyncio.get_running_loop()
        self._servers[address] = await loop.create_server(self._protocol, sock=listening, backlog=_WAITING_CONNECTIONS)

    async def close(self, address: str) -> None:
        """Listens there no more; with the last address all connections end."""
        server = self._servers.pop(address, None)
        if server is not None:
            server.close()
        if not self._servers and self._runner is not None:
            runner, self._runner = self._runner, None
            await runner.cleanup()

    async def close_all(self) -> None:
        for address in list(self._servers):
            await self.close(address)

    def _protocol(self) -> asyncio.BaseProtocol:
        """The protocol of a new connection; with too many, one that closes it."""
        server = self._runner.server if self._runner is not None else None
        if server is None or len(server.connections) >= MOST_CONNECTIONS:
            return _Refusal()
        protocol = server()
        self._admissions.strangers.add(protocol)
        asyncio.get_running_loop().call_later(STRANGER_SECONDS, self._end_stranger, protocol)
        return protocol

    def _end_stranger(self, protocol: web.RequestHandler) -> None:
        if protocol in self._admissions.strangers:
            self._admissions.strangers.discard(protocol)
            protocol.force_close()


class _Refusal(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()
