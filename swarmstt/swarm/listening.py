"""The sockets that a node listens on for its peers."""

from __future__ import annotations

import errno
import ipaddress
import socket
import sys
from collections.abc import Sequence
from contextlib import ExitStack, suppress

from swarmstt.errors import LocalError, PortTakenError

_TRIES_FOR_A_FREE_PORT = 20
_WAITING_CONNECTIONS = 128


def listening_sockets(interfaces: Sequence[str], port: int) -> list[socket.socket]:
    """Sockets on one port (0: any free one) of these IP addresses; of all, where none is named.

    PortTakenError where the port is not free; LocalError for an address that this PC does not have.
    """
    hosts = list(dict.fromkeys(interfaces)) or ["0.0.0.0", "::"]  # noqa: S104 # peers come from other PCs; they must prove themselves
    tries = 1 if port else _TRIES_FOR_A_FREE_PORT
    while True:
        tries -= 1
        with ExitStack() as stack:
            try:
                found = _sockets(hosts, port, stack, optional="" if interfaces else "::")
            except PortTakenError:
                if not tries:
                    raise
            else:
                stack.pop_all()
                return found


def _sockets(hosts: Sequence[str], port: int, stack: ExitStack, *, optional: str) -> list[socket.socket]:
    """One for each host, which `stack` closes; the optional one only where this PC has such a network."""
    found: list[socket.socket] = []
    for host in hosts:
        bound = _bound(host, port, needed=host != optional)
        if bound is not None:
            found.append(stack.enter_context(bound))
            port = bound.getsockname()[1]
    return found


def _bound(host: str, port: int, *, needed: bool) -> socket.socket | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.socket(family, socket.SOCK_STREAM)
    except OSError:
        if needed:
            raise LocalError(f"This PC has no network of the kind of {host}.") from None
        return None
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
            raise PortTakenError(
                f"Port {port} is taken, or may not be used; choose another with --swarm_port."
            ) from error
        if not needed:
            return None
        raise LocalError(
            f"This PC cannot listen on {host} ({error.strerror}); name an address of its own with --interface."
        ) from error
    return listening


def is_address(text: str) -> bool:
    """Whether this is an IP address, as --interface takes it."""
    try:
        ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return True
