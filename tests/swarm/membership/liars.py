"""Members of a swarm, some of which lie: a machine for Hypothesis.

Honest nodes admit, remove, are off for long, and hand one another their rosters in any order. All identities of the
others are one adversary's: what one of them knows, all know; each can sign whatever it likes at any time, before and
after its removal; and it can bring anything that was ever said to anybody, late or twice.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from swarmstt.core.membership.bounds import DEFAULT_LIMITS, RosterLimits, size_of
from swarmstt.core.membership.cases import case_against, case_for, without_key
from swarmstt.core.membership.roster import KEY_BYTES, OfferedKey, Roster, begin, merged, with_accepted, with_said
from swarmstt.core.membership.statements import (
    Acceptance,
    Signed,
    Statement,
    StatementKind,
    accepted,
    admission,
    genuine,
    genuine_acceptances,
    removal,
    signed,
)
from swarmstt.ids import NodeId
from tests.swarm.membership.identities import PlayedIdentity, is_signed

HONEST = [PlayedIdentity(f"honest {number}") for number in range(4)]
LIARS = [PlayedIdentity(f"liar {number}") for number in range(4)]
EVERYBODY = HONEST + LIARS
IDS = {each.node_id: each for each in EVERYBODY}
HONEST_IDS = frozenset(each.node_id for each in HONEST)
LIAR_IDS = frozenset(each.node_id for each in LIARS)

honest, liars, anybody = st.sampled_from(HONEST), st.sampled_from(LIARS), st.sampled_from(EVERYBODY)


@dataclass(frozen=True)
class Made:
    """What the maker of a key knew when it made it."""

    out: frozenset[NodeId]


class Liars(RuleBasedStateMachine):
    limits: RosterLimits = DEFAULT_LIMITS

    def __init__(self) -> None:
        super().__init__()
        founder = HONEST[0]
        self.numbers = itertools.count(1)
        self.made: dict[bytes, Made] = {}
        first = begin(founder.node_id, self.fresh_key(), "0a0a")
        self.made[first.key] = Made(frozenset())
        self.swarm_id = first.swarm_id
        self.rosters: dict[NodeId, Roster] = {founder.node_id: first}
        self.lies: list[Signed] = []
        """All that liars said, or were sent by others."""
        self.words: list[Acceptance] = []
        """The same of acceptances."""
        self.hosts: dict[NodeId, NodeId] = {}
        """By whom each honest one came in."""
        self.leaked: set[bytes] = set()
        """Keys that liars know."""
        self.seen_out: dict[NodeId, frozenset[NodeId]] = {}

    def fresh_key(self) -> bytes:
        return next(self.numbers).to_bytes(KEY_BYTES, "big")

    def certificates(self) -> dict[NodeId, bytes]:
        return {each.node_id: each.certificate for each in EVERYBODY}

    def note(self, own_id: NodeId, roster: Roster) -> None:
        self.rosters[own_id] = roster
        self.made.setdefault(roster.key, Made(roster.meaning.out))

    def receive(self, own_id: NodeId, theirs: Roster, giver: NodeId | None = None) -> None:
        """An honest node takes what it was sent, as the node's shell has it do."""
        mine = self.rosters[own_id]
        if theirs.swarm_id != mine.swarm_id or not theirs.is_usable:
            return
        statements = genuine(mine.swarm_id, theirs.statements, theirs.certificates, is_signed)
        acceptances = genuine_acceptances(mine.swarm_id, theirs.acceptances, theirs.certificates, is_signed)
        offered = OfferedKey.of(giver, theirs) if giver is not None else None
        roster = merged(
            mine,
            statements,
            theirs.certificates,
            acceptances=acceptances,
            own_id=own_id,
            fresh_key=self.fresh_key(),
            offered=offered,
            limits=self.limits,
        )
        self.note(own_id, roster)

    # What honest nodes do.

    @initialize(hosts=st.lists(st.integers(0, 9), min_size=6, max_size=6))
    def begin(self, hosts: list[int]) -> None:
        """Some are in already: honest ones and liars, let in by one another."""
        for place, each in enumerate([HONEST[1], LIARS[0], HONEST[2], LIARS[1], HONEST[3]]):
            hosts_there = [one for one in HONEST if one.node_id in self.rosters]
            host = hosts_there[hosts[place] % len(hosts_there)]
            if hosts[5] > 6 and each in HONEST[2:]:
                continue  # it comes later, or never
            if each is HONEST[3] and hosts[5] % 2:
                self.lie(LIARS[0], admission(LIARS[0].node_id, each.node_id))
                roster = self.rosters[HONEST[2].node_id]
                self.receive(
                    HONEST[2].node_id, replace(roster, statements=tuple(self.lies), certificates=self.certificates())
                )
                self.note(each.node_id, self.rosters[HONEST[2].node_id])
            else:
                self.let_in(host, each)

    @rule(data=st.data())
    def admit(self, data: st.DataObject) -> None:
        """A person opens the door, and somebody comes in."""
        host = data.draw(st.sampled_from(self.honest_members()))
        roster = self.rosters[host.node_id]
        guests = [each for each in EVERYBODY if not roster.has_come_in(each.node_id) and not roster.bars(each.node_id)]
        guests = [each for each in guests if each.node_id not in self.rosters]
        if guests:
            self.let_in(host, data.draw(st.sampled_from(guests)))

    def honest_members(self) -> list[PlayedIdentity]:
        found = [IDS[node_id] for node_id, roster in self.rosters.items() if node_id in roster.members]
        return found or [HONEST[0]]

    def let_in(self, host: PlayedIdentity, guest: PlayedIdentity) -> None:
        said = admission(host.node_id, guest.node_id)
        roster = with_said(self.rosters[host.node_id], host, said, self.fresh_key(), self.limits)
        self.note(host.node_id, roster)
        if guest.node_id in HONEST_IDS and said in roster.said and guest.node_id in roster.members:
            self.hosts[guest.node_id] = host.node_id
            self.note(guest.node_id, with_accepted(roster, guest, host.node_id, self.limits))
        else:
            self.leak(guest.node_id, roster)

    def leak(self, liar: NodeId, roster: Roster) -> None:
        """An honest node gives its roster to a liar that it takes for a member."""
        if liar in roster.members and liar in LIAR_IDS:
            if roster.key not in self.leaked:
                assert liar not in self.made[roster.key].out, "it was removed before the key was made"
            self.leaked.add(roster.key)
            self.lies = list(dict.fromkeys([*self.lies, *roster.statements]))
            self.words = list(dict.fromkeys([*self.words, *roster.acceptances]))

    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        host = data.draw(st.sampled_from(self.honest_members()))
        roster = self.rosters[host.node_id]
        others = sorted(roster.members - {host.node_id})
        own = [each for each in roster.said if each.author == host.node_id and each.kind is StatementKind.REMOVAL]
        if not others or len(own) >= self.limits.most_removals:
            return
        # Liars go more often than others: the rest is dull.
        gone = data.draw(st.sampled_from(sorted(roster.members & LIAR_IDS) * 4 + others))
        let_in = sorted(roster.let_in_by(gone) & roster.members)
        stays = data.draw(st.sets(st.sampled_from(let_in))) if let_in else set()
        said = removal(host.node_id, gone, stays)
        self.note(host.node_id, with_said(roster, host, said, self.fresh_key(), self.limits))
        assert self.rosters[host.node_id].bars(gone)

    @rule(giver=honest, taker=honest)
    def hand(self, giver: PlayedIdentity, taker: PlayedIdentity) -> None:
        """One hands another its roster: with the key, if it takes it for a member."""
        self.hand_over(giver.node_id, taker.node_id)

    def hand_over(self, giver: NodeId, taker: NodeId) -> None:
        roster = self.rosters.get(giver)
        if roster is None or taker not in self.rosters or giver == taker:
            return
        if taker in roster.members:
            self.receive(taker, roster, giver)
        else:
            self.receive(taker, without_key(roster, case_against(roster)))

    @rule(asker=honest, asked=honest)
    def ask(self, asker: PlayedIdentity, asked: PlayedIdentity) -> None:
        """One shows another how it was let in, and is given the roster if that convinces the other."""
        roster = self.rosters.get(asker.node_id)
        if roster is not None and asked.node_id in self.rosters:
            self.receive(asked.node_id, without_key(roster, case_for(roster, asker.node_id)))
            self.hand_over(asked.node_id, asker.node_id)

    # What liars do.

    @rule(giver=honest, liar=liars)
    def give_to_liar(self, giver: PlayedIdentity, liar: PlayedIdentity) -> None:
        roster = self.rosters.get(giver.node_id)
        if roster is not None:
            self.leak(liar.node_id, roster)

    @rule(liar=liars, subject=anybody)
    def lie_admission(self, liar: PlayedIdentity, subject: PlayedIdentity) -> None:
        self.lie(liar, admission(liar.node_id, subject.node_id))

    @rule(liar=liars, subject=anybody, stays=st.sets(anybody.map(lambda each: each.node_id), max_size=4))
    def lie_removal(self, liar: PlayedIdentity, subject: PlayedIdentity, stays: set[NodeId]) -> None:
        self.lie(liar, removal(liar.node_id, subject.node_id, stays))

    @rule(liar=liars, author=honest, subject=anybody)
    def lie_forged(self, liar: PlayedIdentity, author: PlayedIdentity, subject: PlayedIdentity) -> None:
        forged = signed(liar, self.swarm_id, admission(author.node_id, subject.node_id))
        self.lies.append(forged)
        self.lies.append(signed(liar, "of another swarm", admission(liar.node_id, subject.node_id)))

    @rule(liar=liars, author=anybody, forged=anybody)
    def lie_acceptance(self, liar: PlayedIdentity, author: PlayedIdentity, forged: PlayedIdentity) -> None:
        """It accepts whatever it likes for itself, and tries to do so for others."""
        word = accepted(liar, self.swarm_id, author.node_id)
        foreign = accepted(liar, "of another swarm", author.node_id)
        self.words += [word, replace(word, subject=forged.node_id), replace(foreign, subject=liar.node_id)]

    @rule(text=st.text(max_size=5), signature=st.binary(max_size=100), kind=st.sampled_from(StatementKind))
    def lie_malformed(self, text: str, signature: bytes, kind: StatementKind) -> None:
        statement = Statement(kind=kind, author=LIARS[0].node_id, subject=NodeId(text), stays=frozenset({NodeId(text)}))
        self.lies.append(Signed(statement=statement, signature=signature))
        self.words.append(Acceptance(author=NodeId(text), subject=LIARS[0].node_id, signature=signature))

    def lie(self, liar: PlayedIdentity, statement: Statement) -> None:
        self.lies.append(signed(liar, self.swarm_id, statement))

    @rule(taker=honest, giver=liars, leaked=st.booleans(), data=st.data())
    def bring(self, taker: PlayedIdentity, giver: PlayedIdentity, leaked: bool, data: st.DataObject) -> None:
        """A liar brings an honest node some of what was ever said, and an old or invented key."""
        mine = self.rosters.get(taker.node_id)
        if mine is None:
            return
        lies = self.lies if data.draw(st.booleans()) else self.lies[-data.draw(st.integers(1, 6)) :]
        words = self.words if data.draw(st.booleans()) else []
        key = data.draw(st.sampled_from(sorted(self.leaked))) if leaked and self.leaked else self.fresh_key()
        self.leaked.add(key)
        covers = data.draw(st.sampled_from(["", "x" * 64, *(each.covers for each in self.rosters.values())]))
        theirs = replace(
            mine,
            statements=tuple(lies),
            acceptances=tuple(words),
            certificates=self.certificates(),
            key=key,
            covers=covers,
            roots=LIAR_IDS,
        )
        self.receive(taker.node_id, theirs, giver.node_id)

    @rule(taker=honest, text=st.text(max_size=400))
    def bring_rubbish(self, taker: PlayedIdentity, text: str) -> None:
        mine = self.rosters.get(taker.node_id)
        if mine is not None:
            self.receive(taker.node_id, replace(mine, swarm_id=text), LIARS[0].node_id)
            self.receive(taker.node_id, replace(mine, key=text.encode()[:40], covers=text), LIARS[0].node_id)
            self.receive(taker.node_id, replace(mine, roots=frozenset({NodeId(text)})), LIARS[0].node_id)
            assert mine.members <= self.rosters[taker.node_id].meaning.once_in

    # What is true.

    @invariant()
    def who_is_out_stays_out(self) -> None:
        for node_id, roster in self.rosters.items():
            out = self.seen_out.get(node_id, frozenset())
            assert out <= roster.meaning.out
            assert not roster.members & roster.meaning.out
            self.seen_out[node_id] = roster.meaning.out

    @invariant()
    def nobody_accepts_for_an_honest_one(self) -> None:
        for roster in self.rosters.values():
            for node_id in roster.hosts.keys() & HONEST_IDS:
                assert roster.hosts[node_id] == {self.hosts[node_id]}

    @invariant()
    def a_member_has_the_key_for_what_it_knows(self) -> None:
        for node_id, roster in self.rosters.items():
            if node_id in roster.members:
                assert roster.covers == roster.meaning.covers
                assert len(roster.key) == KEY_BYTES

    def teardown(self) -> None:
        """All hand one another what they know: those that are members then agree. Then they remove all liars."""
        in_force = frozenset(each for roster in self.rosters.values() for each in roster.meaning.out)
        self.exchange()
        self.check_agreement(in_force)
        for host in self.honest_members()[:2]:
            for liar in sorted(self.rosters[host.node_id].members & LIAR_IDS):
                said = removal(host.node_id, liar, self.rosters[host.node_id].let_in_by(liar) - LIAR_IDS)
                roster = with_said(self.rosters[host.node_id], host, said, self.fresh_key(), self.limits)
                self.note(host.node_id, roster)
        self.say_everything()
        self.exchange()
        self.say_everything()
        self.check_agreement(in_force)
        for node_id, roster in self.rosters.items():
            if node_id in roster.members:
                assert not roster.members & LIAR_IDS
                assert roster.key not in self.leaked, "nobody who is not a member knows the key"

    def say_everything(self) -> None:
        """Each liar brings each honest node all that was ever said, and all that it can say to have others back."""
        for one, other in itertools.permutations(LIARS, 2):
            self.lie(one, admission(one.node_id, other.node_id))
            if other in LIARS[:-1]:  # the last one is to come in by what those that are out had said
                self.lie(one, removal(one.node_id, other.node_id, LIAR_IDS - {other.node_id}))
        for liar, taker in itertools.product(LIARS, sorted(self.rosters)):
            mine = self.rosters[taker]
            for key in sorted(self.leaked):
                said, words = tuple(self.lies), tuple(self.words)
                theirs = replace(mine, statements=said, acceptances=words, certificates=self.certificates(), key=key)
                self.receive(taker, theirs, liar.node_id)
                self.receive(taker, replace(theirs, statements=()), liar.node_id)

    def exchange(self) -> None:
        for _ in range(6):
            before = dict(self.rosters)
            for giver, taker in itertools.permutations(reversed(self.rosters), 2):
                self.hand_over(giver, taker)  # those who do not know of a removal yet come first
            if before == self.rosters:
                return
        raise AssertionError("it never comes to rest")

    def check_agreement(self, in_force: frozenset[NodeId]) -> None:
        rosters = [roster for node_id, roster in self.rosters.items() if node_id in roster.members]
        for roster in rosters:
            assert (roster.members, roster.key) == (rosters[0].members, rosters[0].key)
            assert roster.meaning.out >= in_force, "a removal that one member made is in force at all"
            if not roster.members & LIAR_IDS:
                assert roster.key not in self.leaked, "nobody who is not a member knows the key"


class Flood(Liars):
    """The same with narrow bounds, and liars that say as much as they can."""

    # Enough for what honest ones say: of 26,000 bytes their share, equal to that of liars, was once too small.
    limits = RosterLimits(most_admissions=12, most_removals=6, most_bytes=40_000)

    @rule(taker=honest, liar=liars, wide=st.integers(1, 8), count=st.integers(1, 90), claiming=st.booleans())
    def flood(self, taker: PlayedIdentity, liar: PlayedIdentity, wide: int, count: int, claiming: bool) -> None:
        """A liar lets in many identities of its own, each of which lets in and removes many. It claims first to have
        let in the honest ones."""
        mine = self.rosters.get(taker.node_id)
        if mine is None:
            return
        made = [PlayedIdentity(f"made by {liar.word} {number}") for number in range(count)]
        claimed = HONEST_IDS if claiming else ()
        said = [signed(liar, self.swarm_id, admission(liar.node_id, each)) for each in sorted(claimed)]
        for place, each in enumerate(made):
            author = liar if place < wide else made[place % wide]
            said.append(signed(author, self.swarm_id, admission(author.node_id, each.node_id)))
            gone = [PlayedIdentity(f"nobody {number}").node_id for number in range(6)]
            said += [signed(each, self.swarm_id, removal(each.node_id, one)) for one in gone if place >= wide]
        certificates = self.certificates() | {each.node_id: each.certificate for each in made}
        theirs = replace(mine, statements=tuple(said), certificates=certificates)
        self.receive(taker.node_id, theirs, liar.node_id)
        kept = self.rosters[taker.node_id]
        honest_said = [each for each in mine.statements if each.statement.author in self.hosts]
        assert set(honest_said) <= set(kept.statements), "what honest ones said is not displaced"
        assert len(kept.statements) <= self.limits.most_bytes / size_of(admission(liar.node_id, liar.node_id))

    @invariant()
    def who_is_out_stays_out(self) -> None:
        """Beyond the bounds this holds for whom honest ones removed."""
        for node_id, roster in self.rosters.items():
            removed = {
                each.subject for each in roster.said if each.author in HONEST_IDS and each.kind is StatementKind.REMOVAL
            }
            out = self.seen_out.get(node_id, frozenset())
            assert out <= roster.meaning.out
            self.seen_out[node_id] = frozenset(removed) & roster.meaning.out

    def teardown(self) -> None:
        """Beyond the bounds they need not agree, but each hears of what honest members removed."""
        for giver, taker in itertools.permutations(self.rosters, 2):
            self.hand_over(giver, taker)
        for giver, taker in itertools.permutations(self.rosters, 2):
            if giver in self.rosters[giver].members:
                mine, theirs = self.rosters[taker], self.rosters[giver]
                gone = {each.subject for each in theirs.said if each.author == giver and theirs.bars(each.subject)}
                if taker in theirs.members:
                    assert gone <= mine.meaning.out
