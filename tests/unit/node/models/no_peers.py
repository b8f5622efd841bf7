"""A PC that knows no other."""

from __future__ import annotations

from swarmstt.core.membership.peers import Peer
from swarmstt.ids import NodeId
from swarmstt.observers import Observers
from swarmstt.swarm.trust.handshake import Member


class NoPeers:
    """Implements KnownPeers."""

    def __init__(self) -> None:
        self.changed: Observers[[]] = Observers()

    @property
    def member(self) -> Member:
        raise AssertionError("there is nobody to ask")

    def get(self, node_id: NodeId) -> Peer | None:
        return None

    def shown(self) -> list[Peer]:
        return []
