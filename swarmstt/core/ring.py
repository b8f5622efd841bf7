"""A swarm as one of its members knows it: its key, and who belongs to it.

Members hand their rings on and merge what they get, in any order and as often as they like: all end with the same.
A removal makes a new key, so whoever is removed has a key that is of no more use.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from swarmstt.ids import NodeId

KEY_BYTES = 32
MOST_ON_ROLL = 1000
MOST_EPOCH = 2**31


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Whether a node belongs to the swarm. Of two standings the one with the larger stamp is the newer; of equals
    the removal counts."""

    stamp: int
    removed: bool = False

    @property
    def rank(self) -> tuple[int, bool]:
        return self.stamp, self.removed


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """`swarm_id` begins with the id of the node that began the swarm, so that of two swarms the same one comes first
    everywhere. `epoch` counts the keys that the swarm has had. `absorbed`: swarms that moved into this one."""

    swarm_id: str
    epoch: int
    key: bytes = field(repr=False)
    roll: dict[NodeId, Standing] = field(default_factory=dict)
    absorbed: frozenset[str] = frozenset()

    @property
    def members(self) -> frozenset[NodeId]:
        return frozenset(node_id for node_id, standing in self.roll.items() if not standing.removed)

    @property
    def is_usable(self) -> bool:
        """Whether one that was received can be what it claims to be."""
        return len(self.key) == KEY_BYTES and 0 < self.epoch < MOST_EPOCH and len(self.roll) <= 2 * MOST_ON_ROLL

    def bars(self, node_id: NodeId) -> bool:
        standing = self.roll.get(node_id)
        return standing is not None and standing.removed


def begin(own_id: NodeId, key: bytes, mark: str) -> Ring:
    """The ring of a new swarm; `mark`, of few random letters, tells it from another that this node began."""
    return Ring(swarm_id=f"{own_id}-{mark}", epoch=1, key=key, roll={own_id: Standing(stamp=1)})


def with_member(ring: Ring, node_id: NodeId) -> Ring:
    """The ring once this node belongs to it; also one that was removed before."""
    known = ring.roll.get(node_id)
    if (known is not None and not known.removed) or (known is None and len(ring.roll) >= MOST_ON_ROLL):
        return ring
    stamp = ring.epoch if known is None else max(ring.epoch, known.stamp + 1)
    return replace(ring, roll={**ring.roll, node_id: Standing(stamp=stamp)})


def without_member(ring: Ring, node_id: NodeId, fresh_key: bytes) -> Ring:
    """The ring after this node's removal, with a key that it does not know."""
    known = ring.roll.get(node_id)
    stamp = max(ring.epoch + 1, known.stamp if known is not None else 0)
    roll = {**ring.roll, node_id: Standing(stamp=stamp, removed=True)}
    return replace(ring, epoch=ring.epoch + 1, key=fresh_key, roll=roll)


def moved(old: Ring, new: Ring, own_id: NodeId) -> Ring:
    """The ring of a node that leaves a swarm for another one, and takes the old one's members along."""
    carried = {each: Standing(stamp=0) for each in old.members if each not in new.roll}
    absorbed = new.absorbed | old.absorbed | {old.swarm_id}
    return with_member(replace(new, roll={**carried, **new.roll}, absorbed=absorbed - {new.swarm_id}), own_id)


def merged(mine: Ring, theirs: Ring, fresh_key: bytes) -> Ring:
    """What a member knows after it heard what another knows; `mine` itself where that is nothing new.

    `fresh_key` becomes the key where both removed others at once: each key is known to one of the removed.
    """
    if mine.swarm_id != theirs.swarm_id:
        return _after_a_move(mine, theirs)
    winner = max(mine, theirs, key=lambda ring: (ring.epoch, ring.key))
    roll = _newest([*mine.roll.items(), *theirs.roll.items()])
    ring = replace(winner, roll=roll, absorbed=mine.absorbed | theirs.absorbed)
    if any(standing.removed and not winner.bars(node_id) for node_id, standing in roll.items()):
        ring = replace(ring, epoch=winner.epoch + 1, key=fresh_key)
    return mine if ring == mine else ring


def _after_a_move(mine: Ring, theirs: Ring) -> Ring:
    follows, leads = mine.swarm_id in theirs.absorbed, theirs.swarm_id in mine.absorbed
    if follows and not (leads and mine.swarm_id < theirs.swarm_id):
        carried = {each: Standing(stamp=0) for each in mine.members if each not in theirs.roll}
        absorbed = (theirs.absorbed | mine.absorbed) - {theirs.swarm_id}
        return replace(theirs, roll={**carried, **theirs.roll}, absorbed=absorbed)
    return mine


def _newest(standings: Iterable[tuple[NodeId, Standing]]) -> dict[NodeId, Standing]:
    roll: dict[NodeId, Standing] = {}
    for node_id, standing in standings:
        if node_id not in roll or roll[node_id].rank < standing.rank:
            roll[node_id] = standing
    return roll
