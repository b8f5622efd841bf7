"""New nodes end in one swarm, whatever the order and timing; established swarms stay apart; who is removed is out."""

from __future__ import annotations

import pytest
from hypothesis import settings

from swarmstt.core.membership.belonging import AWAITED_SECONDS
from swarmstt.core.membership.cases import case_against, case_for, without_key
from swarmstt.core.membership.door import MOST_NEWCOMERS, OPEN_SECONDS, Door
from swarmstt.core.membership.door_status import DoorAnswer, DoorStatus
from swarmstt.core.membership.roster import with_said
from swarmstt.core.membership.statements import admission
from swarmstt.ids import NodeId
from tests.swarm.doors import (
    AnyWorld,
    NarrowWorld,
    World,
    fresh_key,
    fresh_roster,
    new_door,
)
from tests.swarm.membership.identities import NamedIdentity

World.TestCase.settings = settings(max_examples=90, stateful_step_count=40, deadline=None)
AnyWorld.TestCase.settings = settings(max_examples=90, stateful_step_count=50, deadline=None)
NarrowWorld.TestCase.settings = settings(max_examples=60, stateful_step_count=50, deadline=None)
TestNewNodes = World.TestCase
TestAnyTimes = AnyWorld.TestCase
TestNarrowDoors = NarrowWorld.TestCase


@pytest.fixture
def anna() -> Door:
    return new_door("anna")


@pytest.fixture
def ben() -> Door:
    return new_door("ben")


def named(name: str) -> NodeId:
    return NamedIdentity(name).node_id


def let_in(host: Door, joiner: Door, at: float = 0.0) -> None:
    assert host.admit(at, joiner.own_id, fresh_key()) is DoorAnswer.ADMITTED
    joiner.start_join(host.own_id)
    left = host.seconds_left(at)
    assert joiner.joined(at, host.own_id, host.roster, fresh_key(), established=host.established, seconds_left=left)
    host.came(joiner.own_id)
    joiner.came(host.own_id)


def hand(giver: Door, taker: Door) -> bool:
    return taker.roster_received(giver.roster, giver.own_id, fresh_key(), established=giver.established)


def test_of_two_new_ones_the_larger_goes_to_the_other(anna: Door, ben: Door) -> None:
    assert ben.wants(0.0, anna.status(0.0))
    assert not anna.wants(0.0, ben.status(0.0))


OPEN_DOORS = [
    DoorStatus(swarm_id="0000", provisional=True, open=True),
    DoorStatus(swarm_id="zzzz", provisional=True, open=True),
    DoorStatus(swarm_id="zzzz", provisional=False, open=True),
]


@pytest.mark.attack
@pytest.mark.parametrize("status", [*OPEN_DOORS, DoorStatus(swarm_id="0000", provisional=True, open=False), None])
@pytest.mark.parametrize("seconds", [OPEN_SECONDS, OPEN_SECONDS + 1.0, 3e7])
def test_one_that_found_nobody_in_its_ten_minutes_goes_nowhere_without_a_click(
    ben: Door, status: DoorStatus | None, seconds: float
) -> None:
    """Also if nobody has noted that they are over."""
    for _ in range(2):
        assert not ben.wants(seconds, status)
        assert not ben.greets(seconds, status)
        assert ben.status(seconds) is None
        ben.pass_time(seconds)
    assert not ben.provisional
    mallory = new_door("mallory")
    ben.start_join(mallory.own_id)
    mallory.admit(0.0, ben.own_id, fresh_key())
    assert not goes(ben, mallory, seconds)
    assert ben.alone, "an answer that comes late is too late"
    ben.open(seconds)
    assert ben.wants(seconds, OPEN_DOORS[0])
    assert ben.wants(seconds, OPEN_DOORS[2])
    assert ben.seconds_left(seconds) == OPEN_SECONDS
    assert not ben.wants(seconds + OPEN_SECONDS, OPEN_DOORS[0])


def test_a_click_on_one_that_has_company_takes_it_nowhere(anna: Door, ben: Door) -> None:
    let_in(anna, ben)
    anna.pass_time(OPEN_SECONDS)
    anna.open(OPEN_SECONDS)
    assert not any(anna.wants(OPEN_SECONDS, status) for status in OPEN_DOORS)


def test_who_has_nobody_left_goes_nowhere_without_a_click(anna: Door, ben: Door) -> None:
    let_in(anna, ben)
    anna.expel(ben.own_id, (), fresh_key())
    assert anna.alone
    assert not any(anna.wants(0.0, status) for status in OPEN_DOORS)
    anna.open(0.0)
    assert anna.wants(0.0, OPEN_DOORS[0])


def test_the_door_is_open_for_ten_minutes_and_then_the_swarm_is_established(anna: Door, ben: Door) -> None:
    let_in(anna, ben, 100.0)
    assert ben.seconds_left(100.0) == anna.seconds_left(100.0) == OPEN_SECONDS - 100.0
    assert not anna.pass_time(OPEN_SECONDS - 1.0)
    assert anna.pass_time(OPEN_SECONDS)
    assert anna.established
    assert anna.status(OPEN_SECONDS) is None
    assert anna.admit(OPEN_SECONDS, named("clara"), fresh_key()) is DoorAnswer.SHUT


def test_a_door_that_many_came_through_shuts_until_a_click(anna: Door) -> None:
    for number in range(MOST_NEWCOMERS):
        assert anna.is_open(1.0)
        for _ in range(3):  # who asks again is no other
            assert anna.admit(1.0, named(f"new-{number}"), fresh_key()) is DoorAnswer.ADMITTED
    assert not anna.is_open(1.0)
    assert anna.is_full(1.0)
    assert anna.admit(1.0, named("one-more"), fresh_key()) is DoorAnswer.SHUT
    assert anna.admit(1.0, named("new-3"), fresh_key()) is DoorAnswer.ADMITTED, "it lost the answer"
    assert not anna.is_full(OPEN_SECONDS), "by then it had shut anyway"
    anna.open(2.0)
    assert not anna.is_full(2.0)
    assert anna.admit(2.0, named("one-more"), fresh_key()) is DoorAnswer.ADMITTED


def test_who_lost_the_answer_may_ask_again(anna: Door) -> None:
    assert anna.admit(0.0, named("ben"), fresh_key()) is DoorAnswer.ADMITTED
    anna.shut()
    assert anna.alone, "it never came"
    assert anna.admit(0.0, named("ben"), fresh_key()) is DoorAnswer.ADMITTED


def test_whoever_lets_somebody_in_stays(anna: Door, ben: Door) -> None:
    """Or two could swap swarms. Nor does it make others wait, or somebody who answers slowly could bar its door."""
    anna.start_join(ben.own_id)
    ben.admit(0.0, anna.own_id, fresh_key())
    assert anna.admit(0.0, named("clara"), fresh_key()) is DoorAnswer.ADMITTED
    own = anna.roster
    assert not goes(anna, ben)
    assert anna.roster is own


def goes(door: Door, other: Door, at: float = 0.0) -> bool:
    return door.joined(
        at, other.own_id, other.roster, fresh_key(), established=other.established, seconds_left=OPEN_SECONDS
    )


def test_the_first_that_lets_one_in_counts(anna: Door, ben: Door) -> None:
    clara = new_door("clara")
    for other in (anna, ben):
        clara.start_join(other.own_id)
        other.admit(0.0, clara.own_id, fresh_key())
    assert goes(clara, ben)
    assert not goes(clara, anna)
    assert clara.roster.key == ben.roster.key


def test_two_that_let_each_other_in_end_in_one_swarm(anna: Door, ben: Door) -> None:
    """At the same time: neither goes, and then one follows the other."""
    for one, other in ((anna, ben), (ben, anna)):
        one.start_join(other.own_id)
        assert one.admit(0.0, other.own_id, fresh_key()) is DoorAnswer.ADMITTED
    assert not goes(ben, anna)
    assert not hand(ben, anna), "hers comes first by its id"
    assert hand(anna, ben)
    assert hand(ben, anna) or anna.roster.key == ben.roster.key
    assert ben.roster.members == anna.roster.members == {anna.own_id, ben.own_id}
    for one, other in ((anna, ben), (ben, anna)):
        one.came(other.own_id)
    assert anna.awaited == ben.awaited == {}
    assert ben.admit(0.0, named("clara"), fresh_key()) is DoorAnswer.ADMITTED
    anna.expel(ben.own_id, (), fresh_key())
    assert ben.removal_received(without_key(anna.roster, case_against(anna.roster)), fresh_key())
    assert ben.awaited == {}, "whom it let in does not belong to it any more"


@pytest.mark.attack
def test_one_that_a_liar_claims_comes_in_by_its_own_host(anna: Door, ben: Door) -> None:
    """Mallory says that she had let Ben in, before he ever came."""
    mallory = new_door("mallory")
    let_in(anna, mallory)
    mallory.admit(0.0, ben.own_id, fresh_key())
    assert hand(mallory, anna)
    assert anna.has(ben.own_id)
    assert anna.is_newcomer(0.0, ben.own_id)
    assert anna.admit(0.0, ben.own_id, fresh_key(), joins=False) is DoorAnswer.ADMITTED, "only to catch up"
    assert anna.is_newcomer(0.0, ben.own_id)
    newcomers = anna.newcomers
    let_in(anna, ben)
    assert anna.newcomers == newcomers + 1
    assert ben.roster.hosts[ben.own_id] == {anna.own_id}
    assert hand(ben, anna)
    assert not anna.is_newcomer(0.0, ben.own_id)
    assert anna.expel(mallory.own_id, (), fresh_key())
    assert anna.has(ben.own_id), "he is none of those whom she let in"


@pytest.mark.attack
def test_nobody_takes_one_back_that_has_had_all_others_join_again(anna: Door, ben: Door) -> None:
    """Ben was off then, and let her in there once: his door is open, hers too, and she would be a member."""
    let_in(ben, anna)
    anna.expel_others(fresh_key())
    anna.begin_again(0.0, fresh_roster(anna.own_id))
    assert anna.is_open(0.0)
    assert not any(anna.wants(0.0, status) for status in (*OPEN_DOORS, ben.status(0.0)))
    anna.open(0.0)
    assert anna.wants(0.0, OPEN_DOORS[0]), "a click on one that is alone may take it elsewhere"
    anna.start_join(ben.own_id)
    assert not goes(anna, ben)
    assert anna.alone


@pytest.mark.attack
def test_nobody_goes_in_by_a_claim(anna: Door, ben: Door) -> None:
    """Anna's door is shut, and Mallory says that she had let Ben in."""
    mallory = new_door("mallory")
    let_in(anna, mallory)
    mallory.admit(0.0, ben.own_id, fresh_key())
    hand(mallory, anna)
    anna.shut()
    ben.start_join(anna.own_id)
    assert anna.admit(0.0, ben.own_id, fresh_key()) is DoorAnswer.ADMITTED
    assert not goes(ben, anna)
    assert ben.alone


@pytest.mark.attack
def test_fellows_that_a_liar_claims_are_taken_along_and_say_by_whom_they_came(anna: Door, ben: Door) -> None:
    clara, mallory = new_door("clara"), new_door("mallory")
    let_in(ben, clara)
    let_in(anna, mallory)
    mallory.admit(0.0, clara.own_id, fresh_key())
    hand(mallory, anna)
    anna.admit(0.0, ben.own_id, fresh_key())
    ben.start_join(anna.own_id)
    assert goes(ben, anna)
    assert hand(ben, clara)
    assert clara.roster.hosts[clara.own_id] == {ben.own_id}
    assert hand(clara, anna)
    assert anna.roster.hosts == {ben.own_id: {anna.own_id}, clara.own_id: {ben.own_id}, **mallory.roster.hosts}


def test_who_gave_up_asking_one_does_not_go_there(anna: Door, ben: Door) -> None:
    ben.start_join(anna.own_id)
    anna.admit(0.0, ben.own_id, fresh_key())
    ben.abort_join(anna.own_id)
    assert not goes(ben, anna)
    assert ben.alone


def test_who_shut_its_door_alone_stays_alone_until_a_click(anna: Door, ben: Door) -> None:
    ben.shut()
    assert not ben.wants(0.0, anna.status(0.0))
    ben.open(0.0)
    assert ben.wants(0.0, anna.status(0.0))


def test_the_removed_one_never_comes_in_again_but_as_another(anna: Door, ben: Door) -> None:
    let_in(anna, ben)
    old_key = anna.roster.key
    assert anna.expel(ben.own_id, (), fresh_key())
    assert anna.roster.key != old_key
    assert ben.removal_received(without_key(anna.roster, case_against(anna.roster)), fresh_key())
    assert ben.removed
    assert ben.status(0.0) is None
    ben.open(0.0)
    assert not ben.is_open(0.0), "it needs a new identity for that"
    assert not ben.wants(0.0, anna.status(0.0))
    anna.open(0.0)
    assert anna.admit(0.0, ben.own_id, fresh_key()) is DoorAnswer.REMOVED
    let_in(anna, new_door("ben again"))


def test_behind_a_shut_door_a_removed_one_is_told_so(anna: Door, ben: Door) -> None:
    let_in(anna, ben)
    anna.expel(ben.own_id, (), fresh_key())
    anna.shut()
    assert anna.admit(0.0, ben.own_id, fresh_key()) is DoorAnswer.REMOVED


def test_transcribe_has_its_door_shut_and_changes_nothing(anna: Door, ben: Door) -> None:
    anna.asleep = True
    assert not anna.is_open(0.0)
    assert anna.admit(0.0, ben.own_id, fresh_key()) is DoorAnswer.SHUT
    assert not anna.pass_time(2 * OPEN_SECONDS)
    assert not anna.wants(0.0, DoorStatus(swarm_id="a", provisional=False, open=True))
    anna.asleep = False
    assert anna.is_open(0.0)


def test_a_key_from_a_file_has_no_door(anna: Door, ben: Door) -> None:
    anna.fixed = True
    assert anna.status(0.0) is None
    assert anna.admit(0.0, ben.own_id, fresh_key()) is DoorAnswer.SHUT
    assert not hand(ben, anna)


def test_a_provisional_node_greets_the_provisional_one_that_is_to_come_to_it(anna: Door, ben: Door) -> None:
    assert anna.greets(0.0, ben.status(0.0))
    assert not ben.greets(0.0, anna.status(0.0)), "it goes there itself"
    assert not anna.greets(0.0, None)
    assert not anna.greets(0.0, DoorStatus(swarm_id="a", provisional=False, open=True)), "that swarm stays where it is"
    assert not anna.greets(0.0, anna.status(0.0)), "that is one of her own swarm"
    anna.asleep = True
    assert not anna.greets(0.0, ben.status(0.0))


def test_who_grew_while_its_answer_was_on_the_way_stays_where_it_is(anna: Door, ben: Door) -> None:
    let_in(ben, new_door("clara"))
    ben.start_join(anna.own_id)
    ben.shut()
    own = ben.roster
    anna.admit(0.0, ben.own_id, fresh_key())
    assert not goes(ben, anna)
    assert ben.roster is own


def test_whom_the_removed_one_let_in_stays_if_a_person_says_so(anna: Door, ben: Door) -> None:
    clara, dora = new_door("clara"), new_door("dora")
    let_in(anna, ben)
    for each in (clara, dora):
        let_in(ben, each)
        assert hand(ben, anna)
    assert anna.expel(ben.own_id, {clara.own_id}, fresh_key())
    assert anna.roster.members == {anna.own_id, clara.own_id}
    assert not anna.roster.bars(dora.own_id), "she may be let in again"


@pytest.mark.attack
def test_a_second_identity_of_the_removed_one_does_not_stay(anna: Door, ben: Door) -> None:
    """M3: it had let it in before, and somebody else knows it too."""
    let_in(anna, ben)
    second = new_door("second of ben")
    let_in(ben, second)
    hand(ben, anna)
    anna.admit(0.0, named("clara"), fresh_key())
    anna.came(second.own_id)
    key = anna.roster.key
    assert anna.expel(ben.own_id, (), fresh_key())
    assert not anna.has(second.own_id)
    assert anna.roster.key != key
    assert not hand(ben, anna)
    assert not hand(second, anna)
    assert not anna.shown(without_key(ben.roster, case_for(ben.roster, second.own_id)), second.own_id, fresh_key())


@pytest.mark.attack
def test_a_member_that_was_off_brings_nobody_back(anna: Door, ben: Door) -> None:
    """M4: it let the removed one in meanwhile, knows nothing of its removal, and has had many keys."""
    clara, mallory = new_door("clara"), new_door("mallory")
    for each in (ben, clara, mallory):
        let_in(anna, each)
    hand(anna, clara)
    anna.expel(mallory.own_id, (), fresh_key())
    for number in range(9):
        clara.admit(0.0, named(f"x{number}"), fresh_key())
        clara.expel(named(f"x{number}"), (), fresh_key())
    clara.open(0.0)
    clara.admit(0.0, mallory.own_id, fresh_key())
    assert hand(clara, anna)
    assert not anna.has(mallory.own_id)
    assert hand(anna, clara)
    assert hand(clara, anna) or anna.roster.key == clara.roster.key
    assert anna.roster.key == clara.roster.key != mallory.roster.key
    assert clara.roster.members == anna.roster.members == {anna.own_id, ben.own_id, clara.own_id}


@pytest.mark.attack
def test_one_that_never_came_leaves_nobody_behind(anna: Door) -> None:
    """No person looks when it is removed: whom it let in, or says that it let in, goes too, unless that one came."""
    absent, seen, unseen = NamedIdentity("absent"), named("seen"), named("unseen")
    anna.admit(0.0, absent.node_id, fresh_key())
    for each in (seen, unseen):
        anna.roster = with_said(anna.roster, absent, admission(absent.node_id, each), fresh_key())
    anna.came(seen)
    assert anna.remove_absent(AWAITED_SECONDS, fresh_key()) == [absent.node_id]
    assert anna.roster.members == {anna.own_id, seen}


@pytest.mark.attack
def test_one_that_was_let_in_and_never_came_is_removed_after_a_day(anna: Door, ben: Door) -> None:
    """S13: it is a member from the start, so it is shown and can be removed before; then nobody lets it in again."""
    let_in(anna, ben)
    absent, soon_gone = named("absent"), named("soon gone")
    for each in (absent, soon_gone):
        assert anna.admit(0.0, each, fresh_key()) is DoorAnswer.ADMITTED
        assert anna.has(each)
    assert anna.expel(soon_gone, (), fresh_key())
    anna.pass_time(OPEN_SECONDS)
    assert anna.admit(700.0, soon_gone, fresh_key()) is DoorAnswer.REMOVED
    key = anna.roster.key
    assert anna.remove_absent(AWAITED_SECONDS - 1.0, fresh_key()) == []
    assert anna.remove_absent(1.0, fresh_key()) == [absent]
    assert anna.roster.bars(absent)
    assert anna.roster.key != key, "it was sent that one"
    assert anna.admit(700.0, absent, fresh_key()) is DoorAnswer.REMOVED
    assert anna.has(ben.own_id)
    assert anna.remove_absent(9 * AWAITED_SECONDS, fresh_key()) == []


def test_a_removal_shuts_the_door_of_who_hears_of_it_later(anna: Door, ben: Door) -> None:
    clara = named("clara")
    let_in(anna, ben)
    for door in (anna, ben):
        door.roster = with_said(door.roster, anna.author, admission(anna.own_id, clara), fresh_key())
    anna.expel(clara, (), fresh_key())
    assert ben.is_open(0.0)
    assert hand(anna, ben)
    assert not ben.is_open(0.0)
    assert ben.admit(0.0, clara, fresh_key()) is DoorAnswer.REMOVED
    ben.open(0.0)
    assert not hand(anna, ben)
    assert ben.is_open(0.0), "that was known when it was opened"


def test_a_member_that_missed_a_new_key_is_given_it_behind_a_shut_door(anna: Door, ben: Door) -> None:
    let_in(anna, ben)
    anna.shut()
    assert anna.admit(0.0, ben.own_id, fresh_key()) is DoorAnswer.ADMITTED


def test_a_removed_one_learns_of_it_from_the_roster_of_any_member(anna: Door, ben: Door) -> None:
    let_in(anna, ben)
    anna.expel(ben.own_id, (), fresh_key())
    assert hand(anna, ben)
    assert ben.removed
    assert not ben.is_open(0.0)
    assert not hand(anna, ben), "it has nothing to do with them any more"
    assert ben.admit(0.0, named("clara"), fresh_key()) is DoorAnswer.SHUT


def test_rosters_of_others_swarms_are_passed_over(anna: Door, ben: Door) -> None:
    assert not hand(ben, anna)
    anna.pass_time(OPEN_SECONDS)
    assert ben.admit(0.0, anna.own_id, fresh_key()) is DoorAnswer.ADMITTED
    assert not hand(ben, anna), "nobody moves an established node, nor does one that is not a fellow"


def test_a_provisional_node_goes_into_an_established_swarm_whose_door_is_open(anna: Door) -> None:
    assert anna.wants(0.0, DoorStatus(swarm_id="zzzz", provisional=False, open=True))
    assert not anna.wants(0.0, DoorStatus(swarm_id="0000", provisional=True, open=False)), "that one comes here"


def test_who_follows_its_swarm_into_an_established_one_shuts_its_door(anna: Door, ben: Door) -> None:
    let_in(anna, ben)
    clara = new_door("clara")
    clara.admit(0.0, anna.own_id, fresh_key())
    anna.start_join(clara.own_id)
    assert anna.joined(0.0, clara.own_id, clara.roster, fresh_key(), established=True, seconds_left=0.0)
    assert ben.is_open(0.0)
    assert hand(anna, ben)
    assert ben.roster.swarm_id == clara.roster.swarm_id
    assert not ben.is_open(0.0)
    assert ben.established
