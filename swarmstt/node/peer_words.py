"""Peers as a person names them, as the page shows them, and as peers tell one another of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from swarmstt.core.addresses import DEFAULT_SWARM_PORT, Address, parse_address
from swarmstt.core.peers import KnownPeer, Peer
from swarmstt.errors import UsageError
from swarmstt.swarm.discovery import is_node_id
from swarmstt.swarm.messages import ToldPeer


def given_addresses(texts: Iterable[str]) -> tuple[Address, ...]:
    """The addresses of --peer; UsageError for what is none."""
    found = []
    for text in texts:
        address = parse_address(text, DEFAULT_SWARM_PORT)
        if address is None:
            raise UsageError(f"--peer {text} is no address; it is written HOST:PORT.")
        found.append(address)
    return tuple(found)


def peer_view(peer: Peer) -> dict[str, Any]:
    """A peer as the page's API shows it (web/ports.py)."""
    return {
        "node_id": peer.node_id,
        "name": peer.name or "a new PC",
        "address": str(peer.addresses[0]) if peer.addresses else None,
        "state": peer.state,
        "helping": peer.helping > 0,
        "version": peer.version,
        "reason": peer.reason,
    }


def told_peer(peer: KnownPeer) -> ToldPeer:
    """A peer as others are told of it."""
    return ToldPeer(node_id=peer.node_id, name=peer.name, addresses=tuple(str(each) for each in peer.addresses))


def checked(peers: Iterable[ToldPeer]) -> list[KnownPeer]:
    """What others told, as far as it makes sense."""
    found = []
    for each in peers:
        addresses = tuple(address for text in each.addresses if (address := parse_address(text)) is not None)
        if is_node_id(each.node_id) and addresses:
            found.append(KnownPeer(node_id=each.node_id, name=each.name, addresses=addresses))
    return found
