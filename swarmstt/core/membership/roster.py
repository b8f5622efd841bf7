"""A swarm as one of its members knows it: what was said of who belongs to it, and its key.

Members send one another their rosters and merge what they receive, in any order and as often as they like: all end with
the same one (meaning.py says why, and bounds.py how far). A key is for exactly the removals that it `covers`. If two
members removed somebody at the same time, neither of their keys is for both removals, so whoever merges the two makes a
new one; of several keys for the same removals the one with the lowest hash stays.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from swarmstt.core.membership.bounds import DEFAULT_LIMITS, RosterLimits, bounded
from swarmstt.core.membership.meaning import Meaning, meaning_of
from swarmstt.core.membership.statements import (
    MOST_CERTIFICATE_BYTES,
    SIGNED_MARK,
    Acceptance,
    Author,
    Signed,
    Statement,
    StatementKind,
    accepted,
    admission,
    founder_of,
    has_one_root,
    is_swarm_id,
    signed,
)
from swarmstt.ids import NodeId, is_node_id

KEY_BYTES = 32
MOST_ROOTS = 64
MOST_STATEMENTS = 4096
"""In one message. A roster within its limits has fewer."""


@dataclass(frozen=True, kw_only=True)
class Roster:
    """`roots` are members without a statement: the founder, with whose id the swarm's begins, and in a swarm that is
    older than statements those whom its file named. `statements` are in the order in which this node heard of them;
    `acceptances` are of admissions among them; `certificates` are of those who signed. `covers`: the removals that the
    key is for (`Meaning.covers`)."""

    swarm_id: str
    roots: frozenset[NodeId]
    statements: tuple[Signed, ...] = ()
    certificates: dict[NodeId, bytes] = field(default_factory=dict)
    key: bytes = field(repr=False)
    covers: str
    acceptances: tuple[Acceptance, ...] = ()
    """Earlier versions pass them over."""

    @cached_property
    def meaning(self) -> Meaning:
        return meaning_of(self.swarm_id, self.roots, (each.statement for each in self.statements))

    @cached_property
    def said(self) -> frozenset[Statement]:
        return frozenset(each.statement for each in self.statements)

    @property
    def parts(self) -> int:
        """How much it takes to send or store it."""
        return len(self.statements) + len(self.acceptances)

    @property
    def members(self) -> frozenset[NodeId]:
        return self.meaning.members

    def bars(self, node_id: NodeId) -> bool:
        """Returns True for an identity that was removed: it never comes in again."""
        return node_id in self.meaning.out

    def has_come_in(self, node_id: NodeId) -> bool:
        """Returns True for one that has said itself by which admission it came in, or that needs none."""
        return node_id in self.hosts or node_id in self.roots

    @property
    def has_fitting_key(self) -> bool:
        """True if the key covers the removals in the roster: one from a member does."""
        return len(self.key) == KEY_BYTES and self.covers == self.meaning.covers

    @property
    def is_usable(self) -> bool:
        """True if a roster that was received can be what it claims to be; whether its statements are genuine is another
        question."""
        return (
            is_swarm_id(self.swarm_id)
            and 0 < len(self.roots) <= MOST_ROOTS
            and all(map(is_node_id, self.roots))
            and (not has_one_root(self.swarm_id) or self.roots == {founder_of(self.swarm_id)})
            and max(len(self.statements), len(self.acceptances)) <= MOST_STATEMENTS
            and len(self.certificates) <= MOST_STATEMENTS
            and all(map(_is_certificate, self.certificates.items()))
            and len(self.key) in (0, KEY_BYTES)
            and len(self.covers) <= 64
        )

    @cached_property
    def hosts(self) -> Mapping[NodeId, frozenset[NodeId]]:
        """Of each identity that has said so, whose admissions it has accepted."""
        found: dict[NodeId, frozenset[NodeId]] = {}
        for each in self.acceptances:
            found[each.subject] = found.get(each.subject, frozenset()) | {each.author}
        return found

    def let_in_by(self, author: NodeId) -> frozenset[NodeId]:
        """Returns whom this identity let in, apart from those who were removed or say that they came in elsewhere."""
        subjects = {
            each.subject for each in self.said if each.kind is StatementKind.ADMISSION and each.author == author
        }
        return frozenset(each for each in subjects - self.meaning.out if author in self.hosts.get(each, (author,)))


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedKey:
    """A key that came with a roster. It counts if its giver is a member, and if it covers the removals that are known
    once the rosters are merged."""

    giver: NodeId
    key: bytes = field(repr=False)
    covers: str

    @classmethod
    def of(cls, giver: NodeId, roster: Roster) -> OfferedKey:
        return cls(giver=giver, key=roster.key, covers=roster.covers)


def _is_certificate(item: tuple[NodeId, bytes]) -> bool:
    return is_node_id(item[0]) and len(item[1]) <= MOST_CERTIFICATE_BYTES


def begin(own_id: NodeId, key: bytes, mark: str) -> Roster:
    """Returns the roster of a new swarm; `mark`, a few random letters, tells it from others that this node began."""
    swarm_id = f"{own_id}-{SIGNED_MARK}{mark}"
    roots = frozenset({founder_of(swarm_id)})
    return Roster(swarm_id=swarm_id, roots=roots, key=key, covers=meaning_of(swarm_id, roots, ()).covers)


# What is added to a roster.


def with_said(
    roster: Roster, author: Author, statement: Statement, fresh_key: bytes, limits: RosterLimits = DEFAULT_LIMITS
) -> Roster:
    """Returns the roster with a statement of this node's own. `fresh_key` becomes the key if that is a removal."""
    return with_all_said(roster, author, [statement], fresh_key, limits)


def with_all_said(
    roster: Roster,
    author: Author,
    statements: Iterable[Statement],
    fresh_key: bytes,
    limits: RosterLimits = DEFAULT_LIMITS,
) -> Roster:
    """Returns the roster with statements of this node's own; to add them one by one takes long in a large one."""
    own = [signed(author, roster.swarm_id, each) for each in statements if each not in roster.said]
    certificates = {author.node_id: author.certificate}
    return merged(roster, own, certificates, own_id=author.node_id, fresh_key=fresh_key, limits=limits)


def with_accepted(roster: Roster, subject: Author, author: NodeId, limits: RosterLimits = DEFAULT_LIMITS) -> Roster:
    """Returns the roster with this node's word that it came in by that author's admission, if there is one."""
    if admission(author, subject.node_id) not in roster.said:
        return roster
    acceptances = dict.fromkeys([*roster.acceptances, accepted(subject, roster.swarm_id, author)])
    certificates = {**roster.certificates, subject.node_id: subject.certificate}
    return within_bounds(replace(roster, acceptances=tuple(acceptances), certificates=certificates), limits)


def merged(
    mine: Roster,
    statements: Sequence[Signed],
    certificates: Mapping[NodeId, bytes],
    *,
    acceptances: Sequence[Acceptance] = (),
    own_id: NodeId,
    fresh_key: bytes,
    offered: OfferedKey | None = None,
    limits: RosterLimits = DEFAULT_LIMITS,
) -> Roster:
    """Returns what this member knows once it has these statements and acceptances too, all of them genuine; `mine`
    itself if that is nothing new."""
    news = [each for each in dict.fromkeys(statements) if each.statement not in mine.said]
    has_news = news or set(acceptances).difference(mine.acceptances)
    roster = within_bounds(_together(mine, news, acceptances, certificates), limits) if has_news else mine
    roster = _with_key(roster, own_id, fresh_key, offered)
    return mine if roster == mine else roster


def within_bounds(roster: Roster, limits: RosterLimits = DEFAULT_LIMITS) -> Roster:
    """Returns a roster with no more statements and certificates than are kept."""
    kept = bounded(roster.roots, roster.statements, roster.acceptances, roster.certificates, limits)
    signers = {each.statement.author for each in kept.statements} | {each.subject for each in kept.acceptances}
    certificates = {each: certificate for each, certificate in roster.certificates.items() if each in signers}
    return replace(roster, statements=kept.statements, acceptances=kept.acceptances, certificates=certificates)


def with_room(mine: Roster, theirs: Roster) -> Roster:
    """Returns a roster that was received, all of it genuine, with that only for which this member has room. To merge it
    takes long if it has more; so it is for a thread."""
    if theirs.swarm_id != mine.swarm_id:
        return within_bounds(theirs)
    kept = within_bounds(_together(mine, theirs.statements, theirs.acceptances, theirs.certificates))
    words = set(kept.acceptances)
    return replace(
        theirs,
        statements=tuple(each for each in theirs.statements if each.statement in kept.said),
        acceptances=tuple(each for each in theirs.acceptances if each in words),
    )


def _together(
    mine: Roster, news: Iterable[Signed], acceptances: Iterable[Acceptance], certificates: Mapping[NodeId, bytes]
) -> Roster:
    return replace(
        mine,
        statements=(*mine.statements, *_once(news)),
        acceptances=tuple(dict.fromkeys([*mine.acceptances, *acceptances])),
        certificates={**certificates, **mine.certificates},
    )


def _once(news: Iterable[Signed]) -> list[Signed]:
    """Leaves out a statement's second signature: there are many valid ones."""
    return list({each.statement: each for each in news}.values())


def _with_key(roster: Roster, own_id: NodeId, fresh_key: bytes, offered: OfferedKey | None) -> Roster:
    covers = roster.meaning.covers
    if own_id not in roster.members:
        return roster  # it is not to know their key
    fitting = [roster.key] if roster.covers == covers else []
    if offered is not None and offered.covers == covers and offered.giver in roster.members:
        fitting += [offered.key] if len(offered.key) == KEY_BYTES else []
    key = min(fitting, key=lambda each: hashlib.sha256(each).digest(), default=fresh_key)
    return replace(roster, key=key, covers=covers)


def moved(old: Roster, new: Roster, author: Author, host: NodeId, fresh_key: bytes) -> Roster:
    """Returns the roster of a node that leaves one swarm for another, where `host` has let it in, and takes its old
    fellows along: it lets them in there itself, but for those whom that one let in too, or who say that they have come
    in there already."""
    there = new.let_in_by(host) | new.hosts.keys() | new.meaning.out | {author.node_id, host}
    fellows = sorted(old.members - there)
    said = [admission(author.node_id, each) for each in fellows[: DEFAULT_LIMITS.most_admissions]]
    return with_all_said(with_accepted(new, author, host), author, said, fresh_key)
