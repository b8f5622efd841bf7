"""Listens for guests on the PC's addresses besides loopback, while there is an invitation."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

from aiohttp import web

from swarmstt.sockets import serve_connections
from swarmstt.web.api.arrivals import Arrivals
from swarmstt.web.api.http_log import HTTP_LOG

KEEP_ALIVE_SECONDS = 75.0
_SHUTDOWN_SECONDS = 1.0
_WAITING_CONNECTIONS = 128


class Outside:
    """Serves one application on sockets that come and go; `build` makes it again whenever listening begins.
    `arrivals` bounds connections until the application settles them."""

    def __init__(self, build: Callable[[], web.Application], arrivals: Arrivals) -> None:
        self._build = build
        self._arrivals = arrivals
        self._runner: web.AppRunner | None = None
        self._servers: dict[str, asyncio.Task[None]] = {}

    @property
    def addresses(self) -> frozenset[str]:
        """Where it listens."""
        return frozenset(self._servers)

    async def open(self, address: str, listening: socket.socket) -> None:
        """Serves on this bound socket from now on."""
        if self._runner is None:
            self._runner = web.AppRunner(
                self._build(),
                handle_signals=False,
                access_log=None,
                logger=HTTP_LOG,
                shutdown_timeout=_SHUTDOWN_SECONDS,
                auto_decompress=False,
                keepalive_timeout=KEEP_ALIVE_SECONDS,
            )
            await self._runner.setup()
        assert self._runner.server is not None
        listening.listen(_WAITING_CONNECTIONS)
        receive = self._arrivals.receiving(self._runner.server)
        self._servers[address] = asyncio.create_task(serve_connections(listening, receive))

    async def close(self, address: str) -> None:
        """Stops listening there; with the last address all connections end."""
        server = self._servers.pop(address, None)
        if server is not None:
            server.cancel()
            await asyncio.wait({server})
        if not self._servers and self._runner is not None:
            runner, self._runner = self._runner, None
            await runner.cleanup()

    async def close_all(self) -> None:
        for address in list(self._servers):
            await self.close(address)
