"""Who waits for a place at the gate: bounded, and by chance alone."""

from __future__ import annotations

import asyncio
import random
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from swarmstt.swarm.network.waiting_room import WaitingRoom

HOST, OTHER = "10.0.0.1", "10.0.0.2"


class Callers:
    """Makes connections; each has a name."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self.own: dict[str, socket.socket] = {}
        self._names: dict[socket.socket, str] = {}

    def come(self, name: str, *, speaks: bool = True) -> socket.socket:
        """Returns the end that the gate accepts."""
        own, accepted = socket.socketpair()
        accepted.setblocking(False)
        for each in (own, accepted):
            self._stack.callback(each.close)
        if speaks:
            own.send(b"\x16")
        self.own[name], self._names[accepted] = own, name
        return accepted

    def name_of(self, found: tuple[str, socket.socket] | None) -> str | None:
        return None if found is None else self._names[found[1]]

    def hung_up_on(self) -> set[str]:
        return {name for accepted, name in self._names.items() if accepted.fileno() == -1}


@pytest.fixture
def callers() -> Iterator[Callers]:
    with ExitStack() as stack:
        yield Callers(stack)


def room(*, most: int = 8, most_an_address: int = 4, seed: int = 1) -> WaitingRoom:
    return WaitingRoom(most=most, most_an_address=most_an_address, seconds=60.0, chance=random.Random(seed))


def has_room(host: str) -> bool:
    return True


async def test_so_many_wait_and_no_more(callers: Callers) -> None:
    waiting = room()
    for number in range(20):
        waiting.add(HOST, callers.come(f"h{number}"))
        waiting.add(OTHER, callers.come(f"o{number}"))
    assert len(callers.hung_up_on()) == 40 - 8
    for _ in range(8):
        assert waiting.take(has_room) is not None
    assert waiting.take(has_room) is None
    assert not waiting.waits_at(HOST)


async def test_at_many_addresses_the_one_where_most_wait_gives_way(callers: Callers) -> None:
    waiting = room()
    for number in range(4):
        waiting.add(HOST, callers.come(f"flood{number}"))
    for number in range(8):
        waiting.add(f"10.0.1.{number}", callers.come(f"one{number}"))
    gone = callers.hung_up_on()
    assert sum(each.startswith("flood") for each in gone) >= 3
    waiting.close()
    assert len(callers.hung_up_on()) == 12


async def test_a_newcomer_has_the_chance_of_any_stranger_at_its_address(callers: Callers) -> None:
    """Ten come for each place that becomes free, and one of the ten is the newcomer: it is not the last for ever, nor
    the first."""
    taken: Counter[str] = Counter()
    waiting, places = room(seed=7), random.Random(8)
    for turn in range(500):
        names = [f"flood-{turn}-{number}" for number in range(9)]
        names.insert(places.randrange(10), f"newcomer-{turn}")
        for name in names:
            waiting.add(HOST, callers.come(name))
        taken[str(callers.name_of(waiting.take(has_room))).partition("-")[0]] += 1
    waiting.close()
    assert 25 <= taken["newcomer"] <= 110
    assert taken.total() == 500


async def test_addresses_take_turns_by_chance_too(callers: Callers) -> None:
    taken: Counter[str] = Counter()
    for seed in range(100):
        waiting = room(seed=seed)
        for number in range(4):
            waiting.add(HOST, callers.come(f"flood-{seed}-{number}"))
        waiting.add(OTHER, callers.come(f"newcomer-{seed}"))
        taken[str(callers.name_of(waiting.take(has_room))).partition("-")[0]] += 1
        waiting.close()
    assert 30 <= taken["newcomer"] <= 70


async def test_only_where_there_is_room(callers: Callers) -> None:
    waiting = room()
    waiting.add(HOST, callers.come("host"))
    waiting.add(OTHER, callers.come("other"))
    assert callers.name_of(waiting.take(lambda host: host == OTHER)) == "other"
    assert waiting.take(lambda host: host == OTHER) is None
    waiting.close()


async def test_who_says_something_comes_before_who_is_silent_and_who_has_gone_is_passed_over(callers: Callers) -> None:
    waiting = room()
    waiting.add(HOST, callers.come("silent", speaks=False))
    for name in ("gone", "speaking"):
        waiting.add(HOST, callers.come(name, speaks=name == "speaking"))
    callers.own["gone"].close()
    assert callers.name_of(waiting.take(has_room)) == "speaking"
    assert callers.hung_up_on() == {"gone"}
    assert callers.name_of(waiting.take(has_room)) == "silent"
    assert waiting.take(has_room) is None
    assert not waiting.waits_at(HOST)


async def test_who_is_silent_gives_way_before_who_speaks(callers: Callers) -> None:
    waiting = room(most_an_address=4)
    waiting.add(HOST, callers.come("speaking"))
    for number in range(50):
        waiting.add(HOST, callers.come(f"silent{number}", speaks=False))
    assert callers.name_of(waiting.take(has_room)) == "speaking"
    waiting.close()


async def test_nobody_waits_for_ever(callers: Callers) -> None:
    waiting = WaitingRoom(most=8, most_an_address=4, seconds=0.0)
    connection = callers.come("late")
    waiting.add(HOST, connection)
    while waiting.waits_at(HOST):
        await asyncio.sleep(0)
    assert callers.hung_up_on() == {"late"}
