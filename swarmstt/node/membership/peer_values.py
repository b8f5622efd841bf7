"""Peers as a person names them, as the page shows them, and as peers send them to one another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import islice

from swarmstt import __version__
from swarmstt.core.membership.addresses import DEFAULT_SWARM_PORT, Address, Reachable, parse_address
from swarmstt.core.membership.peers import KnownPeer, Peer
from swarmstt.display_text import one_line
from swarmstt.errors import UsageError
from swarmstt.ids import NodeId, is_node_id
from swarmstt.swarm.links.messages import GossipedPeer
from swarmstt.web.api.status_views import KnownPeerView

MOST_GOSSIPED = 256
"""Peers in one message: as many as a full table."""
MOST_ADDRESSES = 16
"""Of one of them."""
_SHOWN_LETTERS = 8
"""Of the id of a PC without a name."""


def given_addresses(texts: Iterable[str]) -> tuple[Address, ...]:
    """Parses the addresses of --peer; UsageError for one that is not valid."""
    found = []
    for text in texts:
        address = parse_address(text, DEFAULT_SWARM_PORT)
        if address is None:
            raise UsageError(f"--peer {text} is not a valid address (expected HOST:PORT).")
        found.append(address)
    return tuple(found)


def peer_view(peer: Peer) -> KnownPeerView:
    """Returns a peer as the page's API shows it."""
    return {
        "node_id": peer.node_id,
        "name": peer.name or "a new PC",
        "address": str(peer.addresses[0]) if peer.addresses else None,
        "state": peer.state,
        "helping": peer.helping > 0,
        "version": peer.version,
        "version_note": version_note(peer.version),
        "reason": peer.reason,
    }


def version_note(version: str | None, own_version: str = __version__) -> str | None:
    """Returns what to say of a PC that has another version of this program than this PC."""
    if version is None or version == own_version:
        return None
    return f"It has version {one_line(version)} of swarmstt, this PC has {own_version}: update both to the same one."


def absent_view(node_id: NodeId, name: str, *, met: bool) -> KnownPeerView:
    """Returns a member that is not known from the network now."""
    return {
        "node_id": node_id,
        "name": name or f"PC {node_id[:_SHOWN_LETTERS]}",
        "address": None,
        "state": "away",
        "helping": False,
        "version": None,
        "version_note": None,
        "reason": None if met else "It was let in and has not come yet. If it is not yours, remove it.",
    }


def gossiped_peer(peer: KnownPeer) -> GossipedPeer:
    """Returns a peer as it is sent to others."""
    return GossipedPeer(node_id=peer.node_id, name=peer.name, addresses=tuple(str(each) for each in peer.addresses))


def checked(peers: Iterable[GossipedPeer], reachable: Reachable) -> list[KnownPeer]:
    """Returns what others sent, as far as it makes sense and this node may dial it."""
    found = []
    for each in islice(peers, MOST_GOSSIPED):
        parsed = (parse_address(text) for text in each.addresses[:MOST_ADDRESSES])
        addresses = tuple(address for address in parsed if address is not None and reachable.takes(address.host))
        if is_node_id(each.node_id) and addresses:
            found.append(KnownPeer(node_id=each.node_id, name=each.name, addresses=addresses))
    return found


def still_reachable(peer: KnownPeer, reachable: Reachable) -> KnownPeer:
    """Returns a peer of an earlier run with those of its addresses that may be dialled now."""
    addresses = tuple(each for each in peer.addresses if reachable.takes(each.host, heard_here=True))
    return replace(peer, addresses=addresses)
