"""`swarm.json` as it was before who belongs to a swarm was signed: entries with stamps, which anybody could make.

It is read once. The swarm goes on, with its id and its key: those whom the file names as members are its roots on this
node, which also lets each of them in by a statement of its own, and removes each one that the file names as removed. So
nodes that read their files at different times agree once they have met, and who joins later takes over the roots of the
node that let it in.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from swarmstt.codec import called
from swarmstt.core.membership.bounds import DEFAULT_LIMITS
from swarmstt.core.membership.meaning import meaning_of
from swarmstt.core.membership.roster import KEY_BYTES, MOST_ROOTS, Roster, with_said
from swarmstt.core.membership.statements import Author, Statement, admission, founder_of, is_swarm_id, removal
from swarmstt.ids import NodeId, is_node_id


@dataclass(frozen=True, slots=True, kw_only=True)
class OldEntry:
    stamp: int
    removed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OldStored:
    swarm_id: str
    epoch: int
    key: str
    entries: dict[NodeId, OldEntry] = field(metadata=called("roll"))
    established: bool = field(metadata=called("grown"))
    removed: bool
    declined: bool
    opened: bool
    open_until: float | None
    seconds_left: float | None = None


def migrated(old: OldStored, author: Author) -> Roster:
    """Returns the roster that an old file becomes. ValueError if it cannot be one."""
    key = bytes.fromhex(old.key)
    if len(key) != KEY_BYTES or not (is_swarm_id(old.swarm_id) or is_node_id(old.swarm_id)):
        raise ValueError("the key or the swarm's id has another form")
    others = {each: entry for each, entry in old.entries.items() if is_node_id(each) and each != author.node_id}
    by_stamp = sorted(others, key=lambda each: (others[each].stamp, each))
    founder = founder_of(old.swarm_id)
    members = sorted((each for each in by_stamp if not others[each].removed), key=lambda each: each != founder)
    members = members[: MOST_ROOTS - 1]
    roots = frozenset({author.node_id, *members})
    covers = meaning_of(old.swarm_id, roots, ()).covers
    roster = Roster(swarm_id=old.swarm_id, roots=roots, key=key, covers=covers)
    if not is_swarm_id(old.swarm_id):
        return replace(roster, roots=frozenset({author.node_id}))  # whoever has the key belongs to that one
    removed = [each for each in by_stamp if others[each].removed][-DEFAULT_LIMITS.most_removals :]
    for statement in _statements(author.node_id, members, removed):
        roster = with_said(roster, author, statement, key)
    return replace(roster, key=key, covers=roster.meaning.covers)


def _statements(own_id: NodeId, members: list[NodeId], removed: list[NodeId]) -> list[Statement]:
    return [admission(own_id, each) for each in members] + [removal(own_id, each) for each in removed]
