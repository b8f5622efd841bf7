"""How many statements a node keeps, whatever it is sent.

Of one author the first few admissions and removals count that a node hears of: a home has fewer PCs. All together have
a bounded size. If more come, room is shared out along the tree of who let in whom, from the roots down: at each
identity, its own statements and the branch of each one that it let in get equal shares, as far as they need them. So
who makes many identities, which say many things, only displaces what hangs on its own branch. What a node heard of
first stays, so what is known of others' honest members stays known however much comes later.

Anybody can say that it let in a PC which it never saw, and that somebody else lets in later. So that this does not take
that one to the liar's branch, an identity has its shares only on the branches of those whose admissions it has accepted
itself (`Acceptance`). If it has accepted none, since it came in with an earlier version, anybody's admission counts: it
has its shares on the branches of all who let it in, as far as these were reached before it. Room is shared out twice,
half of it in each order in which they can be reached (`_Order`).

Within the bounds any order ends alike. Beyond them nodes may keep different statements of the author that is to blame.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from swarmstt.core.membership.statements import Acceptance, Signed, Statement, StatementKind
from swarmstt.ids import NodeId

_STATEMENT_BYTES = 320
_NAMED_BYTES = 68
_ACCEPTANCE_BYTES = 260
"""About what a statement takes, each one that it names as staying, and an acceptance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterLimits:
    most_admissions: int = 64
    """Of one author that count."""
    most_removals: int = 64
    most_bytes: int = 512 * 2**10
    """Of all statements and their authors' certificates: some 1500 statements. Twenty PCs that let one another in in
    turn make 19."""


DEFAULT_LIMITS = RosterLimits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What there is room for, in the order in which it arrived."""

    statements: tuple[Signed, ...]
    acceptances: tuple[Acceptance, ...]


def bounded(
    roots: Iterable[NodeId],
    statements: Sequence[Signed],
    acceptances: Sequence[Acceptance],
    certificates: Mapping[NodeId, bytes],
    limits: RosterLimits = DEFAULT_LIMITS,
) -> Kept:
    """Returns those of the statements and acceptances that are kept: no statement whose author was never in, and no
    acceptance without its admission."""
    counted = _within_quota(statements, limits)
    said: dict[NodeId, list[_Said]] = {}
    own_words = _of_admissions(acceptances, counted)
    for number, word in enumerate(own_words, start=len(counted)):  # first of what that one says
        said.setdefault(word.subject, []).append(_Said(number=number, size=_ACCEPTANCE_BYTES))
    for number, each in enumerate(counted):
        said.setdefault(each.statement.author, []).append(_Said.of(number, each.statement))
    hosts: dict[NodeId, set[NodeId]] = {}
    for word in own_words:
        hosts.setdefault(word.subject, set()).add(word.author)
    branches = _Branches(roots, said, hosts, certificates, _Order.ARRIVAL)
    if sum(branches.own_bytes.values()) <= limits.most_bytes:
        chosen = {each.number for author in branches.places for each in said.get(author, ())}
    else:
        chosen = branches.shared_out(limits.most_bytes // 2)
        chosen |= _Branches(roots, said, hosts, certificates, _Order.DISTANCE).shared_out(limits.most_bytes // 2)
    kept = tuple(each for number, each in enumerate(counted) if number in chosen)
    kept_words = [word for number, word in enumerate(own_words, start=len(counted)) if number in chosen]
    return Kept(statements=kept, acceptances=tuple(_of_admissions(kept_words, kept)))


def _of_admissions(acceptances: Iterable[Acceptance], statements: Iterable[Signed]) -> list[Acceptance]:
    """Returns those of the acceptances whose admissions are among the statements."""
    said = (each.statement for each in statements)
    admissions = {(each.author, each.subject) for each in said if each.kind is StatementKind.ADMISSION}
    return [each for each in acceptances if (each.author, each.subject) in admissions]


def size_of(statement: Statement) -> int:
    """Returns about how many bytes a statement takes."""
    return _STATEMENT_BYTES + _NAMED_BYTES * len(statement.stays)


def _within_quota(statements: Iterable[Signed], limits: RosterLimits) -> list[Signed]:
    quota = {
        StatementKind.ADMISSION: limits.most_admissions,
        StatementKind.REMOVAL: limits.most_removals,
    }
    counts: Counter[tuple[NodeId, StatementKind]] = Counter()
    counted = []
    for each in statements:
        kind = each.statement.author, each.statement.kind
        counts[kind] += 1
        if counts[kind] <= quota[each.statement.kind]:
            counted.append(each)
    return counted


class _Order(Enum):
    """In which order identities are reached from the roots."""

    ARRIVAL = "arrival"
    """Of several that could be next, the one of whose admission this node heard first: who is known keeps its place,
    whatever is said of it later."""
    DISTANCE = "distance"
    """The nearest to the roots first: who is let in keeps its place, whoever farther off had said so before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """A statement or an acceptance. `number`: by which it arrived; `lets_in`: whom, if it is an admission."""

    number: int
    size: int
    lets_in: NodeId | None = None

    @classmethod
    def of(cls, number: int, statement: Statement) -> _Said:
        lets_in = statement.subject if statement.kind is StatementKind.ADMISSION else None
        return cls(number=number, size=size_of(statement), lets_in=lets_in)


class _Branches:
    """Who let in whom, in one of the orders. One that several let in is on the branch of each that comes before it. For
    one in `hosts` only those named there count, unless none of them was ever in."""

    def __init__(
        self,
        roots: Iterable[NodeId],
        said: Mapping[NodeId, Sequence[_Said]],
        hosts: Mapping[NodeId, Container[NodeId]],
        certificates: Mapping[NodeId, bytes],
        order: _Order,
    ) -> None:
        self._roots = sorted(roots)
        self._certificates = certificates
        self._said = said
        self._hosts = hosts
        self._by_claims: set[NodeId] = set()
        self.places = {each: place for place, each in enumerate(self._reached(order))}
        self.own_bytes = dict.fromkeys(self.places, 0)
        for each in self.places:
            if each in said:
                self.own_bytes[each] = sum(one.size for one in said[each]) + len(certificates.get(each, b""))

    def _reached(self, order: _Order) -> list[NodeId]:
        waiting = [(False, 0, -1, root) for root in self._roots]
        reached: dict[NodeId, None] = {}
        while waiting:
            is_claim, distance, _, node_id = heapq.heappop(waiting)
            if node_id in reached:
                continue
            reached[node_id] = None
            if is_claim:
                self._by_claims.add(node_id)
            further = distance + 1 if order is _Order.DISTANCE else 0
            for each in self._said.get(node_id, ()):
                if each.lets_in is not None:
                    is_claim = self._is_claim(node_id, each.lets_in)
                    heapq.heappush(waiting, (is_claim, further, each.number, each.lets_in))
        return list(reached)

    def _is_claim(self, author: NodeId, subject: NodeId) -> bool:
        """Returns True if the subject came in elsewhere, as it says itself."""
        return subject in self._hosts and author not in self._hosts[subject]

    def _children(self, author: NodeId) -> list[NodeId]:
        place = self.places[author]
        let_in = [each.lets_in for each in self._said.get(author, ()) if each.lets_in is not None]
        return [
            each
            for each in let_in
            if self.places[each] > place and (each in self._by_claims or not self._is_claim(author, each))
        ]

    def shared_out(self, most_bytes: int) -> set[int]:
        """Returns the numbers of what is kept if all of it may have so many bytes."""
        children = {each: self._children(each) for each in self.places}
        need = dict(self.own_bytes)
        for author in reversed(self.places):
            need[author] = min(most_bytes, need[author] + sum(need[each] for each in children[author]))
        share: Counter[NodeId] = Counter()
        share.update(dict(zip(self._roots, _shares([need[each] for each in self._roots], most_bytes), strict=True)))
        kept: set[int] = set()
        for author in self.places:
            if author in share:
                share.update(self._pass_on(author, share[author], children[author], need, kept))
        return kept

    def _pass_on(
        self,
        author: NodeId,
        budget: int,
        children: Sequence[NodeId],
        need: Mapping[NodeId, int],
        kept: set[int],
    ) -> dict[NodeId, int]:
        """Notes what is kept of this author's own, and returns the shares of those whom it let in by what is kept."""
        own, *shares = _shares([self.own_bytes[author], *(need[each] for each in children)], budget)
        own -= len(self._certificates.get(author, b""))
        let_in = set()
        for each in self._said.get(author, ()):
            own -= each.size
            if own < 0:
                break
            kept.add(each.number)
            if each.lets_in is not None:
                let_in.add(each.lets_in)
        return {child: share for child, share in zip(children, shares, strict=True) if child in let_in}


def _shares(needs: Sequence[int], budget: int) -> list[int]:
    """Shares a budget out equally; nobody gets more than it needs, and what is left goes to the others."""
    shares = [0] * len(needs)
    for count, place in enumerate(sorted(range(len(needs)), key=needs.__getitem__)):
        shares[place] = min(needs[place], budget // (len(needs) - count))
        budget -= shares[place]
    return shares
