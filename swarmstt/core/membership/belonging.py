"""What a node knows of the swarm that it belongs to, and what it says there itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from swarmstt.core.membership.bounds import DEFAULT_LIMITS
from swarmstt.core.membership.cases import case_against, without_key
from swarmstt.core.membership.roster import OfferedKey, Roster, merged, with_all_said
from swarmstt.core.membership.statements import Author, Statement, StatementKind, admission, removal
from swarmstt.ids import NodeId

MOST_LEFT_BEHIND = 3
"""Swarms of which the removals are kept."""
AWAITED_SECONDS = 86400.0
"""Of this node's running time, until one that was let in and never came is removed."""


@dataclass(slots=True, kw_only=True, eq=False)
class Belonging:
    """The place in a swarm of the node whose identity is `author`. Each `fresh_key` becomes the swarm's key if what
    happens needs one."""

    author: Author
    roster: Roster
    removed: bool = False
    """Others say that this node is not a member any more."""
    all_are_to_join_again: bool = False
    """All others but one at most were removed with this one."""
    awaited: dict[NodeId, float] = field(default_factory=dict)
    """Nodes that this one let in and that have not come since, with the seconds that it has been running meanwhile.
    They may have the roster again."""
    met: frozenset[NodeId] = frozenset()
    """Members to which a link was open at some time."""
    fixed: bool = False
    """The key is from a file: no door, no removal."""
    left_behind: tuple[Roster, ...] = ()
    """The removals in swarms that this node has left by having all others join again, the last one first: members that
    were off then are to hear of it."""

    @property
    def own_id(self) -> NodeId:
        return self.author.node_id

    @property
    def alone(self) -> bool:
        return self.roster.members <= {self.own_id, *self.awaited}

    @property
    def lets_in_no_more(self) -> bool:
        """True if this node has let in as many as count of one, also if most of them have gone."""
        own = (each for each in self.roster.said if each.author == self.own_id)
        admissions = sum(each.kind is StatementKind.ADMISSION for each in own)
        return admissions >= DEFAULT_LIMITS.most_admissions

    def has(self, node_id: NodeId) -> bool:
        """Returns True for a member, as far as this node knows; for any node, if the key is from a file."""
        return self.fixed or (not self.removed and node_id in self.roster.members)

    def has_removed(self, node_id: NodeId) -> bool:
        """Returns True for a node that was removed from this swarm."""
        return not self.fixed and self.roster.bars(node_id)

    def has_lost(self, node_id: NodeId) -> bool:
        """Returns True for a node that was let in once, and is not a member now."""
        meaning = self.roster.meaning
        return not self.fixed and node_id in meaning.once_in | meaning.out and node_id not in meaning.members

    def case_against(self, node_id: NodeId) -> Roster | None:
        """Returns what shows one that was let in once that it is not a member now, or that this node has had all others
        join again; None for any other."""
        if self.has_lost(node_id):
            return without_key(self.roster, case_against(self.roster))
        return None if self.has(node_id) else next((each for each in self.left_behind if each.bars(node_id)), None)

    def came(self, node_id: NodeId) -> bool:
        """Notes that a link to this member was open, here or at another member. True if that is news."""
        if self.fixed or node_id not in self.roster.members:
            return False
        self.awaited = {each: seconds for each, seconds in self.awaited.items() if each != node_id}
        is_news = node_id not in self.met
        self.met |= {node_id}
        return is_news

    def shown(self, case: Roster, node_id: NodeId, fresh_key: bytes) -> bool:
        """Takes statements that a node brings to show that it was let in, all of them genuine. False, and nothing
        changes, unless they show that."""
        if self.fixed or self.removed or case.swarm_id != self.roster.swarm_id:
            return False
        roster = self._merged(case, None, fresh_key)
        if node_id not in roster.members or roster.meaning.out != self.roster.meaning.out:
            return False
        self.roster = roster
        return True

    def expel_others(self, fresh_key: bytes) -> None:
        """Removes all other members, those that have come first: so many as one can remove."""
        others = sorted(self.roster.members - {self.own_id}, key=lambda each: (each not in self.met, each))
        others = others[: DEFAULT_LIMITS.most_removals]
        self._say([removal(self.own_id, each) for each in others], fresh_key)

    def _remove(self, node_id: NodeId, stays: Collection[NodeId], fresh_key: bytes) -> None:
        """Removes a member, and those whom it let in but for `stays`."""
        let_in = self.roster.let_in_by(node_id) & self.roster.members
        stay = let_in.intersection({*stays, self.own_id})  # this one stays though that one let it in
        self._say([removal(self.own_id, node_id, stay)], fresh_key)
        members = self.roster.members
        others = sorted(let_in.difference(stay) & members)  # somebody else let them in too
        self._say([removal(self.own_id, each, self.roster.let_in_by(each) & members) for each in others], fresh_key)
        self._forget_others()

    def remove_absent(self, seconds: float, fresh_key: bytes) -> list[NodeId]:
        """Counts so many more seconds of running, and removes those that were let in a day ago and never came. Returns
        them."""
        self.awaited = {each: before + seconds for each, before in self.awaited.items()}
        late = sorted(each for each, waited in self.awaited.items() if waited >= AWAITED_SECONDS)
        for each in [] if self.removed else late:
            # No person looks at this one: of those whom it says that it let in, only who has been seen stays.
            self._say([removal(self.own_id, each, self.roster.let_in_by(each) & self.met)], fresh_key)
        self._forget_others()
        return late

    def _leave_behind(self, fresh: Roster) -> None:
        """Begins that new swarm, in which nobody else is."""
        if self.roster.meaning.out and not self.fixed:
            case = without_key(self.roster, case_against(self.roster))
            self.left_behind = (case, *self.left_behind)[:MOST_LEFT_BEHIND]
        self.roster, self.removed, self.all_are_to_join_again, self.fixed = fresh, False, False, False
        self.awaited, self.met = {}, frozenset()

    def _may_go_to(self, roster: Roster, host: NodeId) -> bool:
        """Returns True if both are members there, the host itself let this node in, and it has not left that swarm."""
        both_belong = {host, self.own_id} <= roster.members and roster.has_fitting_key
        has_left = roster.swarm_id in (each.swarm_id for each in self.left_behind)
        return both_belong and admission(host, self.own_id) in roster.said and not has_left

    def _say(self, statements: Iterable[Statement], fresh_key: bytes) -> None:
        self.roster = with_all_said(self.roster, self.author, statements, fresh_key)

    def _forget_others(self) -> None:
        """Forgets what is known of those who are not members any more."""
        members = self.roster.members
        self.awaited = {each: seconds for each, seconds in self.awaited.items() if each in members}
        self.met &= members

    def _merged(self, theirs: Roster, offered: OfferedKey | None, fresh_key: bytes) -> Roster:
        return merged(
            self.roster,
            theirs.statements,
            theirs.certificates,
            acceptances=theirs.acceptances,
            own_id=self.own_id,
            fresh_key=fresh_key,
            offered=offered,
        )
