"""What mDNS shows of other nodes: members are dialled, others are for the door."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from swarmstt.core.membership.door_status import DoorStatus
from swarmstt.core.membership.peer_table import PeerTable
from swarmstt.ids import NodeId
from swarmstt.node.membership.membership import Membership
from swarmstt.swarm.network.adverts import Advert
from swarmstt.swarm.network.discovery import Discovery, OwnAnnounced

MOST_ADVERTS = 512
"""Anybody can announce more; those of known peers are kept before others."""


class Adverts:
    """Sorts nodes by what they announce. `changed` is called after each change, `own_announced` if another PC announces
    itself as this node."""

    def __init__(
        self,
        membership: Membership,
        table: PeerTable,
        clock: Callable[[], float],
        changed: Callable[[], None],
        own_announced: OwnAnnounced,
    ) -> None:
        self._membership = membership
        self._table = table
        self._clock = clock
        self._changed = changed
        self._own_announced = own_announced
        self._adverts: dict[NodeId, Advert] = {}

    def discovery(self, port: int, interfaces: Sequence[str]) -> Discovery:
        """Returns what announces this node at that port, and puts here what it finds."""

        def own() -> tuple[bytes, DoorStatus | None]:
            return self._membership.member.swarm_key, self._membership.keeper.door_status()

        own_id = self._membership.door.own_id
        return Discovery(
            own_id,
            port,
            interfaces,
            own=own,
            on_announced=self._announced,
            on_withdrawn=self._withdrawn,
            on_own=self._own_announced,
        )

    def sort_again(self) -> None:
        """Sorts all of them again: the roster is another."""
        for advert in list(self._adverts.values()):
            self._sort(advert)

    def _announced(self, advert: Advert) -> None:
        self._adverts.pop(advert.node_id, None)
        if len(self._adverts) >= MOST_ADVERTS:
            self._drop_one()
        self._adverts[advert.node_id] = advert
        self._sort(advert)
        self._changed()

    def _sort(self, advert: Advert) -> None:
        if self._membership.bars(advert.node_id):
            self._membership.lost(advert.node_id)
            return
        has_key = advert.is_of(self._membership.member.swarm_key)
        if has_key and self._membership.has(advert.node_id):
            self._membership.lost(advert.node_id)
            self._table.announced(self._clock(), advert.node_id, advert.addresses)
        else:
            self._table.withdrawn(advert.node_id)
            self._membership.stranger_seen(
                advert.node_id, advert.addresses, advert.door_status, announced=True, has_key=has_key
            )

    def _drop_one(self) -> None:
        """Drops the oldest of those that are no peers, or else the oldest."""
        strangers = (node_id for node_id in self._adverts if self._table.get(node_id) is None)
        del self._adverts[next(strangers, next(iter(self._adverts)))]

    def _withdrawn(self, node_id: NodeId) -> None:
        self._adverts.pop(node_id, None)
        self._table.withdrawn(node_id)
        self._membership.lost(node_id)
        self._changed()
