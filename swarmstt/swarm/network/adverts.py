"""What a node's mDNS entry says of it. Anybody can announce anything: each part is bounded where it comes in."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from swarmstt.core.membership.addresses import Address, Reachable, is_port
from swarmstt.core.membership.door_status import DoorStatus
from swarmstt.ids import NodeId, is_node_id
from swarmstt.swarm.trust.proofs import is_advertised

if TYPE_CHECKING:
    from zeroconf.asyncio import AsyncServiceInfo

MOST_ADDRESSES = 8
"""Of one node that are passed on; a PC has one or two for each of its networks."""
_MOST_PROPERTIES = 16
_PROOF_LENGTH = 64
"""Hex digits."""
_NAME_LENGTH = 32
"""Hex digits of the node id in the entry's name: a label of the DNS has at most 63 characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advert:
    """What a node's entry says of it. `door_status` is for strangers. Only a link proves anything of this."""

    node_id: NodeId
    port: int
    addresses: tuple[Address, ...]
    proof: str
    door_status: DoorStatus | None

    def is_of(self, swarm_key: bytes) -> bool:
        """Returns True if the node that made the entry knows that key."""
        return is_advertised(self.proof, swarm_key, self.node_id, self.port)


def label_of(node_id: NodeId) -> str:
    """Returns what the entry of that node is named by."""
    return node_id[:_NAME_LENGTH]


def advert_in(info: AsyncServiceInfo, reachable: Reachable) -> Advert | None:
    """Returns what an entry says, each part of it bounded; None if it is not one of a node."""
    raw = islice(info.properties.items(), _MOST_PROPERTIES)
    properties = {key.decode("ascii", "replace"): (value or b"").decode("ascii", "replace") for key, value in raw}
    node_id, port = NodeId(properties.get("id", "")), info.port
    if port is None or not is_port(port) or not is_node_id(node_id):
        return None
    hosts = [each for each in info.parsed_scoped_addresses() if reachable.takes(each, heard_here=True)]
    return Advert(
        node_id=node_id,
        port=port,
        addresses=tuple(Address(host, port) for host in hosts[:MOST_ADDRESSES]),
        proof=properties.get("proof", "")[:_PROOF_LENGTH],
        door_status=_door_status_in(properties),
    )


def _door_status_in(properties: dict[str, str]) -> DoorStatus | None:
    if "swarm" not in properties:
        return None
    status = DoorStatus(
        swarm_id=properties["swarm"], provisional=properties.get("young") == "1", open=properties.get("door") == "open"
    )
    return status if status.is_usable else None
