"""Doors of nodes on a network that loses things: machines for Hypothesis."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from swarmstt.core.membership.cases import case_for, without_key
from swarmstt.core.membership.door import OPEN_SECONDS, Door
from swarmstt.core.membership.door_status import DoorAnswer
from swarmstt.core.membership.roster import Roster, begin
from swarmstt.ids import NodeId
from tests.swarm.membership.identities import NamedIdentity

NAMES = "abcd"
NODES = st.sampled_from(range(len(NAMES)))

_numbers = itertools.count(1)


def fresh_key() -> bytes:
    return next(_numbers).to_bytes(32, "big")


def fresh_roster(own_id: NodeId) -> Roster:
    number = next(_numbers)
    return begin(own_id, fresh_key(), f"{number:08x}")


def new_door(name: str, at: float = 0.0) -> Door:
    author = NamedIdentity(name)
    door = Door(author=author, roster=fresh_roster(author.node_id))
    door.open(at)
    return door


@dataclass
class Errand:
    """A node asks another for its roster. `answer`: what is on its way back."""

    asker: int
    asked: int
    wanted: bool
    answer: tuple[DoorAnswer, Roster, Roster | None, bool, float] | None = None


class World(RuleBasedStateMachine):
    """Nodes on a network that loses things. What is said is said by the rules of node/membership/membership.py."""

    def __init__(self) -> None:
        super().__init__()
        self.at = 0.0
        self.doors: dict[int, Door] = {}
        self.on: set[int] = set()
        self.cuts: set[frozenset[int]] = set()
        self.errands: list[Errand] = []
        self.renewals = itertools.count(1)

    @rule(i=NODES)
    def start(self, i: int) -> None:
        if i not in self.doors:
            self.doors[i] = new_door(NAMES[i], self.at)
        self.on.add(i)

    @rule(i=NODES)
    def stop(self, i: int) -> None:
        """All that it does ends; its roster and its door's time are kept."""
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
        if not self.met(i, j):
            return
        door, other = self.doors[i], self.doors[j]
        has_key = door.roster.key == other.roster.key
        if has_key and door.has(other.own_id):
            return
        wanted = not has_key and door.wants(self.at, other.status(self.at))
        if door.removed or not (wanted or has_key or door.has(other.own_id)) or door.has_removed(other.own_id):
            return
        if wanted:
            door.start_join(other.own_id)
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
                door.abort_join(other.own_id)
        elif errand.answer is None:
            case = without_key(door.roster, case_for(door.roster, door.own_id))
            other.shown(case, door.own_id, fresh_key())
            was_member, barred = other.has(door.own_id), other.has_removed(door.own_id)
            if not (errand.wanted or was_member or barred) and other.is_open(self.at):
                verdict = DoorAnswer.BUSY  # nobody comes in by a request that only shows how it was let in elsewhere
            else:
                verdict = other.admit(self.at, door.own_id, fresh_key(), joins=errand.wanted)
            assert verdict is not DoorAnswer.ADMITTED or not barred, "who was removed never comes in again"
            removals = None if verdict is DoorAnswer.ADMITTED else other.case_against(door.own_id)
            errand.answer = verdict, other.roster, removals, other.established, other.seconds_left(self.at)
            self.errands.append(errand)
        else:
            self.arrive(door, other.own_id, errand, *errand.answer)

    def arrive(
        self,
        door: Door,
        other_id: NodeId,
        errand: Errand,
        verdict: DoorAnswer,
        roster: Roster,
        removals: Roster | None,
        established: bool,
        left: float,
    ) -> None:
        fellow, before = door.has(other_id), (door.established, door.roster.swarm_id)
        same_swarm = roster.swarm_id == door.roster.swarm_id
        if verdict is not DoorAnswer.ADMITTED:
            if fellow and removals is not None:
                door.removal_received(removals, fresh_key())
        elif fellow or same_swarm:
            door.roster_received(roster, other_id, fresh_key(), established=established)
        if errand.wanted and not same_swarm and verdict is DoorAnswer.ADMITTED:
            door.joined(self.at, other_id, roster, fresh_key(), established=established, seconds_left=left)
        assert not before[0] or door.roster.swarm_id == before[1], "an established swarm went into another"
        if errand.wanted:
            door.abort_join(other_id)

    @rule(i=NODES, j=NODES)
    def link(self, i: int, j: int) -> None:
        """Both prove the key to each other, and hand on their rosters."""
        if not self.met(i, j):
            return
        one, other = self.doors[i], self.doors[j]
        if not (one.has(other.own_id) and other.has(one.own_id)) or one.roster.key != other.roster.key:
            return
        one.came(other.own_id)
        other.came(one.own_id)
        self.hand(one, other)
        self.hand(other, one)

    def hand(self, giver: Door, taker: Door) -> None:
        taker.roster_received(giver.roster, giver.own_id, fresh_key(), established=giver.established)

    @rule(seconds=st.sampled_from([0.5, 30.0]))
    def wait(self, seconds: float) -> None:
        self.pass_seconds(seconds)

    def pass_seconds(self, seconds: float) -> None:
        self.at += seconds
        for door in self.doors.values():
            door.pass_time(self.at)

    @invariant()
    def all_makes_sense(self) -> None:
        for door in self.doors.values():
            assert door.roster.is_usable
            assert door.removed or door.own_id in door.roster.members
            assert door.removed or door.roster.has_fitting_key
            assert not door.removed or not door.is_open(self.at)

    def settle(self) -> None:
        """The network is well and everybody is on, until nothing changes any more."""
        self.on, self.cuts = set(self.doors), set()
        while self.errands:
            self.step(self.errands.pop(), lost=True)
        for _ in range(40):
            before = [(door.roster, door.established, door.removed) for door in self.doors.values()]
            for i, j in itertools.permutations(self.doors, 2):
                self.hear(i, j)
                while self.errands:
                    self.step(self.errands.pop())
                self.link(i, j)
            if before == [(door.roster, door.established, door.removed) for door in self.doors.values()]:
                return
        raise AssertionError("it never comes to rest")

    def swarms(self) -> list[list[Door]]:
        found: dict[bytes, list[Door]] = {}
        for door in self.doors.values():
            found.setdefault(door.roster.key if not door.removed else fresh_key(), []).append(door)
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
        if i != j and {i, j} <= self.doors.keys() and i in self.on and self.doors[i].has(self.doors[j].own_id):
            door, node_id = self.doors[i], self.doors[j].own_id
            assert door.expel(node_id, door.met, fresh_key())
            assert not door.has(node_id)

    @rule(i=NODES)
    def have_all_join_again(self, i: int) -> None:
        if i in self.on and not self.doors[i].removed:
            self.doors[i].expel_others(fresh_key())
            self.doors[i].begin_again(self.at, fresh_roster(self.doors[i].own_id))

    def check(self) -> None:
        for one, other in itertools.permutations(self.doors.values(), 2):
            left = [each for each in one.left_behind if each.swarm_id == other.roster.swarm_id]
            assert one.removed or other.removed or not left, "it has not heard that all are to join again"
        self.click_all()
        if len(self.swarms()) == 1:
            return
        # Established ones stay apart, until people have some of them join again.
        for swarm in self.swarms():
            assert any(door.established for door in swarm), swarm
        for swarm in self.swarms()[1:]:
            for door in swarm:
                door.begin_again(self.at, fresh_roster(door.own_id))
        self.click_all()
        assert len(self.swarms()) == 1, self.swarms()

    def click_all(self) -> None:
        for i in self.doors:
            self.click_at_rest(i)
        self.settle()

    def click_at_rest(self, i: int) -> None:
        """A node that was removed begins again as a new one."""
        if self.doors[i].removed:
            most_newcomers = self.doors[i].most_newcomers
            self.doors[i] = new_door(f"{NAMES[i]}{next(self.renewals)}", self.at)
            self.doors[i].most_newcomers = most_newcomers
        else:
            self.doors[i].open(self.at)


class NarrowWorld(AnyWorld):
    """The same with doors that let in one after each click."""

    @rule(i=NODES)
    def start(self, i: int) -> None:
        super().start(i)
        self.doors[i].most_newcomers = 1

    def click_all(self) -> None:
        for _ in NAMES:
            super().click_all()
