"""Nodes near this one that are in no swarm with it, and those of them that stand at its door."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

from swarmstt.core.addresses import Address
from swarmstt.core.door import Door, Sign
from swarmstt.ids import NodeId

KNOCK_SECONDS = 20.0
"""Between two requests to one stranger of whom there is no news."""
RETRY_SECONDS = 1.0
"""After one that was busy."""
FORGET_SECONDS = 150.0
"""A stranger that mDNS does not show is forgotten when nothing was heard of it for so long."""
SHOWN_SECONDS = 600.0
"""A pairing that was made is shown for so long."""
MOST_STRANGERS = 64


@dataclass(slots=True, kw_only=True)
class Stranger:
    """`next_at`: when to ask it next; `announced`: mDNS shows it."""

    node_id: NodeId
    addresses: tuple[Address, ...]
    sign: Sign | None
    announced: bool
    seen_at: float
    next_at: float
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """Another node that asked to be let in here, or that this one asks, with the words that both show."""

    node_id: NodeId
    name: str
    words: tuple[str, ...]
    state: Literal["waiting", "joined"]
    came: bool
    """It came to this node's door, not this node to its."""
    at: float

    @property
    def view(self) -> dict[str, Any]:
        return {"node_id": self.node_id, "name": self.name, "words": list(self.words), "state": self.state}


class Strangers:
    """All of them. `at`: seconds on the door's clock."""

    def __init__(self) -> None:
        self._near: dict[NodeId, Stranger] = {}
        self._pairings: dict[NodeId, Pairing] = {}

    def noticed(
        self, at: float, node_id: NodeId, addresses: tuple[Address, ...], sign: Sign | None, *, announced: bool
    ) -> None:
        """One was heard or met; news of its door ends the pause."""
        known = self._near.get(node_id)
        if known is None and len(self._near) >= MOST_STRANGERS:
            return
        next_at = at if known is None or known.sign != sign else known.next_at
        self._near[node_id] = Stranger(
            node_id=node_id,
            addresses=known.addresses if known is not None and known.announced and not announced else addresses,
            sign=sign,
            announced=announced or (known is not None and known.announced),
            seen_at=at,
            next_at=next_at,
            name=known.name if known is not None else "",
        )

    def lost(self, node_id: NodeId) -> None:
        self._near.pop(node_id, None)

    def belongs(self, node_id: NodeId) -> None:
        """It is a member, through whosever door it came: it waits at none any more."""
        self.lost(node_id)
        pairing = self._pairings.get(node_id)
        if pairing is not None and pairing.state == "waiting":
            self._pairings[node_id] = replace(pairing, state="joined")

    def hurry(self, at: float) -> None:
        """Something changed here: all are asked anew."""
        for each in self._near.values():
            each.next_at = at

    def expire(self, at: float) -> None:
        self._near = {
            key: each for key, each in self._near.items() if each.announced or at - each.seen_at < FORGET_SECONDS
        }
        self._pairings = {
            key: each
            for key, each in self._pairings.items()
            if at - each.at < (SHOWN_SECONDS if each.state == "joined" else FORGET_SECONDS)
        }

    def due(self, at: float, door: Door) -> list[Stranger]:
        """Whom to ask now, those with open doors first: fellow members with another key, and whom the door wants."""
        wanted = [each for each in self._near.values() if each.next_at <= at and self._is_wanted(at, each, door)]
        return sorted(wanted, key=lambda each: (each.sign is None or not each.sign.open, _swarm_of(each)))

    def next_at(self, at: float, door: Door) -> float | None:
        return min((each.next_at for each in self._near.values() if self._is_wanted(at, each, door)), default=None)

    def _is_wanted(self, at: float, stranger: Stranger, door: Door) -> bool:
        if door.removed or door.fixed:
            return False
        return (
            stranger.node_id in door.ring.members
            or door.wants(at, stranger.sign)
            or (not stranger.announced and door.greets(at, stranger.sign))
        )

    def paired(self, pairing: Pairing) -> None:
        known = self._pairings.get(pairing.node_id)
        if known is not None or len(self._pairings) < MOST_STRANGERS:
            self._pairings[pairing.node_id] = pairing

    def pairings(self) -> list[Pairing]:
        return sorted(self._pairings.values(), key=lambda each: (each.at, each.node_id))

    def near(self) -> Iterable[Stranger]:
        return self._near.values()


def _swarm_of(stranger: Stranger) -> str:
    return stranger.sign.swarm_id if stranger.sign is not None else ""


def advice(door: Door, strangers: Strangers, at: float) -> str | None:
    """What the person should know or click; None where nothing is to be done."""
    if door.removed:
        return (
            "This PC was removed from its swarm by another PC, and does its own books alone. To have it join again, "
            "click Add a PC here and on one of the others."
        )
    if door.fixed or door.asleep:
        return None
    if door.is_full(at):
        return f"{door.newcomers} new PCs came in, so the door has shut. If more of yours are to come, click Add a PC."
    waiting = [each for each in strangers.pairings() if each.came and each.state == "waiting"]
    if waiting and not door.is_open(at):
        return f"{waiting[-1].name} would like to join. If it is yours, click Add a PC here."
    if not door.young or not door.alone:
        return None
    near = list(strangers.near())
    if door.declined and near:
        return "Another PC is near. This one stays on its own until you click Add a PC here."
    shut = [each for each in near if each.sign is None or not each.sign.open]
    if not shut or len(shut) < len(near):
        return None
    name = next((each.name for each in shut if each.name), "Another PC")
    if any(each.sign is not None and each.sign.young for each in shut):
        return f"{name} is near, and waits as well. If it is yours, click Add a PC on one of the two."
    return f"{name} is near, but lets nobody in now. If it is yours, click Add a PC there."
