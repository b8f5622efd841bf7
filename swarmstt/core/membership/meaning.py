"""What a set of statements means: who belongs to the swarm.

It is a function of the set alone. No clock, no counter and no order of arrival has a part in it, so those who have the
same statements agree. `roots` are members without a statement: the swarm's founder.

- *once in*: whom a chain of admissions leads to from a root, whatever was removed later. Statements of others do not
  count.
- *out*: whom somebody who was once in removed. More statements only make this set larger, so nothing brings an
  identity back.
- *entitled*: a root, and whom somebody entitled let in; but of those whom one that is out let in, only those that
  stay by every removal of it. So what a removed identity signs later, with whatever date, lets nobody in.
- *members*: who is entitled, and is not out.

`covers` names the removals that bear on who is entitled. A key of the swarm is for exactly one such state. Two sets of
statements with the same `covers` differ in admissions at most, as far as members go: who is a member by the smaller one
is so by both together. So a key for that state is known to no one whom the removals in it shut out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from swarmstt.core.membership.statements import Statement, StatementKind, length_prefixed
from swarmstt.ids import NodeId

_LABEL = b"swarmstt key 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    once_in: frozenset[NodeId]
    out: frozenset[NodeId]
    members: frozenset[NodeId]
    covers: str


def meaning_of(swarm_id: str, roots: frozenset[NodeId], statements: Iterable[Statement]) -> Meaning:
    """Returns what these statements, all of them genuine, mean in that swarm."""
    let_in: dict[NodeId, set[NodeId]] = {}
    removals: list[Statement] = []
    for each in statements:
        if each.kind is StatementKind.ADMISSION:
            let_in.setdefault(each.author, set()).add(each.subject)
        else:
            removals.append(each)
    once_in = _reached(roots, let_in, {})
    stays = _stays(removals, once_in)
    entitled = _reached(roots, let_in, stays)
    out = frozenset(stays)
    return Meaning(
        once_in=once_in,
        out=out,
        members=entitled - out,
        covers=_covers(swarm_id, {each: stays[each] for each in entitled & out}),
    )


def _stays(removals: Iterable[Statement], once_in: frozenset[NodeId]) -> dict[NodeId, frozenset[NodeId]]:
    """Returns each identity that is out, with those it let in that stay by all its removals."""
    stays: dict[NodeId, frozenset[NodeId]] = {}
    for each in removals:
        if each.author in once_in:
            stays[each.subject] = stays.get(each.subject, each.stays) & each.stays
    return stays


def _reached(
    roots: frozenset[NodeId], let_in: Mapping[NodeId, set[NodeId]], stays: Mapping[NodeId, frozenset[NodeId]]
) -> frozenset[NodeId]:
    """Returns whom admissions lead to from the roots; past an identity in `stays` they lead to those who stay."""
    reached, waiting = set(roots), list(roots)
    while waiting:
        author = waiting.pop()
        subjects = let_in.get(author, set())
        more = (subjects & stays[author] if author in stays else subjects) - reached
        reached |= more
        waiting += more
    return frozenset(reached)


def _covers(swarm_id: str, removed: Mapping[NodeId, frozenset[NodeId]]) -> str:
    parts = []
    for subject in sorted(removed):
        parts += [subject.encode(), length_prefixed(*(each.encode() for each in sorted(removed[subject])))]
    return hashlib.sha256(length_prefixed(_LABEL, swarm_id.encode(), *parts)).hexdigest()
