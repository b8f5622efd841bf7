"""Pairings: nodes that asked to be let in here, or that this one asked, each with the four words that both show."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from swarmstt.display_text import one_line
from swarmstt.ids import NodeId
from swarmstt.web.api.status_views import PairingView

WAITING_SECONDS = 150.0
"""A pairing that came to nothing is shown for so long."""
UNSEEN_SECONDS = 7 * 86_400.0
"""The words of one that was made are shown until a person has seen them, and at most for so long."""
SEEN_SECONDS = 86_400.0
"""After that they can be looked up for so long."""
MOST_PAIRINGS = 64
MOST_NAME_LETTERS = 100
A_NEW_PC, ANOTHER_PC = "a new PC", "another PC"
"""Names of those that have none."""


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
    seen: bool = False
    """A person said so."""

    @property
    def view(self) -> PairingView:
        return {
            "node_id": self.node_id,
            "name": self.name,
            "words": list(self.words),
            "state": self.state,
            "seen": self.seen,
        }

    def is_over(self, at: float) -> bool:
        if self.state == "waiting":
            return at - self.at >= WAITING_SECONDS
        return at - self.at >= (SEEN_SECONDS if self.seen else UNSEEN_SECONDS)


class Pairings:
    """All of them, by node. `at`: seconds on the door's clock."""

    def __init__(self) -> None:
        self._pairings: dict[NodeId, Pairing] = {}

    def pair(self, at: float, node_id: NodeId, name: str, words: tuple[str, ...], *, joined: bool, came: bool) -> None:
        """Shows the words of a pairing. `came`: the other came to this node's door. If there are too many, the oldest
        that was made gives way; those that wait do not."""
        if node_id not in self._pairings and len(self._pairings) >= MOST_PAIRINGS:
            made = [each for each in self.all() if each.state == "joined"]
            if not made:
                return
            del self._pairings[made[0].node_id]
        self._pairings[node_id] = Pairing(
            node_id=node_id,
            name=one_line(name, MOST_NAME_LETTERS) or (A_NEW_PC if came else ANOTHER_PC),
            words=words,
            state="joined" if joined else "waiting",
            came=came,
            at=at,
        )

    def recall(self, pairing: Pairing) -> None:
        """Shows a pairing that was made before this node was started again; its name is one that was shown before."""
        self._pairings.setdefault(pairing.node_id, replace(pairing, name=one_line(pairing.name, MOST_NAME_LETTERS)))

    def made(self) -> tuple[Pairing, ...]:
        """Returns those that were made and have words, the oldest first."""
        return tuple(each for each in self.all() if each.state == "joined" and each.words)

    def belongs(self, node_id: NodeId) -> None:
        """Notes that a node is a member, through whosever door it came: it does not wait at any door now."""
        pairing = self._pairings.get(node_id)
        if pairing is not None and pairing.state == "waiting":
            self._pairings[node_id] = replace(pairing, state="joined")

    def see(self, at: float, node_id: NodeId) -> None:
        """Notes that a person has seen the words of a pairing that was made."""
        pairing = self._pairings.get(node_id)
        if pairing is not None and pairing.state == "joined":
            self._pairings[node_id] = replace(pairing, seen=True, at=at)

    def expire(self, at: float) -> None:
        self._pairings = {key: each for key, each in self._pairings.items() if not each.is_over(at)}

    def all(self) -> list[Pairing]:
        """Returns all pairings, the oldest first."""
        return sorted(self._pairings.values(), key=lambda each: (each.at, each.node_id))
