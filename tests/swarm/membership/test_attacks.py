"""Rows of an attack on membership, with real identities, signatures and handshakes: what once broke does not."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from swarmstt.core.membership.door_status import DoorAnswer
from swarmstt.core.membership.roster import Roster
from swarmstt.core.membership.statements import Author, Statement, accepted, admission, removal, signed
from swarmstt.errors import ConflictError, PeerError
from swarmstt.ids import NodeId
from swarmstt.node.membership.outcomes import Outcomes
from swarmstt.node.membership.stored_door import new_key
from swarmstt.swarm.links.messages import Dismissed, Handed
from swarmstt.swarm.network.dialling import StrangerError
from swarmstt.swarm.trust.identity import Identity, load_identity
from swarmstt.swarm.trust.statements import checked
from swarmstt.tasks import TaskSet
from tests.support.waiting import eventually
from tests.swarm.test_joining import House, served

pytestmark = pytest.mark.attack


@pytest.fixture
def anna(tmp_path: Path) -> House:
    return House(tmp_path, "anna")


@pytest.fixture
def ben(tmp_path: Path) -> House:
    return House(tmp_path, "ben")


@pytest.fixture
def clara(tmp_path: Path) -> House:
    return House(tmp_path, "clara")


@pytest.fixture
def mallory(tmp_path: Path) -> House:
    return House(tmp_path, "mallory")


@asynccontextmanager
async def running(*houses: House) -> AsyncIterator[None]:
    """They act on what they are sent."""
    tasks = TaskSet()
    for house in houses:
        house.membership.start(tasks)
    yield
    await tasks.close()


async def all_join(host: House, *guests: House) -> None:
    await host.membership.open_door()
    for guest in guests:
        assert (await guest.ask(host)).decision.verdict is DoorAnswer.ADMITTED
        await guest.link(host)
    for guest in guests:
        hand(host, guest)


def roster_of(house: House) -> Roster:
    return house.membership.door.roster


def hand(giver: House, taker: House) -> None:
    theirs = checked(roster_of(giver), roster_of(taker))
    taker.membership.door.roster_received(theirs, giver.node_id, new_key(), established=True)


def lying(house: House, author: Author, said: Sequence[Statement]) -> Roster:
    """Returns the house's roster with more that this identity says."""
    own = roster_of(house)
    statements = tuple(signed(author, own.swarm_id, each) for each in said)
    certificates = {**own.certificates, author.node_id: author.certificate}
    return replace(own, statements=(*own.statements, *statements), certificates=certificates)


async def test_m3_a_second_identity_that_proved_the_key_goes_with_the_removed_one(
    anna: House, ben: House, mallory: House, clara: House
) -> None:
    """Ben's own PC knows the second one from its links; it does not stay for that."""
    second = clara
    async with served(anna, ben, mallory):
        await all_join(anna, ben, mallory)
        await all_join(mallory, second)
        hand(mallory, anna)
        await second.link(anna)
        await anna.membership.remove_peer(mallory.node_id, [])
        with pytest.raises(StrangerError):
            await second.link(anna)
        asked = await second.ask(anna)
        assert asked.decision.roster is None
        assert asked.decision.case is not None
        assert second.membership.door.removal_received(checked(asked.decision.case, roster_of(second)), new_key())
        stolen = replace(second.member, swarm_key=anna.member.swarm_key)
        second.membership.door.roster = replace(roster_of(second), key=stolen.swarm_key)
        with pytest.raises(StrangerError):
            await second.link(anna)
        hand(anna, ben)
        await ben.link(anna)


async def test_m3_a_person_says_who_stays(anna: House, ben: House, mallory: House) -> None:
    async with served(anna, mallory):
        await all_join(anna, mallory)
        await all_join(mallory, ben)
        hand(mallory, anna)
        assert anna.membership.word_on(mallory.node_id) == {"let_in": [ben.node_id], "met": True}
        assert anna.membership.word_on(ben.node_id) == {"let_in": [], "met": False}
        await anna.membership.remove_peer(mallory.node_id, [ben.node_id])
        assert anna.membership.has(ben.node_id)
        asked = await ben.ask(anna)
        assert asked.decision.roster is not None
        hand(anna, ben)
        await ben.link(anna)


async def test_m4_a_member_that_was_off_does_not_bring_the_removed_one_back(
    anna: House, ben: House, mallory: House
) -> None:
    async with served(anna, ben):
        await all_join(anna, ben, mallory)
        await anna.membership.remove_peer(mallory.node_id)
        # Ben has not heard of it: he removes others, many times, and has her come in again by his open door.
        await ben.membership.open_door()
        for _ in range(5):
            made = NodeId(secrets.token_hex(32))
            ben.membership.door.admit(time.monotonic(), made, new_key())
            await ben.membership.remove_peer(made)
            await ben.membership.open_door()
        await mallory.link(ben) if mallory.member.swarm_key == ben.member.swarm_key else await mallory.ask(ben)
        for giver, taker in ((ben, anna), (anna, ben), (ben, anna)):
            hand(giver, taker)
        assert not anna.membership.has(mallory.node_id)
        assert not ben.membership.has(mallory.node_id)
        assert anna.member.swarm_key == ben.member.swarm_key != mallory.member.swarm_key
        await ben.link(anna)
        for door_is_open in (False, True):
            if door_is_open:
                await anna.membership.open_door()
            assert (await mallory.ask(anna)).decision.verdict is DoorAnswer.REMOVED


async def test_m5_m6_a_flood_blocks_no_removal_and_displaces_no_member(
    anna: House, ben: House, mallory: House, tmp_path: Path
) -> None:
    """She lets in as many identities as she can make, which let in and remove many more; all that is genuine."""
    made = await asyncio.to_thread(_identities, tmp_path, 40)
    said = [admission(mallory.node_id, each.node_id) for each in made]
    invented = [f"{number:064x}" for number in range(1, 60)]
    async with served(anna, ben, mallory), running(anna):
        await all_join(anna, ben, mallory)
        flood = lying(mallory, mallory.member.identity, said)
        for each in made:
            more = [admission(each.node_id, NodeId(one)) for one in invented[:40]]
            more += [removal(each.node_id, NodeId(one)) for one in invented]
            statements = tuple(signed(each, flood.swarm_id, one) for one in more)
            certificates = {**flood.certificates, each.node_id: each.certificate}
            flood = replace(flood, statements=(*flood.statements, *statements), certificates=certificates)
        before = roster_of(anna)
        for begin in range(0, len(flood.statements), 1000):
            first = flood.statements[: len(said) + 2]
            part = replace(flood, statements=(*first, *flood.statements[begin : begin + 1000]))
            anna.membership.news_received(mallory.node_id, Handed(roster=part, established=True))
            await eventually(lambda: roster_of(anna) is not before, "the flood has come in")
        assert anna.membership.has(ben.node_id)
        kept = roster_of(anna)
        assert len(kept.statements) < 2000
        await anna.membership.remove_peer(mallory.node_id, [])
        assert roster_of(anna).members == {anna.node_id, ben.node_id}
        await asyncio.to_thread(hand, anna, ben)
        assert not ben.membership.has(mallory.node_id)
        await ben.link(anna)
    anna.restart()
    assert roster_of(anna).members == {anna.node_id, ben.node_id}


def _identities(root: Path, count: int) -> list[Identity]:
    folders = [root / f"made {number}" for number in range(count)]
    for each in folders:
        each.mkdir()
    return [load_identity(each) for each in folders]


async def test_s11_s12_m7_no_roster_ends_a_node_or_is_kept_that_cannot_be_one(anna: House, mallory: House) -> None:
    async with served(anna), running(anna):
        await all_join(anna, mallory)
        good = roster_of(mallory)
        await anna.membership.shut_door()
        before = roster_of(anna)
        bad = [
            replace(good, swarm_id=f"{anna.node_id}-" + "a" * 400),
            replace(good, swarm_id="s" * 400),
            replace(good, key=b"k" * 31),
            replace(good, covers="c" * 4000),
            replace(good, roots=frozenset()),
            replace(good, roots=frozenset({NodeId("x")})),
            replace(good, certificates={mallory.node_id: b"c" * 100_000}),
            replace(good, certificates={NodeId("x"): b""}),
            replace(good, statements=good.statements * 5000),
            replace(good, acceptances=good.acceptances * 5000),
            lying(mallory, mallory.member.identity, [admission(mallory.node_id, NodeId("x"))]),
            lying(mallory, mallory.member.identity, [removal(anna.node_id, mallory.node_id)]),
            lying(mallory, mallory.member.identity, [removal(mallory.node_id, NodeId("b" * 400))]),
        ]
        for each in bad:
            anna.membership.news_received(mallory.node_id, Handed(roster=each, established=True))
            anna.membership.news_received(mallory.node_id, Dismissed(case=each))
            anna.membership.stranger_seen(mallory.node_id, (), None)
        said = admission(mallory.node_id, NodeId("b" * 64))
        fine = lying(mallory, mallory.member.identity, [said])
        anna.membership.news_received(mallory.node_id, Handed(roster=fine, established=True))
        await eventually(lambda: said in roster_of(anna).said, "what comes after them is heard")
        assert roster_of(anna).said == {*before.said, said}
        await anna.membership.shut_door()
    anna.restart()
    assert roster_of(anna).said == {*before.said, said}


async def test_s13_one_that_never_linked_is_shown_and_can_be_removed(anna: House, mallory: House) -> None:
    await anna.membership.open_door()
    async with served(anna):
        assert (await mallory.ask(anna)).decision.verdict is DoorAnswer.ADMITTED
        assert anna.membership.word_on(mallory.node_id) == {"let_in": [], "met": False}
        await anna.membership.remove_peer(mallory.node_id)
        assert (await mallory.ask(anna)).decision.verdict is DoorAnswer.REMOVED
        await anna.membership.open_door()
        assert (await mallory.ask(anna)).decision.verdict is DoorAnswer.REMOVED
        with pytest.raises(ConflictError):
            await anna.membership.remove_peer(mallory.node_id)


async def test_one_that_another_let_in_shows_that_where_nobody_has_heard_of_it(
    anna: House, ben: House, clara: House
) -> None:
    """Anna is off when Ben lets Clara in; Clara meets Anna while Ben is off."""
    async with served(anna, ben):
        await all_join(anna, ben)
        await all_join(ben, clara)
    async with served(anna):
        with pytest.raises(StrangerError):
            await clara.link(anna)
        asked = await clara.ask(anna, shows=True)
        assert asked.decision.verdict is DoorAnswer.ADMITTED
        assert anna.membership.has(clara.node_id)
        await clara.link(anna)


async def test_all_others_join_again(anna: House, ben: House, mallory: House) -> None:
    async with served(anna):
        await all_join(anna, ben, mallory)
        old_key = anna.member.swarm_key
        await anna.membership.begin_again()
        assert anna.member.swarm_key != old_key
        assert roster_of(anna).members == {anna.node_id}
        assert anna.membership.door_view()["open"]
        for each in (ben, mallory):
            case = anna.membership.door.case_against(each.node_id)
            with pytest.raises(StrangerError):
                await each.link(anna)
            assert case is not None
            assert each.membership.door.removal_received(checked(case, roster_of(each)), new_key())
            await each.membership.open_door()
            assert each.membership.renewed.is_set()
        ben.restart()
        assert (await ben.ask(anna)).decision.verdict is DoorAnswer.ADMITTED
        hand(anna, ben)
        await anna.membership.remove_peer(ben.node_id)
        case = anna.membership.door.case_against(ben.node_id)
        assert case is not None
        assert case.swarm_id == roster_of(anna).swarm_id, "who is removed later is told of the new swarm"


async def test_one_that_is_removed_after_others_is_not_told_that_all_are_to_join_again(
    anna: House, ben: House, clara: House
) -> None:
    async with served(anna):
        await all_join(anna, ben, clara)
    await anna.membership.remove_peer(clara.node_id)
    hand(anna, ben)
    await anna.membership.remove_peer(ben.node_id)
    case = anna.membership.door.case_against(ben.node_id)
    assert case is not None
    assert ben.membership.door.removal_received(checked(case, roster_of(ben)), new_key())
    assert "was removed from its swarm by another PC" in str(ben.membership.door_view()["advice"])


@pytest.mark.parametrize("founder_chooses", [True, False])
async def test_members_that_were_off_hear_that_all_others_are_to_join_again(
    anna: House, ben: House, clara: House, mallory: House, founder_chooses: bool
) -> None:
    """Also after restarts, and more than once; a stranger hears nothing of it."""
    async with served(anna):
        await all_join(anna, ben, clara)
    hand(anna, ben)
    chosen_by, others = (anna, [ben, clara]) if founder_chooses else (ben, [anna, clara])
    for _ in range(2):
        await chosen_by.membership.begin_again()
    await chosen_by.membership.shut_door()
    chosen_by.restart()
    async with served(chosen_by):
        asked = await others[0].ask(chosen_by)
        assert asked.decision.roster is None
        door = others[0].membership.door
        outcomes = Outcomes(door, others[0].strangers, time.monotonic, changed=lambda: None, convinced=lambda: None)
        await outcomes.act_on(asked, wanted=False)
        assert door.removed
        assert "somebody chose to have all others join again" in str(others[0].membership.door_view()["advice"])
        await others[0].membership._save_now()
        others[0].restart()
        assert "somebody chose to have all others join again" in str(others[0].membership.door_view()["advice"])
        assert (await mallory.ask(chosen_by)).decision.case is None
        async with served(others[0]):
            asked = await clara.ask(others[0])
    assert asked.decision.case is not None, "one that has heard of it tells others"
    assert clara.membership.door.removal_received(checked(asked.decision.case, roster_of(clara)), new_key())


async def test_strangers_use_up_what_one_can_let_in_for_no_longer_than_a_click(anna: House, ben: House) -> None:
    """They come in at one opening of the door after the other, and never again."""
    door = anna.membership.door
    for number in range(64):
        door.open(time.monotonic())
        assert door.admit(time.monotonic(), NodeId(f"{number:064x}"), new_key()) is DoorAnswer.ADMITTED
    door.open(time.monotonic())
    assert door.admit(time.monotonic(), ben.node_id, new_key()) is DoorAnswer.SHUT
    assert "let in as many PCs as one can" in (anna.membership.door_view()["advice"] or "")
    await anna.membership.open_door()
    assert anna.membership.door_view()["advice"] is None
    async with served(anna):
        assert (await ben.ask(anna)).decision.verdict is DoorAnswer.ADMITTED


async def test_who_removes_the_one_that_let_it_in_stays(anna: House, ben: House, clara: House) -> None:
    async with served(anna):
        await all_join(anna, ben, clara)
    await ben.membership.remove_peer(anna.node_id, [clara.node_id])
    assert roster_of(ben).members == {ben.node_id, clara.node_id}
    hand(ben, clara)
    assert roster_of(clara).members == {ben.node_id, clara.node_id}
    assert roster_of(ben).key == roster_of(clara).key


async def test_who_is_let_in_accepts_that_and_nobody_does_so_for_it(anna: House, ben: House, mallory: House) -> None:
    async with served(anna):
        await all_join(anna, ben, mallory)
    false = accepted(mallory.member.identity, roster_of(anna).swarm_id, mallory.node_id)
    forged = [replace(false, subject=ben.node_id), replace(false, author=NodeId("x")), replace(false, signature=b"")]
    said = lying(mallory, mallory.member.identity, [admission(mallory.node_id, ben.node_id)])
    lies = checked(replace(said, acceptances=(*said.acceptances, *forged)), roster_of(anna))
    assert anna.membership.door.roster_received(lies, mallory.node_id, new_key(), established=True)
    hand(ben, anna)
    assert roster_of(anna).hosts == {each.node_id: {anna.node_id} for each in (ben, mallory)}
    anna.restart()
    assert roster_of(anna).hosts.keys() <= {ben.node_id, mallory.node_id}


async def test_a_member_makes_no_other_one_a_root(anna: House, ben: House, mallory: House) -> None:
    """What it lets in with false roots would hold the liar's helpers for members for ever."""
    async with served(anna):
        await all_join(anna, mallory)
    await mallory.membership.open_door()
    false = replace(roster_of(mallory), roots=roster_of(mallory).roots | {NodeId("e" * 64)})
    assert not false.is_usable
    mallory.membership.door.roster = false
    async with served(mallory):
        with pytest.raises(PeerError, match="wrong form"):
            await ben.ask(mallory)
    assert roster_of(ben).members == {ben.node_id}


async def test_who_joins_keeps_no_more_than_the_bounds(anna: House, ben: House) -> None:
    door = ben.membership.door
    flood = [admission(anna.node_id, NodeId(f"{number:064x}")) for number in range(4000)]
    await ben.membership.open_door()
    door.start_join(anna.node_id)
    theirs = lying(anna, anna.member.identity, [admission(anna.node_id, ben.node_id), *flood])
    theirs.certificates[NodeId("f" * 64)] = bytes(2000)
    assert door.joined(time.monotonic(), anna.node_id, theirs, new_key(), established=True, seconds_left=0.0)
    assert len(door.roster.statements) == 64
    assert door.roster.certificates.keys() == {anna.node_id, ben.node_id}
