"""Nodes near this one that are not in its swarm, and those of them that stand at its door.

Anybody on the network can announce as many as it likes, at whatever addresses. So there is room for so many, and for so
many at one host; one that never answered makes room for a new one; and of those to be asked, the ones that failed come
last and the newest first. A real PC answers within a moment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass

from swarmstt.backoff import backoff_seconds
from swarmstt.core.membership.addresses import Address
from swarmstt.core.membership.door import Door
from swarmstt.core.membership.door_status import DoorStatus
from swarmstt.display_text import one_line
from swarmstt.ids import NodeId
from swarmstt.node.membership.pairings import MOST_NAME_LETTERS, Pairings

KNOCK_SECONDS = 20.0
"""Between two requests to one stranger of which there is no news."""
RETRY_SECONDS = 1.0
"""Until a stranger that was busy is asked again."""
FORGET_SECONDS = 150.0
"""A stranger that mDNS does not show is forgotten if nothing was heard of it for so long."""
SHOWN_SECONDS = 600.0
"""That another PC keeps this one out is shown for so long."""
FIRST_PAUSE_SECONDS = 2.0
LONGEST_PAUSE_SECONDS = 300.0
"""Before a stranger that did not answer is asked again: the pause grows with each failure."""
LEAST_PAUSE_SECONDS = 1.0
"""Between two requests to one stranger, however often it says that its door is another."""
MOST_STRANGERS = 256
MOST_AT_A_HOST = 128
"""Anybody can announce others at the address of a real PC: more than it takes to push that one out in a moment."""
MOST_ADDRESSES = 4
"""Of one stranger that are tried."""


@dataclass(slots=True, kw_only=True)
class Stranger:
    """`next_at`: when to ask it next; `announced`: mDNS shows it; `number`: how many were new before it; `failures`:
    requests in a row that came to nothing; `answered`: it has proven once that it is there; `has_key`: it knows the key
    of this swarm, but is not a member as far as this node knows."""

    node_id: NodeId
    addresses: tuple[Address, ...]
    door_status: DoorStatus | None
    announced: bool
    seen_at: float
    next_at: float
    number: int
    asked_at: float | None = None
    failures: int = 0
    answered: bool = False
    name: str = ""
    has_key: bool = False

    @property
    def host(self) -> str:
        return self.addresses[0].host if self.addresses else ""

    @property
    def is_shut(self) -> bool:
        """True if its door is shut, or it does not say."""
        return self.door_status is None or not self.door_status.open

    @property
    def swarm_id(self) -> str:
        return "" if self.door_status is None else self.door_status.swarm_id


class Strangers:
    """All of them. `at`: seconds on the door's clock."""

    def __init__(self) -> None:
        self.outdated_at: float | None = None
        """When a PC was here that speaks another version of the protocol."""
        self.barred_by: str | None = None
        """The name of a PC, as far as it tells that, whose swarm this one wanted to join, and was once removed from, as
        that one shows."""
        self._barred_at = 0.0
        self._near: dict[NodeId, Stranger] = {}
        self.pairings = Pairings()
        self._count = 0

    def seen(
        self,
        at: float,
        node_id: NodeId,
        addresses: tuple[Address, ...],
        door_status: DoorStatus | None,
        *,
        announced: bool,
        has_key: bool = False,
    ) -> None:
        """Notes a node that mDNS shows or that was met; news of its door ends the pause."""
        known = self._near.get(node_id)
        if known is not None:
            _update(known, at, addresses, door_status, announced=announced, has_key=has_key)
        else:
            self._make_room(addresses)
            self._count += 1
            self._near[node_id] = Stranger(
                node_id=node_id,
                addresses=addresses[:MOST_ADDRESSES],
                door_status=door_status,
                announced=announced,
                seen_at=at,
                next_at=at,
                number=self._count,
                has_key=has_key,
            )

    def _make_room(self, addresses: Sequence[Address]) -> None:
        """Makes room for one more, at its host too: those that never answered go first, of these the ones that failed
        most often, and of several the oldest."""
        host = addresses[0].host if addresses else ""
        at_host = [each for each in self._near.values() if each.host == host]
        crowd = at_host if len(at_host) >= MOST_AT_A_HOST else list(self._near.values())
        if crowd is at_host or len(crowd) >= MOST_STRANGERS:
            worst = max(crowd, key=lambda each: (not each.answered, each.failures, -each.number))
            del self._near[worst.node_id]

    def asked(self, at: float, node_id: NodeId) -> None:
        """Notes that a stranger is asked now, and is not due again for a while."""
        stranger = self._near.get(node_id)
        if stranger is not None:
            stranger.asked_at, stranger.next_at = at, at + KNOCK_SECONDS

    def answered(self, node_id: NodeId, name: str, next_at: float | None) -> None:
        """Notes what a stranger that was asked is called, and, if it was busy, when to ask it again."""
        stranger = self._near.get(node_id)
        if stranger is not None:
            stranger.name = one_line(name, MOST_NAME_LETTERS) or stranger.name
            stranger.answered, stranger.failures = True, 0
            stranger.next_at = stranger.next_at if next_at is None else next_at

    def failed(self, at: float, node_id: NodeId) -> None:
        """Notes that a stranger did not answer, or answered what proves nothing: it falls back in the line."""
        stranger = self._near.get(node_id)
        if stranger is not None:
            stranger.failures += 1
            stranger.addresses = stranger.addresses[1:] + stranger.addresses[:1]  # another of them may be better
            stranger.next_at = at + backoff_seconds(
                stranger.failures, first_seconds=FIRST_PAUSE_SECONDS, longest_seconds=LONGEST_PAUSE_SECONDS
            )

    def is_at(self, at: float, node_id: NodeId, address: Address) -> None:
        """Notes which node really is at an address: others that are announced there fall back unasked. Each would cost
        that node a connection, and it takes only so many from one host."""
        for each in list(self._near.values()):
            if each.node_id != node_id and each.addresses == (address,):
                self.failed(at, each.node_id)

    def lost(self, node_id: NodeId) -> None:
        """Forgets a stranger that has gone, or is not one any more."""
        self._near.pop(node_id, None)

    def belongs(self, node_id: NodeId) -> None:
        """Notes that a node is a member, through whosever door it came: it does not wait at any door now."""
        self.lost(node_id)
        self.pairings.belongs(node_id)

    def retry_all(self, at: float) -> None:
        """Has all of them asked again: something changed here."""
        for each in self._near.values():
            each.next_at = at

    def barred(self, at: float, name: str) -> None:
        """Notes that a PC of that name shows that this one was removed from its swarm."""
        self.barred_by, self._barred_at = name, at

    def expire(self, at: float) -> None:
        """Forgets strangers and pairings of which nothing was heard for long."""
        if at - self._barred_at >= SHOWN_SECONDS:
            self.barred_by = None
        if self.outdated_at is not None and at - self.outdated_at >= FORGET_SECONDS:
            self.outdated_at = None
        self._near = {
            key: each for key, each in self._near.items() if each.announced or at - each.seen_at < FORGET_SECONDS
        }
        self.pairings.expire(at)

    def due(self, at: float, door: Door) -> list[Stranger]:
        """Returns those to ask now: fellow members with another key, and those that the door wants. The ones that
        failed come last, before them those at whose host others failed, then those with shut doors; of equals the
        newest come first, so that nobody who was here before, however many they are, makes a new one wait."""
        wanted = [each for each in self._near.values() if each.next_at <= at and self._is_wanted(at, each, door)]
        failures: Counter[str] = Counter()
        for each in self._near.values():
            failures[each.host] += each.failures
        return sorted(wanted, key=lambda each: (each.failures, failures[each.host], each.is_shut, -each.number))

    def next_at(self, at: float, door: Door, being_asked: Container[NodeId] = ()) -> float | None:
        """Returns when the next one is due besides those; None if none is going to be."""
        wanted = (each for each in self._near.values() if self._is_wanted(at, each, door))
        return min((each.next_at for each in wanted if each.node_id not in being_asked), default=None)

    def _is_wanted(self, at: float, stranger: Stranger, door: Door) -> bool:
        if door.removed or door.fixed:
            return False
        return (
            stranger.node_id in door.roster.members
            or stranger.has_key
            or door.wants(at, stranger.door_status)
            or (not stranger.announced and door.greets(at, stranger.door_status))
        )

    def near(self) -> Iterable[Stranger]:
        """Returns all strangers."""
        return self._near.values()


def _update(
    known: Stranger,
    at: float,
    addresses: Sequence[Address],
    door_status: DoorStatus | None,
    *,
    announced: bool,
    has_key: bool,
) -> None:
    """Notes what is new of a stranger. Its older addresses stay, behind: who announces it elsewhere may be another."""
    if known.door_status != door_status or (has_key and not known.has_key):
        known.next_at = at if known.asked_at is None else max(at, known.asked_at + LEAST_PAUSE_SECONDS)
    known.door_status, known.seen_at, known.has_key = door_status, at, has_key
    if announced or not known.announced:
        known.addresses = tuple(dict.fromkeys([*addresses, *known.addresses]))[:MOST_ADDRESSES]
    known.announced = known.announced or announced
