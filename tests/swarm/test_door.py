"""New nodes end in one swarm, whatever the order and timing; grown swarms stay apart; who is removed is out."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from dataclasses import replace as changed

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from swarmstt.core.door import MOST_NEWCOMERS, OPEN_SECONDS, Door, DoorAnswer, Sign
from swarmstt.core.ring import Ring, Standing, begin, merged, with_member, without_member
from swarmstt.ids import NodeId

NAMES = "abcd"
NODES = st.sampled_from(range(len(NAMES)))

_numbers = itertools.count(1)


def fresh_key() -> bytes:
    return next(_numbers).to_bytes(32, "big")


def fresh_ring(own_id: NodeId) -> Ring:
    number = next(_numbers)
    return begin(own_id, fresh_key(), f"{number:08x}")


def new_door(name: str, at: float = 0.0) -> Door:
    door = Door(own_id=NodeId(name), ring=fresh_ring(NodeId(name)))
    door.open(at, door.ring)
    return door


@dataclass
class Errand:
    """A node asks another for its ring. `answer`: what is on its way back."""

    asker: int
    asked: int
    wanted: bool
    answer: tuple[DoorAnswer, Ring, bool, float] | None = None


class World(RuleBasedStateMachine):
    """Nodes on a network that loses things. What is said is said by the same rules as in node/membership.py."""

    def __init__(self) -> None:
        super().__init__()
        self.at = 0.0
        self.doors: dict[int, Door] = {}
        self.on: set[int] = set()
        self.cuts: set[frozenset[int]] = set()
        self.errands: list[Errand] = []
        self.moments = itertools.count(1)
        self.removals: dict[int, dict[NodeId, int]] = {}
        """When each node came to know of the removals that count for it now."""
        self.opened: dict[int, int] = {}
        """When a person opened its door last, or it came in through one that was open."""

    @rule(i=NODES)
    def start(self, i: int) -> None:
        if i not in self.doors:
            self.doors[i] = new_door(NAMES[i], self.at)
        self.on.add(i)

    @rule(i=NODES)
    def stop(self, i: int) -> None:
        """All that it does ends; its ring and its door's time are kept."""
        self.on.discard(i)
        for errand in [each for each in self.errands if i in (each.asker, each.asked)]:
            self.errands.remove(errand)
            self.step(errand, lost=True)

    @rule(i=NODES, j=NODES)
    def cut(self, i: int, j: int) -> None:
        self.cuts ^= {frozenset((i, j))}

    def met(self, i: int, j: int) -> bool:
        return i != j and {i, j} <= self.on and frozenset((i, j)) not in self.cuts

    @rule(i=NODES, j=NODES)
    def hear(self, i: int, j: int) -> None:
        """One sees another's entry, and sets out."""
        if not self.met(i, j) or self.doors[i].ring.key == self.doors[j].ring.key:
            return
        door, other = self.doors[i], self.doors[j]
        wanted = door.wants(self.at, other.sign(self.at))
        if door.removed or not (wanted or other.own_id in door.ring.members):
            return
        if wanted:
            door.set_out(other.own_id)
        self.errands.append(Errand(asker=i, asked=j, wanted=wanted))

    @rule(lost=st.booleans(), data=st.data())
    def go_on(self, lost: bool, data: st.DataObject) -> None:
        """An errand gets on by one step, or is lost."""
        if self.errands:
            errand = data.draw(st.sampled_from(range(len(self.errands))))
            self.step(self.errands.pop(errand), lost=lost)

    def step(self, errand: Errand, *, lost: bool = False) -> None:
        door, other = self.doors[errand.asker], self.doors[errand.asked]
        if lost or not self.met(errand.asker, errand.asked):
            if errand.wanted:
                door.turned_back()
        elif errand.answer is None:
            self.note_removals()
            removed_at = self.removals[errand.asked].get(door.own_id, 0)
            verdict = other.admit(self.at, door.own_id)
            if verdict is DoorAnswer.ADMITTED:
                assert self.opened.get(errand.asked, 0) >= removed_at, "the door was opened before the removal"
            errand.answer = verdict, other.ring, other.grown, other.seconds_left(self.at)
            self.errands.append(errand)
        else:
            self.arrive(door, other.own_id, errand, *errand.answer)

    def arrive(
        self, door: Door, other_id: NodeId, errand: Errand, verdict: DoorAnswer, ring: Ring, grown: bool, left: float
    ) -> None:
        fellow, before = other_id in door.ring.members, (door.grown, door.ring.swarm_id)
        if verdict is DoorAnswer.REMOVED and fellow:
            door.dismissed(ring.roll[door.own_id])
        caught_up = verdict is DoorAnswer.ADMITTED and fellow and door.heard(ring, fresh_key(), grown=grown)
        if errand.wanted and not caught_up and verdict is DoorAnswer.ADMITTED:
            door.joined(self.at, ring, grown=grown, seconds_left=left)
            self.note_opened(errand.asker)
            assert not before[0] or door.ring.swarm_id == before[1], "a grown swarm went into another"
        if errand.wanted:
            door.turned_back()

    @rule(i=NODES, j=NODES)
    def link(self, i: int, j: int) -> None:
        """Both prove the key to each other, and hand on their rings."""
        if not self.met(i, j):
            return
        one, other = self.doors[i], self.doors[j]
        if one.removed or other.removed or one.ring.key != other.ring.key:
            return
        if one.ring.bars(other.own_id) or other.ring.bars(one.own_id):
            return
        one.proven(other.own_id)
        other.proven(one.own_id)
        one.heard(other.ring, fresh_key(), grown=other.grown)
        other.heard(one.ring, fresh_key(), grown=one.grown)

    def note_removals(self) -> None:
        now = next(self.moments)
        for i, door in self.doors.items():
            known = self.removals.get(i, {})
            self.removals[i] = {each: known.get(each, now) for each in door.ring.roll if door.ring.bars(each)}

    def note_opened(self, i: int) -> None:
        self.note_removals()
        self.opened[i] = next(self.moments)

    @rule(seconds=st.sampled_from([0.5, 30.0]))
    def wait(self, seconds: float) -> None:
        self.pass_seconds(seconds)

    def pass_seconds(self, seconds: float) -> None:
        self.at += seconds
        for door in self.doors.values():
            door.pass_time(self.at)

    @invariant()
    def all_makes_sense(self) -> None:
        self.note_removals()
        for door in self.doors.values():
            assert door.ring.is_usable
            assert door.removed or door.own_id in door.ring.members
            assert not door.removed or not door.is_open(self.at)

    def settle(self) -> None:
        """The network is well and everybody is on, until nothing changes any more."""
        self.on, self.cuts = set(self.doors), set()
        while self.errands:
            self.step(self.errands.pop(), lost=True)
        for _ in range(40):
            before = [(door.ring, door.grown, door.removed) for door in self.doors.values()]
            for i, j in itertools.permutations(self.doors, 2):
                self.hear(i, j)
                while self.errands:
                    self.step(self.errands.pop())
                self.link(i, j)
            if before == [(door.ring, door.grown, door.removed) for door in self.doors.values()]:
                return
        raise AssertionError("it never comes to rest")

    def swarms(self) -> list[list[Door]]:
        found: dict[bytes, list[Door]] = {}
        for door in self.doors.values():
            found.setdefault(door.ring.key if not door.removed else fresh_key(), []).append(door)
        return list(found.values())

    def teardown(self) -> None:
        self.settle()
        if len(self.doors) > 1:
            self.check()

    def check(self) -> None:
        """Within the first ten minutes of all, and with no click."""
        if self.at < OPEN_SECONDS:
            swarms = self.swarms()
            assert len(swarms) == 1, swarms


class AnyWorld(World):
    """The same with long times, clicks and removals."""

    @rule(seconds=st.sampled_from([300.0, 700.0]))
    def wait_long(self, seconds: float) -> None:
        self.pass_seconds(seconds)

    @rule(i=NODES)
    def click(self, i: int) -> None:
        if i in self.on:
            self.click_at_rest(i)

    @rule(i=NODES)
    def shut(self, i: int) -> None:
        if i in self.on:
            self.doors[i].shut()

    @rule(i=NODES, j=NODES)
    def remove(self, i: int, j: int) -> None:
        if i != j and i in self.on and not self.doors[i].removed:
            self.expel(self.doors[i], NodeId(NAMES[j]))

    def expel(self, door: Door, node_id: NodeId) -> None:
        if node_id in door.ring.members:
            door.expel(node_id, fresh_key())
            assert node_id not in door.ring.members

    def check(self) -> None:
        self.click_all()
        if len(self.swarms()) == 1:
            return
        # Grown ones stay apart, until their own people take them apart.
        for swarm in self.swarms():
            assert any(door.grown for door in swarm), swarm
        rest = self.swarms()[1:]
        for door in itertools.chain.from_iterable(rest):
            for other in sorted(door.ring.members - {door.own_id}):
                self.expel(door, other)
        self.click_all()
        assert len(self.swarms()) == 1, self.swarms()

    def click_all(self) -> None:
        for i in self.doors:
            self.click_at_rest(i)
        self.settle()

    def click_at_rest(self, i: int) -> None:
        self.doors[i].open(self.at, fresh_ring(self.doors[i].own_id))
        self.note_opened(i)


class NarrowWorld(AnyWorld):
    """The same with doors that let in one after each click."""

    @rule(i=NODES)
    def start(self, i: int) -> None:
        super().start(i)
        self.doors[i].most_newcomers = 1

    def click_all(self) -> None:
        for _ in NAMES:
            super().click_all()


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


def let_in(host: Door, joiner: Door, at: float = 0.0) -> None:
    assert host.admit(at, joiner.own_id) is DoorAnswer.ADMITTED
    joiner.set_out(host.own_id)
    joiner.joined(at, host.ring, grown=host.grown, seconds_left=host.seconds_left(at))
    host.proven(joiner.own_id)
    joiner.proven(host.own_id)


def test_of_two_new_ones_the_larger_goes_to_the_other(anna: Door, ben: Door) -> None:
    assert ben.wants(0.0, anna.sign(0.0))
    assert not anna.wants(0.0, ben.sign(0.0))


def test_one_whose_door_has_shut_goes_to_the_open_one(anna: Door, ben: Door) -> None:
    anna.pass_time(OPEN_SECONDS)
    ben.open(OPEN_SECONDS, ben.ring)
    assert anna.wants(OPEN_SECONDS, ben.sign(OPEN_SECONDS))
    assert not ben.wants(OPEN_SECONDS, anna.sign(OPEN_SECONDS))


def test_the_door_is_open_for_ten_minutes_and_then_the_swarm_is_grown(anna: Door, ben: Door) -> None:
    let_in(anna, ben, 100.0)
    assert ben.seconds_left(100.0) == anna.seconds_left(100.0) == OPEN_SECONDS - 100.0
    assert not anna.pass_time(OPEN_SECONDS - 1.0)
    assert anna.pass_time(OPEN_SECONDS)
    assert anna.grown
    assert anna.sign(OPEN_SECONDS) is None
    assert anna.admit(OPEN_SECONDS, NodeId("clara")) is DoorAnswer.SHUT


def test_a_door_that_many_came_through_shuts_until_a_click(anna: Door) -> None:
    for number in range(MOST_NEWCOMERS):
        assert anna.is_open(1.0)
        for _ in range(3):  # who asks again is no other
            assert anna.admit(1.0, NodeId(f"new-{number}")) is DoorAnswer.ADMITTED
    assert not anna.is_open(1.0)
    assert anna.is_full(1.0)
    assert anna.admit(1.0, NodeId("one-more")) is DoorAnswer.SHUT
    assert anna.admit(1.0, NodeId("new-3")) is DoorAnswer.ADMITTED, "it lost the answer"
    assert not anna.is_full(OPEN_SECONDS), "by then it had shut anyway"
    anna.open(2.0, anna.ring)
    assert not anna.is_full(2.0)
    assert anna.admit(2.0, NodeId("one-more")) is DoorAnswer.ADMITTED


def test_who_lost_the_answer_may_ask_again(anna: Door) -> None:
    assert anna.admit(0.0, NodeId("ben")) is DoorAnswer.ADMITTED
    anna.shut()
    assert anna.alone, "it never came"
    assert anna.admit(0.0, NodeId("ben")) is DoorAnswer.ADMITTED


def test_nobody_comes_in_where_one_is_about_to_leave(anna: Door, ben: Door) -> None:
    anna.set_out(ben.own_id)
    assert anna.admit(0.0, NodeId("clara")) is DoorAnswer.BUSY


def test_who_shut_its_door_alone_stays_alone_until_a_click(anna: Door, ben: Door) -> None:
    ben.shut()
    assert not ben.wants(0.0, anna.sign(0.0))
    ben.open(0.0, ben.ring)
    assert ben.wants(0.0, anna.sign(0.0))


def test_the_removed_one_waits_for_a_click(anna: Door, ben: Door) -> None:
    let_in(anna, ben)
    old_key = anna.ring.key
    anna.expel(ben.own_id, fresh_key())
    assert anna.ring.key != old_key
    assert ben.dismissed(anna.ring.roll[ben.own_id])
    assert ben.sign(0.0) is None
    assert not ben.wants(0.0, anna.sign(0.0))
    ben.open(0.0, fresh_ring(ben.own_id))
    assert not anna.wants(0.0, ben.sign(0.0)), "a click there alone does not draw her in"
    anna.open(0.0, anna.ring)
    assert anna.wants(0.0, ben.sign(0.0)) is not ben.wants(0.0, anna.sign(0.0))
    let_in(anna, ben)
    assert not ben.dismissed(Standing(stamp=2, removed=True)), "that is an old story"


def test_behind_a_shut_door_a_removed_one_is_told_so(anna: Door, ben: Door) -> None:
    let_in(anna, ben)
    anna.expel(ben.own_id, fresh_key())
    anna.shut()
    assert anna.admit(0.0, ben.own_id) is DoorAnswer.REMOVED


def test_transcribe_has_its_door_shut_and_changes_nothing(anna: Door, ben: Door) -> None:
    anna.asleep = True
    assert not anna.is_open(0.0)
    assert anna.admit(0.0, ben.own_id) is DoorAnswer.SHUT
    assert not anna.pass_time(2 * OPEN_SECONDS)
    assert not anna.wants(0.0, Sign(swarm_id="a", young=False, open=True))
    anna.asleep = False
    assert anna.is_open(0.0)


def test_a_key_from_a_file_has_no_door(anna: Door, ben: Door) -> None:
    anna.fixed = True
    assert anna.sign(0.0) is None
    assert anna.admit(0.0, ben.own_id) is DoorAnswer.SHUT
    assert not anna.heard(ben.ring, fresh_key(), grown=True)


def test_a_young_one_greets_the_young_one_that_is_to_come_to_it(anna: Door, ben: Door) -> None:
    assert anna.greets(0.0, ben.sign(0.0))
    assert not ben.greets(0.0, anna.sign(0.0)), "it goes there itself"
    assert not anna.greets(0.0, None)
    assert not anna.greets(0.0, Sign(swarm_id="a", young=False, open=True)), "that swarm stays where it is"
    assert not anna.greets(0.0, anna.sign(0.0)), "that is one of her own swarm"
    anna.asleep = True
    assert not anna.greets(0.0, ben.sign(0.0))


def test_who_grew_while_its_answer_was_on_the_way_stays_where_it_is(anna: Door, ben: Door) -> None:
    let_in(ben, new_door("clara"))
    ben.set_out(anna.own_id)
    ben.shut()
    own = ben.ring
    ben.joined(0.0, anna.ring, grown=False, seconds_left=OPEN_SECONDS)
    assert ben.ring is own
    assert ben.going_to is None


def test_behind_an_open_door_a_removed_one_comes_in_again(anna: Door, ben: Door) -> None:
    let_in(anna, ben)
    anna.expel(ben.own_id, fresh_key())
    anna.open(0.0, anna.ring)
    assert anna.ring.bars(ben.own_id)
    assert anna.admit(0.0, ben.own_id) is DoorAnswer.ADMITTED
    assert not anna.ring.bars(ben.own_id)


def test_a_removal_shuts_the_door_of_who_hears_of_it_later(anna: Door, ben: Door) -> None:
    clara = NodeId("clara")
    let_in(anna, ben)
    for door in (anna, ben):
        door.proven(clara)
    anna.expel(clara, fresh_key())
    assert ben.is_open(0.0)
    assert ben.heard(anna.ring, fresh_key(), grown=True)
    assert not ben.is_open(0.0)
    assert ben.admit(0.0, clara) is DoorAnswer.REMOVED
    ben.open(0.0, ben.ring)
    assert not ben.heard(anna.ring, fresh_key(), grown=True)
    assert ben.is_open(0.0), "that was known when it was opened"


def test_a_member_that_missed_a_new_key_is_given_it_behind_a_shut_door(anna: Door, ben: Door) -> None:
    let_in(anna, ben)
    anna.shut()
    assert anna.admit(0.0, ben.own_id) is DoorAnswer.ADMITTED


def test_a_removed_one_learns_of_it_from_the_ring_of_any_member(anna: Door, ben: Door) -> None:
    let_in(anna, ben)
    anna.expel(ben.own_id, fresh_key())
    assert ben.heard(anna.ring, fresh_key(), grown=True)
    assert ben.removed
    assert not ben.is_open(0.0)
    assert not ben.heard(anna.ring, fresh_key(), grown=True), "it has nothing to do with them any more"
    assert ben.admit(0.0, NodeId("clara")) is DoorAnswer.SHUT


def test_two_removals_at_once_make_one_new_key() -> None:
    ring = fresh_ring(NodeId("anna"))
    for name in ("ben", "clara", "dora"):
        ring = with_member(ring, NodeId(name))
    one, other = (without_member(ring, NodeId(name), fresh_key()) for name in ("clara", "dora"))
    both = merged(one, other, fresh_key())
    assert both.epoch == one.epoch + 1
    assert both.key not in (one.key, other.key)
    assert both.members == {"anna", "ben"}
    assert merged(other, both, fresh_key()) == both
    assert merged(both, one, fresh_key()) is both


def test_rings_of_others_swarms_are_passed_over() -> None:
    ring = fresh_ring(NodeId("anna"))
    assert merged(ring, changed(fresh_ring(NodeId("ben")), epoch=99), fresh_key()) is ring


def test_a_young_one_goes_into_a_grown_swarm_whose_door_is_open(anna: Door) -> None:
    assert anna.wants(0.0, Sign(swarm_id="zzzz", young=False, open=True))
    assert not anna.wants(0.0, Sign(swarm_id="0000", young=True, open=False)), "that one comes here"


def test_who_follows_its_swarm_into_a_grown_one_shuts_its_door(anna: Door, ben: Door) -> None:
    let_in(anna, ben)
    clara = new_door("clara")
    anna.joined(0.0, with_member(clara.ring, anna.own_id), grown=True, seconds_left=0.0)
    assert ben.is_open(0.0)
    assert ben.heard(anna.ring, fresh_key(), grown=True)
    assert ben.ring.swarm_id == clara.ring.swarm_id
    assert not ben.is_open(0.0)
    assert ben.grown
