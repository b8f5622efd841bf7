"""One that says early, on a branch that it floods, that it let in a PC which somebody else lets in later."""

from __future__ import annotations

import random

import pytest

from swarmstt.core.membership.bounds import DEFAULT_LIMITS, RosterLimits
from swarmstt.core.membership.roster import Roster, begin, merged
from swarmstt.core.membership.statements import Acceptance, Signed, Statement, accepted, admission, removal, signed
from swarmstt.ids import NodeId
from tests.swarm.membership.identities import PlayedIdentity

pytestmark = pytest.mark.attack

ANNA, BEN, DORA, MALLORY = (PlayedIdentity(word) for word in ("anna", "ben", "dora", "mallory"))
KEY = bytes(32)


class Said:
    """What is said in Anna's swarm, with the certificates that make room scarce."""

    def __init__(self) -> None:
        self.roster = begin(ANNA.node_id, KEY, "0a0a")
        self.statements: list[Signed] = []
        self.acceptances: list[Acceptance] = []
        self.authors: dict[NodeId, bytes] = {}

    def by(self, author: PlayedIdentity, *said: Statement) -> Said:
        self.statements += [signed(author, self.roster.swarm_id, each) for each in said]
        self.authors[author.node_id] = author.certificate
        return self

    def lets_in(self, author: PlayedIdentity, *subjects: PlayedIdentity) -> Said:
        return self.by(author, *(admission(author.node_id, each.node_id) for each in subjects))

    def accepts(self, subject: PlayedIdentity, author: PlayedIdentity) -> Said:
        self.acceptances.append(accepted(subject, self.roster.swarm_id, author.node_id))
        self.authors[subject.node_id] = subject.certificate
        return self

    def heard(self, roster: Roster, limits: RosterLimits = DEFAULT_LIMITS) -> Roster:
        return merged(
            roster,
            self.statements,
            self.authors,
            acceptances=self.acceptances,
            own_id=BEN.node_id,
            fresh_key=KEY,
            limits=limits,
        )


def made(prefix: str, count: int) -> list[PlayedIdentity]:
    return [PlayedIdentity(f"{prefix} {number}") for number in range(count)]


def flood(wide: int, deep: int) -> Said:
    """Mallory's claim of Dora, so far down that what she says herself would have no room there."""
    said, near, far = Said(), made("near", wide), made("far", deep)
    said.lets_in(MALLORY, *near).lets_in(near[0], *far).lets_in(far[0], DORA)
    for each in (*near[1:], *far[1:]):
        said.lets_in(each, *made(each.word, 40))
    return said


@pytest.mark.parametrize(("wide", "deep"), [(40, 10), (50, 8), (62, 8), (63, 6), (63, 10)])
def test_its_removals_stay_whatever_was_claimed_of_it(wide: int, deep: int) -> None:
    lies = flood(wide, deep)
    roster = Said().lets_in(ANNA, BEN, MALLORY).heard(lies.roster)
    roster = lies.heard(roster)
    roster = Said().lets_in(ANNA, DORA).heard(roster)
    assert DORA.node_id in roster.members
    late = Said().by(DORA, removal(DORA.node_id, MALLORY.node_id))
    roster = late.heard(roster)
    assert roster.bars(MALLORY.node_id)
    roster = lies.heard(roster)
    assert roster.bars(MALLORY.node_id), "another member that lies sends the flood again"
    late.statements = [*lies.statements, *late.statements]
    late.authors |= lies.authors
    assert late.heard(roster).bars(MALLORY.node_id)


# Of one that has accepted its admission no place is too near for a false claim.

SMALL = RosterLimits(most_admissions=12, most_removals=6, most_bytes=26_000)
SEEDS = range(200)


def keeps_removal(seed: int, *, accepts: bool) -> bool:
    """Mallory claims Dora and floods her branch before anybody has heard of Dora's host, and says it all again. True if
    Dora's removal of Mallory is in force at the end. `accepts`: honest ones have accepted their admissions."""
    chance = random.Random(seed)
    first, real, host = Said().lets_in(ANNA, BEN, MALLORY), Said(), BEN
    for each in [*made("honest", chance.randrange(1, 4)), DORA]:
        real.lets_in(host, each)
        if accepts:
            real.accepts(each, host)
        host = each
    near, claims, flooding = made("near", chance.randrange(3, 6)), Said(), Said()
    claims.lets_in(MALLORY, DORA, *near)
    for each in near:
        flooding.lets_in(each, *made(each.word, 12))
        for one in made(each.word, chance.randrange(12)):
            flooding.by(one, *(removal(one.node_id, other.node_id) for other in made("nobody", 6))).accepts(one, each)
    gone = [*made("gone", chance.randrange(5)), MALLORY]
    late = Said().by(DORA, *(removal(DORA.node_id, each.node_id) for each in gone))
    roster = first.roster
    for said in (first, claims, flooding, real, late, flooding, claims):
        roster = said.heard(roster, SMALL)
    return roster.bars(MALLORY.node_id)


def test_what_one_says_that_has_accepted_its_admission_is_never_starved() -> None:
    starved = [seed for seed in SEEDS if not keeps_removal(seed, accepts=True)]
    assert starved == []
    starved = [seed for seed in SEEDS if not keeps_removal(seed, accepts=False)]
    assert len(starved) > len(SEEDS) / 8, "without, a claim near enough leaves it no room"
