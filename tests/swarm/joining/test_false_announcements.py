"""However many PCs are announced that are none, those that are come together: on real connections."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from swarmstt.core.membership.addresses import Address
from swarmstt.core.membership.door_status import DoorStatus
from swarmstt.ids import NodeId
from swarmstt.node.membership.seeking import MOST_AT_A_HOST, MOST_AT_ONCE
from swarmstt.node.membership.strangers import MOST_STRANGERS
from swarmstt.tasks import TaskSet
from tests.support.waiting import eventually
from tests.swarm.test_joining import House, served

pytestmark = pytest.mark.attack

PATIENCE_SECONDS = 20.0
"""Four false ones after one another would take longer, if each were waited for."""
LIARS_HOST = "127.0.0.1" if sys.platform == "darwin" else "127.0.0.66"
"""macOS has no second address on loopback unless told."""
LOW = DoorStatus(swarm_id="0" * 64 + "-0", provisional=False, open=True)
"""As good as any for who wants to be asked first."""


@pytest.fixture
def anna(tmp_path: Path) -> House:
    return House(tmp_path, "anna")


@pytest.fixture
def ben(tmp_path: Path) -> House:
    return House(tmp_path, "ben")


@asynccontextmanager
async def looking(house: House) -> AsyncIterator[None]:
    tasks = TaskSet()
    house.membership.start(tasks)
    try:
        yield
    finally:
        await tasks.close()


class Liars:
    """They answer as `behave` does. `open_now`: connections; `most`: the largest number of them at a time."""

    def __init__(self, behave: Callable[[asyncio.StreamReader, asyncio.StreamWriter], object]) -> None:
        self._behave = behave
        self.open_now = self.most = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open_now += 1
        self.most = max(self.most, self.open_now)
        with suppress(OSError, asyncio.CancelledError):
            outcome = self._behave(reader, writer)
            if asyncio.iscoroutine(outcome):
                await outcome
        self.open_now -= 1
        writer.transport.abort()


async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await reader.read(1000):
        pass


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """The beginning of a TLS record that is to be long."""
    for each in b"\x16\x03\x03\x40\x00" + bytes(100):
        writer.write(bytes([each]))
        await asyncio.sleep(0.5)


def drop(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    pass


@asynccontextmanager
async def lying(liars: Liars) -> AsyncIterator[Address]:
    server = await asyncio.start_server(liars.serve, LIARS_HOST, 0)
    try:
        yield Address(*server.sockets[0].getsockname()[:2])
    finally:
        server.close()


def announce_liars(house: House, count: int, *addresses: Address, first: int = 0) -> None:
    for number in range(first, first + count):
        house.membership.stranger_seen(NodeId(f"{number:064x}"), addresses, LOW, announced=True)


def announce(house: House, other: House) -> None:
    """With its open door."""
    status = other.membership.keeper.door_status()
    assert status is not None
    house.membership.stranger_seen(other.node_id, (other.address,), status, announced=True)


def is_in(house: House, other: House) -> Callable[[], bool]:
    return lambda: house.member.swarm_key == other.member.swarm_key


@pytest.mark.parametrize("count", [8, 80])
@pytest.mark.parametrize("behave", [say_nothing, drip, drop])
@pytest.mark.parametrize("when", ["before", "after", "around"])
async def test_false_ones_do_not_keep_a_pc_from_joining(
    anna: House,
    ben: House,
    count: int,
    behave: Callable[[asyncio.StreamReader, asyncio.StreamWriter], object],
    when: str,
) -> None:
    await ben.membership.open_door()
    ben.membership.door.established = True
    liars = Liars(behave)
    async with served(ben), lying(liars) as address, looking(anna):
        if when != "after":
            announce_liars(anna, count, address)
        announce(anna, ben)
        if when != "before":
            announce_liars(anna, count, address, first=count)
        await eventually(is_in(anna, ben), "anna is in", PATIENCE_SECONDS)
    assert behave is drip or liars.most <= MOST_AT_A_HOST, "one that drips does not see that it was left"


@pytest.mark.parametrize("when", ["before", "after"])
async def test_others_at_its_own_address_do_not_keep_a_pc_from_joining(anna: House, ben: House, when: str) -> None:
    await ben.membership.open_door()
    ben.membership.door.established = True
    async with served(ben), looking(anna):
        if when == "before":
            announce_liars(anna, 80, ben.address)
        announce(anna, ben)
        if when == "after":
            announce_liars(anna, 80, ben.address)
        await eventually(is_in(anna, ben), "anna is in", PATIENCE_SECONDS)


async def test_so_many_are_asked_at_once_and_no_more(anna: House, ben: House) -> None:
    """At hosts of their own, of which the network of this PC has none."""
    await ben.membership.open_door()
    ben.membership.door.established = True
    async with served(ben), looking(anna):
        for number in range(80):
            announce_liars(anna, 1, Address(f"192.0.2.{number}", 9), first=number)
        await eventually(lambda: anna.membership.door.going_to, "it asks")
        assert len(anna.membership.door.going_to) <= MOST_AT_ONCE
        announce(anna, ben)
        await eventually(is_in(anna, ben), "anna is in", PATIENCE_SECONDS)


async def test_who_is_asking_false_ones_lets_others_in(anna: House, ben: House) -> None:
    """Else whoever answers slowly bars her door: the other is the one that comes."""
    liars = Liars(say_nothing)
    async with served(anna), lying(liars) as address, looking(anna):
        announce_liars(anna, 8, address)
        await eventually(lambda: liars.open_now, "it asks them")
        await ben.ask(anna)
        assert is_in(ben, anna)()


def test_so_many_are_remembered_and_no_more(anna: House) -> None:
    for number in range(3 * MOST_STRANGERS):
        announce_liars(anna, 1, Address(f"10.{number % 200}.0.1", 1), first=number)
    assert len(list(anna.membership._strangers.near())) <= MOST_STRANGERS
