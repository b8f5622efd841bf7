"""Sockets to listen on."""

from __future__ import annotations

import errno
import socket
import sys
from contextlib import suppress

from swarmstt.errors import PortTakenError

_WAITING_CONNECTIONS = 128
TRIES_FOR_A_FREE_PORT = 20
"""A port that is free on one address may be taken on another."""


def listening_socket(host: str, port: int, *, option: str) -> socket.socket:
    """A TCP socket that listens at an IP address and port (0: any free one), which no other program can have too.

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
        listening.bind(socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)[0][4])
        listening.listen(_WAITING_CONNECTIONS)
    except OSError as error:
        listening.close()
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            raise PortTakenError(f"Port {port} is taken, or may not be used; choose another with {option}.") from error
        raise
    return listening
