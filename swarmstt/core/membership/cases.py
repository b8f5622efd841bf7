"""What is sent of a roster to somebody who is not to have all of it: what shows that one was let in, or is out."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import replace

from swarmstt.core.membership.roster import Roster
from swarmstt.core.membership.statements import Signed, StatementKind
from swarmstt.ids import NodeId


def without_key(roster: Roster, statements: Iterable[Signed]) -> Roster:
    """Returns a roster for somebody who must not have the key, with these statements of it and no acceptance."""
    chosen = tuple(statements)
    authors = {each.statement.author for each in chosen}
    certificates = {each: certificate for each, certificate in roster.certificates.items() if each in authors}
    return replace(roster, statements=chosen, acceptances=(), certificates=certificates, key=b"", covers="")


def case_for(roster: Roster, node_id: NodeId) -> tuple[Signed, ...]:
    """Returns what shows that this identity was let in: a shortest chain of admissions, by members as far as can be."""
    by_members = _chain(_steps(roster, roster.members | {node_id}), node_id)
    return by_members or _chain(_steps(roster, roster.meaning.once_in | {node_id}), node_id)


def case_against(roster: Roster) -> tuple[Signed, ...]:
    """Returns all removals, and what shows that their authors were let in: so that somebody who is not a member any
    more can see that."""
    removals = [each for each in roster.statements if each.statement.kind is StatementKind.REMOVAL]
    steps = _steps(roster, roster.meaning.once_in)
    chosen: dict[Signed, None] = {}
    for author in dict.fromkeys(each.statement.author for each in removals):
        chosen |= dict.fromkeys(_chain(steps, author))
    return (*chosen, *removals)


def _steps(roster: Roster, through: frozenset[NodeId]) -> dict[NodeId, Signed]:
    """Returns the admission by which each of these identities is reached from the roots on a shortest way."""
    steps: dict[NodeId, Signed] = {}
    waiting = deque(sorted(roster.roots & through))
    reached = set(waiting)
    by_author: dict[NodeId, list[Signed]] = {}
    for each in roster.statements:
        if each.statement.kind is StatementKind.ADMISSION:
            by_author.setdefault(each.statement.author, []).append(each)
    while waiting:
        for each in by_author.get(waiting.popleft(), ()):
            subject = each.statement.subject
            if subject in through and subject not in reached:
                reached.add(subject)
                steps[subject] = each
                waiting.append(subject)
    return steps


def _chain(steps: Mapping[NodeId, Signed], node_id: NodeId) -> tuple[Signed, ...]:
    """Returns the admissions that lead from a root to this identity, the first one first."""
    chain: list[Signed] = []
    while node_id in steps:
        chain.append(steps[node_id])
        node_id = steps[node_id].statement.author
    return tuple(reversed(chain))
