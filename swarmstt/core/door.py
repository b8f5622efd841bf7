"""How a node comes into a swarm, and who comes into its own: the door.

A node begins as its own swarm of one, with its door open. It is *young* until it has company and its door is shut;
from then on it, and its swarm, are *grown*, and stay apart from other grown ones for good. Rules:

- a young node near an open door goes in; a young swarm takes all its members along
- of two young ones with open doors the one whose swarm comes later by its id goes to the other; where only one has its
  door open, the other goes there
- near a shut door it waits, and knocks now and then, so that both pages can say what to click
- a door that many new ones came through shuts by itself: a home has not so many, a stranger can pretend to be
- a person who shuts a lone node's door by hand has it stay alone until a click opens it
- who was removed stays out until a click on that PC makes it young again
- a removal shuts the doors of all members, also of one that hears of it later: its door may still be open from before

Whom a node let in counts as company once it has proven the key over a link: an answer may get lost.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from swarmstt.core.ring import Ring, Standing, merged, moved, with_member, without_member
from swarmstt.ids import NodeId

OPEN_SECONDS = 600.0
MOST_NEWCOMERS = 20
"""That one opening of the door lets in."""


class DoorAnswer(Enum):
    """What becomes of a node that asks for the ring."""

    ADMITTED = "admitted"
    SHUT = "shut"
    REMOVED = "removed"
    BUSY = "busy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """What strangers may know of a node that is young or has its door open."""

    swarm_id: str
    young: bool
    open: bool


@dataclass(slots=True, kw_only=True, eq=False)
class Door:
    """The membership of the node `own_id`. `at`: seconds on one clock, for all calls. `ring` and the flags below it
    are what must be kept; read them, do not change them."""

    own_id: NodeId
    ring: Ring
    grown: bool = False
    removed: bool = False
    declined: bool = False
    """A person shut the door of this node while it was alone, or removed all others."""
    open_until: float | None = None
    let_in: frozenset[NodeId] = frozenset()
    """Those that were given the ring and have not shown since that they got it; they may have it again."""
    fixed: bool = False
    """The key is from a file: no door, no removal."""
    asleep: bool = False
    """The door stays shut in this run (`transcribe`); what is kept of it stays as it is."""
    going_to: NodeId | None = None
    """Whose ring this node asks for right now; meanwhile it lets nobody in, or both would change places."""
    newcomers: int = 0
    """Since the door was opened."""
    full_until: float | None = None
    """When the door would have shut that has shut because many came in."""
    most_newcomers: int = MOST_NEWCOMERS

    # What is so.

    @property
    def alone(self) -> bool:
        return self.ring.members <= {self.own_id}

    @property
    def young(self) -> bool:
        return not (self.fixed or self.removed or self.grown)

    def is_open(self, at: float) -> bool:
        return self.seconds_left(at) > 0.0

    def seconds_left(self, at: float) -> float:
        if self.open_until is None or self.fixed or self.removed or self.asleep:
            return 0.0
        return max(0.0, self.open_until - at)

    def is_full(self, at: float) -> bool:
        """Whether the door would be open, had not so many come in."""
        return self.full_until is not None and at < self.full_until and not self.is_open(at)

    def sign(self, at: float) -> Sign | None:
        """What to tell strangers; None: nothing."""
        is_open = self.is_open(at)
        return Sign(swarm_id=self.ring.swarm_id, young=self.young, open=is_open) if self.young or is_open else None

    # The person.

    def open(self, at: float, fresh: Ring) -> None:
        """*Add a PC* was clicked. `fresh`: a swarm of its own, for a node that was removed from its old one."""
        if self.removed:
            self.ring, self.removed, self.grown = fresh, False, False
        self.declined = False
        self.newcomers, self.full_until = 0, None
        self.open_until = None if self.fixed else at + OPEN_SECONDS

    def shut(self) -> None:
        self.declined = self.young and self.alone
        self._close()

    def expel(self, node_id: NodeId, fresh_key: bytes) -> None:
        """*Remove this PC* was clicked. The door shuts, or the removed one would come in again; nor is it followed."""
        self.ring = without_member(self.ring, node_id, fresh_key)
        self.let_in -= {node_id}
        self._close()
        self._settle()
        self.declined = self.young and self.alone

    # Time.

    def pass_time(self, at: float) -> bool:
        """Whether the door has shut by itself."""
        if self.asleep or self.open_until is None or self.open_until > at:
            return False
        self._close()
        return True

    def _close(self) -> None:
        self.open_until = None
        self.grown = self.grown or not self.alone

    def _settle(self) -> None:
        """Who has nobody left is as a node that never had."""
        self.grown = self.grown and not self.alone

    # Going in elsewhere.

    def greets(self, at: float, sign: Sign | None) -> bool:
        """Whether a stranger that may not have heard of this node should, as it is to come here."""
        if not self.young or self.asleep or sign is None or not sign.young:
            return False
        return not self.wants(at, sign) and sign.swarm_id != self.ring.swarm_id

    def wants(self, at: float, sign: Sign | None) -> bool:
        """Whether this node, young, should ask a stranger with that sign (None: it says nothing) for its ring; behind
        a shut door that only makes it known there."""
        if not self.young or self.declined or self.asleep or self.going_to is not None:
            return False
        if sign is None or not sign.open:
            # A young one comes here, if a door opens; at any other it is worth while to be seen.
            return self.alone and (sign is None or not sign.young)
        if not sign.young:
            return True
        return not self.is_open(at) or sign.swarm_id < self.ring.swarm_id

    def set_out(self, node_id: NodeId) -> None:
        """This node asks that one for its ring; then follows `joined`, or `turned_back`."""
        self.going_to = node_id

    def turned_back(self) -> None:
        self.going_to = None

    def joined(self, at: float, ring: Ring, *, grown: bool, seconds_left: float) -> None:
        """It was let in, unless it has grown meanwhile. In a young swarm all doors shut at one time."""
        self.going_to = None
        if not self.young:
            return
        self.ring = moved(self.ring, ring, self.own_id)
        self.grown = grown
        self.open_until = at + min(seconds_left, OPEN_SECONDS) if seconds_left > 0.0 and not grown else None

    # Letting in.

    def admit(self, at: float, node_id: NodeId) -> DoorAnswer:
        """Decides on one that has proven its certificate and asks for the ring."""
        if self.fixed or self.removed:
            return DoorAnswer.SHUT
        if node_id in self.ring.members or (node_id in self.let_in and not self.ring.bars(node_id)):
            return DoorAnswer.ADMITTED  # it missed a removal, or the answer when it was let in
        if self.is_open(at) and self.going_to is not None:
            return DoorAnswer.BUSY
        if self.is_open(at):
            if self.ring.bars(node_id):
                self.ring = with_member(self.ring, node_id)
            self.let_in |= {node_id}
            self._count_newcomer()
            return DoorAnswer.ADMITTED
        return DoorAnswer.REMOVED if self.ring.bars(node_id) else DoorAnswer.SHUT

    def _count_newcomer(self) -> None:
        self.newcomers += 1
        if self.newcomers >= self.most_newcomers:
            self.full_until = self.open_until
            self._close()

    def proven(self, node_id: NodeId) -> bool:
        """It proved the key over a link: it is company. Whether that is news."""
        if self.fixed or self.ring.bars(node_id) or node_id in self.ring.members:
            return False
        self.ring = with_member(self.ring, node_id)
        self.let_in -= {node_id}
        self.grown = self.grown or self.open_until is None
        return True

    # What members tell.

    def heard(self, theirs: Ring, fresh_key: bytes, *, grown: bool) -> bool:
        """A member handed on its ring, and whether its swarm is grown; whether that changed what this node has. A
        removed one learns of it here."""
        if self.fixed or self.removed:
            return False
        before = self.ring, self.grown
        ring = merged(self.ring, theirs, fresh_key)
        if ring.bars(self.own_id):
            self.dismissed(ring.roll[self.own_id])
            return True
        if ring.swarm_id != self.ring.swarm_id and grown:
            self.open_until = None  # it was the door of the swarm that this one has moved out of
        if any(each.removed and self.ring.roll.get(node_id) != each for node_id, each in ring.roll.items()):
            self.open_until = None  # it was opened before this removal, and would let the removed one in again
        self.ring = with_member(ring, self.own_id)
        if ring.swarm_id == theirs.swarm_id:
            self.grown = self.grown or grown
        if self.open_until is None:
            self.grown = True
        self._settle()
        return before != (self.ring, self.grown)

    def dismissed(self, standing: Standing) -> bool:
        """A member says that this node was removed. False: that is not so, or not any more."""
        own = self.ring.roll.get(self.own_id, Standing(stamp=0))
        if self.fixed or not standing.removed or standing.rank <= own.rank:
            return False
        self.ring = replace(self.ring, roll={**self.ring.roll, self.own_id: standing})
        self.removed, self.open_until, self.going_to = True, None, None
        return True
