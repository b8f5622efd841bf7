"""Statements, what a set of them means, and how many are kept."""

from __future__ import annotations

import hashlib
import random
from dataclasses import replace

import pytest

from swarmstt.core.membership.bounds import Kept, RosterLimits, bounded
from swarmstt.core.membership.cases import case_against, case_for, without_key
from swarmstt.core.membership.meaning import Meaning, meaning_of
from swarmstt.core.membership.roster import OfferedKey, Roster, begin, merged, with_accepted, with_said
from swarmstt.core.membership.statements import (
    MOST_STAYS,
    Acceptance,
    Signed,
    Statement,
    StatementKind,
    accepted,
    admission,
    founder_of,
    genuine,
    genuine_acceptances,
    is_swarm_id,
    removal,
    signed,
)
from swarmstt.ids import NodeId
from tests.swarm.membership.identities import PlayedIdentity, is_signed

ANNA, BEN, CLARA, DORA, EVE, FINN = (PlayedIdentity(word) for word in ("anna", "ben", "clara", "dora", "eve", "finn"))
SWARM = f"{ANNA.node_id}-0a0a"


def lets_in(author: PlayedIdentity, *subjects: PlayedIdentity) -> list[Statement]:
    return [admission(author.node_id, each.node_id) for each in subjects]


def removes(author: PlayedIdentity, subject: PlayedIdentity, *stays: PlayedIdentity) -> list[Statement]:
    return [removal(author.node_id, subject.node_id, [each.node_id for each in stays])]


def mean(*said: list[Statement], roots: tuple[PlayedIdentity, ...] = (ANNA,)) -> Meaning:
    statements = [each for some in said for each in some]
    random.shuffle(statements)
    return meaning_of(SWARM, frozenset(each.node_id for each in roots), statements)


def members(*said: list[Statement], roots: tuple[PlayedIdentity, ...] = (ANNA,)) -> list[str]:
    found = mean(*said, roots=roots).members
    return [each.word for each in (ANNA, BEN, CLARA, DORA, EVE, FINN) if each.node_id in found]


def test_who_a_member_lets_in_is_a_member() -> None:
    assert members(lets_in(ANNA, BEN), lets_in(BEN, CLARA)) == ["anna", "ben", "clara"]
    assert members(lets_in(BEN, CLARA)) == ["anna"], "nobody let ben in"


def test_whom_the_removed_one_let_in_goes_unless_the_removal_says_that_it_stays() -> None:
    said = lets_in(ANNA, BEN), lets_in(BEN, CLARA, DORA), lets_in(DORA, EVE)
    assert members(*said, removes(ANNA, BEN)) == ["anna"]
    assert members(*said, removes(ANNA, BEN, DORA)) == ["anna", "dora", "eve"]
    assert members(*said, removes(ANNA, BEN, DORA), removes(DORA, BEN, CLARA)) == ["anna"], "all removals count"


def test_nothing_brings_an_identity_back() -> None:
    said = lets_in(ANNA, BEN, CLARA), lets_in(BEN, CLARA), removes(ANNA, BEN)
    assert members(*said, lets_in(CLARA, BEN), lets_in(ANNA, BEN)) == ["anna", "clara"]


def test_a_removed_one_brings_nobody_in_by_helpers_that_it_removes_itself() -> None:
    """Eve is removed; she says that she had let in Finn, whom she then removed, and that whom he let in stays."""
    said = lets_in(ANNA, EVE), removes(ANNA, EVE), lets_in(EVE, FINN), removes(EVE, FINN, DORA), lets_in(FINN, DORA)
    assert members(*said) == ["anna"]
    assert mean(*said).out == {EVE.node_id, FINN.node_id}


def test_two_that_remove_each_other_both_go() -> None:
    said = lets_in(ANNA, BEN, CLARA), removes(BEN, CLARA), removes(CLARA, BEN)
    assert members(*said) == ["anna"]


def test_the_founder_can_be_removed() -> None:
    said = lets_in(ANNA, BEN, CLARA), lets_in(BEN, DORA)
    assert members(*said, removes(BEN, ANNA, BEN)) == ["ben", "dora"]
    assert members(*said, removes(BEN, ANNA), roots=(ANNA, CLARA)) == ["clara"]


def test_a_key_is_for_the_removals_that_bear_on_who_stands() -> None:
    said = lets_in(ANNA, BEN, CLARA), lets_in(BEN, DORA)
    covers = mean(*said).covers
    assert mean(*said, lets_in(CLARA, EVE)).covers == covers, "who is let in may have the key"
    one, other = mean(*said, removes(ANNA, BEN)).covers, mean(*said, removes(ANNA, BEN, DORA)).covers
    assert len({covers, one, other}) == 3
    assert mean(*said, removes(ANNA, BEN), removes(BEN, DORA)).covers == one, "dora had gone already"


def test_bytes_of_two_statements_differ() -> None:
    stays = [NodeId("0" * 64), NodeId("1" * 64)]
    statements = [
        admission(ANNA.node_id, BEN.node_id),
        admission(BEN.node_id, ANNA.node_id),
        removal(ANNA.node_id, BEN.node_id),
        removal(ANNA.node_id, BEN.node_id, stays),
        removal(ANNA.node_id, BEN.node_id, stays[:1]),
    ]
    messages = {each.message(swarm_id) for each in statements for swarm_id in (SWARM, f"{SWARM}0")}
    assert len(messages) == 2 * len(statements)
    assert removal(ANNA.node_id, BEN.node_id, stays[::-1]).message(SWARM) == statements[3].message(SWARM)


@pytest.mark.parametrize(
    "statement",
    [
        admission(NodeId("x"), BEN.node_id),
        admission(ANNA.node_id, NodeId("B" * 64)),
        admission(ANNA.node_id, ANNA.node_id),
        replace(admission(ANNA.node_id, BEN.node_id), stays=frozenset({CLARA.node_id})),
        removal(ANNA.node_id, BEN.node_id, [NodeId("")]),
        removal(ANNA.node_id, BEN.node_id, [NodeId(f"{number:064x}") for number in range(MOST_STAYS + 1)]),
    ],
)
def test_what_no_statement_can_be_is_not_genuine(statement: Statement) -> None:
    assert genuine(SWARM, [signed(ANNA, SWARM, statement)], {ANNA.node_id: ANNA.certificate}, is_signed) == ()


def test_only_the_author_can_make_a_statement_and_for_one_swarm() -> None:
    statement = admission(ANNA.node_id, BEN.node_id)
    certificates = {ANNA.node_id: ANNA.certificate, BEN.node_id: BEN.certificate}
    real = signed(ANNA, SWARM, statement)
    forged = signed(BEN, SWARM, statement)
    foreign = signed(ANNA, f"{SWARM}1", statement)
    none = Signed(statement=statement, signature=b"")
    huge = Signed(statement=statement, signature=real.signature * 100)
    assert genuine(SWARM, [forged, real, foreign, none, huge], certificates, is_signed) == (real,)
    assert genuine(SWARM, [real], {ANNA.node_id: BEN.certificate}, is_signed) == ()
    assert genuine(SWARM, [real], {}, is_signed) == ()


def test_only_the_subject_can_accept_an_admission_and_for_one_swarm() -> None:
    certificates = {each.node_id: each.certificate for each in (ANNA, BEN)}
    real = accepted(BEN, SWARM, ANNA.node_id)
    wrong = [
        replace(real, author=CLARA.node_id),
        replace(real, author=BEN.node_id),
        replace(real, author=NodeId("x")),
        replace(real, subject=ANNA.node_id),
        replace(accepted(ANNA, SWARM, ANNA.node_id), subject=BEN.node_id),
        accepted(BEN, f"{SWARM}1", ANNA.node_id),
        replace(real, signature=signed(BEN, SWARM, admission(ANNA.node_id, BEN.node_id)).signature),
        replace(real, signature=b""),
        replace(real, signature=real.signature * 100),
    ]
    assert [each for each in wrong if genuine_acceptances(SWARM, [each], certificates, is_signed)] == []
    assert genuine_acceptances(SWARM, [real], certificates, is_signed) == (real,)
    assert genuine_acceptances(SWARM, [real], {}, is_signed) == ()


def test_the_form_of_a_swarms_id() -> None:
    assert is_swarm_id(SWARM)
    assert founder_of(SWARM) == ANNA.node_id
    for text in ("", ANNA.node_id, f"{ANNA.node_id}-", f"{SWARM}" + "a" * 400, f"{ANNA.node_id}-0a\n", f"b{SWARM}"):
        assert not is_swarm_id(text)


# Rosters.


def key(number: int) -> bytes:
    return number.to_bytes(32, "big")


def test_two_removals_at_once_end_in_one_key_that_neither_removed_one_knows() -> None:
    roster = begin(ANNA.node_id, key(1), "0a0a")
    for each in (BEN, CLARA, DORA):
        roster = with_said(roster, ANNA, admission(ANNA.node_id, each.node_id), key(99))
    assert roster.key == key(1)
    one = with_said(roster, ANNA, removal(ANNA.node_id, CLARA.node_id), key(2))
    other = with_said(roster, BEN, removal(BEN.node_id, DORA.node_id), key(3))
    ours, theirs = handed(one, other, ANNA, BEN, key(4)), handed(other, one, BEN, ANNA, key(5))
    assert (ours.key, theirs.key) == (key(4), key(5))
    assert ours.members == theirs.members == {ANNA.node_id, BEN.node_id}
    both, same = handed(ours, theirs, ANNA, BEN, key(6)), handed(theirs, ours, BEN, ANNA, key(7))
    assert both.key == same.key in (key(4), key(5))
    assert handed(both, same, ANNA, BEN, key(8)) is both


def handed(mine: Roster, theirs: Roster, own: PlayedIdentity, giver: PlayedIdentity, fresh_key: bytes) -> Roster:
    offered = OfferedKey.of(giver.node_id, theirs)
    return merged(
        mine, theirs.statements, theirs.certificates, own_id=own.node_id, fresh_key=fresh_key, offered=offered
    )


def test_a_key_counts_if_a_member_gives_it_and_it_covers_the_removals() -> None:
    mine = with_said(begin(ANNA.node_id, key(1), "0a0a"), ANNA, admission(ANNA.node_id, BEN.node_id), key(9))
    lower = min((key(number) for number in range(100)), key=lambda each: hashlib.sha256(each).digest())
    offered = replace(mine, key=lower)
    assert handed(mine, offered, ANNA, BEN, key(8)).key == lower
    assert handed(mine, offered, ANNA, EVE, key(8)) is mine, "she is not a member"
    assert handed(mine, replace(offered, covers="0" * 64), ANNA, BEN, key(8)) is mine
    assert handed(mine, replace(offered, key=b""), ANNA, BEN, key(8)) is mine


def test_what_is_shown_proves_what_it_should_and_no_more() -> None:
    roster = begin(ANNA.node_id, key(1), "0a0a")
    said = [(ANNA, BEN), (BEN, CLARA), (CLARA, DORA), (ANNA, EVE)]
    for author, subject in said:
        roster = with_said(roster, author, admission(author.node_id, subject.node_id), key(99))
    chain = [(each.statement.author, each.statement.subject) for each in case_for(roster, CLARA.node_id)]
    assert chain == [(ANNA.node_id, BEN.node_id), (BEN.node_id, CLARA.node_id)]
    roster = with_said(roster, CLARA, removal(CLARA.node_id, EVE.node_id), key(2))
    shown = without_key(roster, case_against(roster))
    assert EVE.node_id in shown.meaning.out
    assert shown.key == b""
    assert DORA.node_id not in shown.meaning.once_in
    assert shown.certificates.keys() == {ANNA.node_id, BEN.node_id, CLARA.node_id}


def test_an_acceptance_is_kept_with_its_admission_and_once() -> None:
    roster = with_said(begin(ANNA.node_id, key(1), "0a0a"), ANNA, admission(ANNA.node_id, BEN.node_id), key(9))
    for author in (CLARA, EVE):
        assert with_accepted(roster, BEN, author.node_id) is roster, "nobody says that they let him in"
    mine = with_accepted(roster, BEN, ANNA.node_id)
    assert mine.hosts == {BEN.node_id: {ANNA.node_id}}
    again = replace(mine.acceptances[0], signature=b"another one")
    foreign = [accepted(each, mine.swarm_id, ANNA.node_id) for each in (CLARA, EVE)]
    both = merged(mine, (), {}, acceptances=[again, *foreign], own_id=ANNA.node_id, fresh_key=key(8))
    assert both is mine
    assert mine.certificates.keys() == {ANNA.node_id, BEN.node_id}
    assert without_key(mine, mine.statements).acceptances == ()


def test_who_came_in_elsewhere_is_not_let_in_by_a_claim() -> None:
    """So it does not go with the one that claimed it."""
    roster = begin(ANNA.node_id, key(1), "0a0a")
    said = [*lets_in(ANNA, BEN, EVE), *lets_in(EVE, DORA, FINN, CLARA), *lets_in(BEN, DORA)]
    for each in said:
        author = next(one for one in (ANNA, BEN, EVE) if one.node_id == each.author)
        roster = with_said(roster, author, each, key(9))
    assert roster.let_in_by(EVE.node_id) == {DORA.node_id, FINN.node_id, CLARA.node_id}
    roster = with_accepted(with_accepted(roster, DORA, BEN.node_id), FINN, EVE.node_id)
    assert roster.let_in_by(EVE.node_id) == {FINN.node_id, CLARA.node_id}
    assert roster.let_in_by(BEN.node_id) == {DORA.node_id}


# Bounds.


def kept_beside_a_flood(said: list[Statement], words: list[Acceptance]) -> Kept:
    """Returns what is kept of that in a roster that Clara, whom Anna let in, has flooded."""
    made = [PlayedIdentity(f"made {number}") for number in range(9)]
    flood = lets_in(ANNA, CLARA) + lets_in(CLARA, *made) + [each for one in made for each in lets_in(one, *made)]
    statements = [Signed(statement=each, signature=b"s") for each in [*said, *flood] if each.author != each.subject]
    kept = bounded([ANNA.node_id], statements, words, {}, RosterLimits(most_bytes=20_000))
    assert len(kept.statements) < len(statements)
    return kept


def test_an_acceptance_of_somebody_that_was_never_in_counts_for_nothing() -> None:
    """Dora has accepted what Finn says, whom nobody let in: she stays on Ben's branch."""
    said = [*lets_in(ANNA, BEN), *lets_in(BEN, DORA), *removes(DORA, EVE)]
    kept = kept_beside_a_flood([*said, *lets_in(FINN, DORA)], [accepted(DORA, SWARM, FINN.node_id)])
    assert [each.statement for each in kept.statements[:4]] == [*said, *lets_in(ANNA, CLARA)]
    assert kept.acceptances == ()


def test_two_that_accept_one_another_in_a_circle_are_reached_all_the_same() -> None:
    """Eve let both in, and they say otherwise."""
    said = [*lets_in(ANNA, EVE), *lets_in(EVE, FINN, DORA), *lets_in(FINN, DORA), *lets_in(DORA, FINN)]
    said += removes(FINN, BEN)
    words = [accepted(DORA, SWARM, FINN.node_id), accepted(FINN, SWARM, DORA.node_id)]
    kept = kept_beside_a_flood(said, words)
    assert [each.statement for each in kept.statements[: len(said)]] == said
    assert kept.acceptances == tuple(words)


def test_a_flood_displaces_its_own_branch_only() -> None:
    limits = RosterLimits(most_admissions=16, most_removals=16, most_bytes=40_000)
    honest = [*lets_in(ANNA, BEN, EVE), *lets_in(BEN, CLARA), *lets_in(EVE, FINN), *lets_in(CLARA, DORA)]
    late = removes(FINN, DORA)
    made = [PlayedIdentity(f"made {number}") for number in range(16)]
    flood = lets_in(EVE, *made)
    for each in made:
        more = [PlayedIdentity(f"{each.word} {number}") for number in range(16)]
        flood += lets_in(each, *more) + [
            removal(each.node_id, one.node_id, [other.node_id for other in made if other != one]) for one in more
        ]
    certificates = {ANNA.node_id: ANNA.certificate}

    def kept(statements: list[Statement]) -> list[Statement]:
        unsigned = [Signed(statement=each, signature=b"s") for each in statements]
        return [each.statement for each in bounded([ANNA.node_id], unsigned, (), certificates, limits).statements]

    first = kept([*honest, *flood])
    assert set(honest) <= set(first)
    assert len(first) < 140
    assert kept(first) == first, "what is kept is kept again"
    assert set(honest) <= set(kept([*honest, *flood[::-1]]))
    second = kept([*first, *late])
    assert set(late + honest) <= set(second), "a removal finds its place, though its author hangs on the same branch"


def test_of_one_author_the_first_few_count() -> None:
    many = [PlayedIdentity(f"made {number}") for number in range(9)]
    statements = [Signed(statement=each, signature=b"s") for each in lets_in(ANNA, *many)]
    statements += [Signed(statement=removal(ANNA.node_id, each.node_id), signature=b"s") for each in many]
    statements += [Signed(statement=each, signature=b"s") for each in lets_in(FINN, EVE)]
    kept = bounded([ANNA.node_id], statements, (), {}, RosterLimits(most_admissions=3, most_removals=2)).statements
    assert [each.statement.kind for each in kept] == [StatementKind.ADMISSION] * 3 + [StatementKind.REMOVAL] * 2
    assert kept[0].statement.subject == many[0].node_id
