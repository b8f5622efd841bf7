"""Where the swarm servers of tests listen."""

from __future__ import annotations

import socket

from swarmstt.core.membership.addresses import Address
from swarmstt.swarm.network.listening import listening_sockets
from swarmstt.swarm.network.server import Caller
from swarmstt.swarm.network.websocket import WebSocket


def on_loopback() -> tuple[list[socket.socket], Address]:
    """Sockets at a free port of this PC, and their address."""
    sockets = listening_sockets(["127.0.0.1"], 0)
    return sockets, Address("127.0.0.1", sockets[0].getsockname()[1])


async def no_link(caller: Caller, websocket: WebSocket) -> None:
    """Serves links where none may be opened."""
    raise AssertionError("a link was opened")
