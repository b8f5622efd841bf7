"""The sockets that a node listens on for its peers."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from contextlib import ExitStack

from swarmstt.errors import LocalError, PortTakenError
from swarmstt.sockets import TRIES_FOR_A_FREE_PORT, listening_socket

_MOST_RECEIVED_BYTES = 2**15
"""Others send little here: proofs, and words. asyncio reads up to 256 kB in one go, and what reads HTTP takes them all
in one go: as a body in pieces of one byte each that held the event loop for 16 ms, for each of many connections."""


def listening_sockets(interfaces: Sequence[str], port: int) -> list[socket.socket]:
    """Opens sockets on one port (0: any free one) of these IP addresses; of all, if none is named.

    PortTakenError if the port is not free; LocalError for an address that this PC does not have.
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
    """Opens one for each host, which `stack` closes; the optional one only if this PC has such a network."""
    found: list[socket.socket] = []
    for host in hosts:
        listening = _listening(host, port, needed=host != optional)
        if listening is not None:
            found.append(stack.enter_context(listening))
            port = listening.getsockname()[1]
    return found


def _listening(host: str, port: int, *, needed: bool) -> socket.socket | None:
    try:
        return listening_socket(host, port, option="--swarm_port", most_received=_MOST_RECEIVED_BYTES)
    except OSError as error:
        if not needed:
            return None
        raise LocalError(
            f"This PC cannot listen on {host} ({error.strerror}); name an address of its own with --interface."
        ) from error


def is_address(text: str) -> bool:
    """Returns True for an IP address, as --interface takes it."""
    try:
        ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return True
