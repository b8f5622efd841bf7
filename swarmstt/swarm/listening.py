"""The sockets that a node listens on for its peers."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from contextlib import ExitStack

from swarmstt.errors import LocalError, PortTakenError
from swarmstt.sockets import TRIES_FOR_A_FREE_PORT, listening_socket


def listening_sockets(interfaces: Sequence[str], port: int) -> list[socket.socket]:
    """Sockets on one port (0: any free one) of these IP addresses; of all, where none is named.

    PortTakenError where the port is not free; LocalError for an address that this PC does not have.
    """
    hosts = list(dict.fromkeys(interfaces)) or ["0.0.0.0", "::"]  # noqa: S104 # peers come from other PCs; they must prove themselves
    tries = 1 if port else TRIES_FOR_A_FREE_PORT
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
        listening = _listening(host, port, needed=host != optional)
        if listening is not None:
            found.append(stack.enter_context(listening))
            port = listening.getsockname()[1]
    return found


def _listening(host: str, port: int, *, needed: bool) -> socket.socket | None:
    try:
        return listening_socket(host, port, option="--swarm_port")
    except OSError as error:
        if not needed:
            return None
        raise LocalError(
            f"This PC cannot listen on {host} ({error.strerror}); name an address of its own with --interface."
        ) from error


def is_address(text: str) -> bool:
    """Whether this is an IP address, as --interface takes it."""
    try:
        ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return True
