"""Connections of guests and strangers: how many may stay, for how long, and who gives way."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientConnectionError, ClientSession

from swarmstt.web.api.arrivals import Arrivals
from swarmstt.web.app import build_app, serve
from swarmstt.web.guests.admissions import Admissions
from swarmstt.web.guests.app import build_guest_app
from swarmstt.web.guests.listeners import Outside
from swarmstt.web.incoming.places import Places, settling
from tests.support.waiting import eventually
from tests.unit.web.fake_invitations import TOKEN, FakeInvitations
from tests.unit.web.fake_node import FakeNode

NEXT = f"/join/{TOKEN}/tasks/next?worker_id=w"
ASKING = f"GET {NEXT} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


class Away:
    """An Outside that listens on a free port of loopback, which counts as any other address there."""

    def __init__(self, invitations: FakeInvitations, arrivals: Arrivals, places: Places) -> None:
        self.arrivals = arrivals
        self.places = places
        admissions = Admissions(invitations, places=places)
        self.outside = Outside(lambda: build_guest_app(admissions, settling(arrivals)), arrivals)
        self.url = ""

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    async def open(self) -> None:
        bound = socket.socket()
        bound.bind(("0.0.0.0", 0))
        self.url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        await self.outside.open("127.0.0.1", bound)

    async def status(self) -> int:
        async with ClientSession() as session, session.get(self.url + NEXT) as answer:
            return answer.status


@pytest.fixture
def limits() -> dict[str, Any]:
    """Those of Arrivals that a test sets otherwise."""
    return {}


@pytest.fixture
def places() -> Places:
    return Places()


@pytest.fixture
async def away(tmp_path: Path, limits: dict[str, Any], places: Places) -> AsyncIterator[Away]:
    opened = Away(FakeInvitations(tmp_path), Arrivals(**limits), places)
    await opened.open()
    yield opened
    await opened.outside.close_all()


class Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def asks(self) -> bytes:
        """The status line of a guest's answer; b"" if there is none."""
        try:
            self.writer.write(ASKING)
            line = await self.reader.readline()
            await self.reader.readuntil(b"}")
        except (ConnectionError, asyncio.IncompleteReadError):
            return b""
        return line

    async def rest(self) -> bytes:
        """What comes until the other side closes, however it does."""
        heard = b""
        try:
            while more := await self.reader.read(65536):
                heard += more
        except ConnectionError:
            pass
        return heard


@asynccontextmanager
async def connections(port: int, *hosts: str) -> AsyncIterator[list[Connection]]:
    """One from each of these addresses of loopback."""
    async with AsyncExitStack() as stack:
        opened = []
        for host in hosts:
            made = Connection(*await asyncio.open_connection("127.0.0.1", port, local_addr=(host, 0)))
            stack.callback(made.writer.transport.abort)
            opened.append(made)
        yield opened


async def test_listening_outside_ends_and_begins_again(away: Away) -> None:
    for _ in range(2):
        assert await away.status() == 200
        assert away.outside.addresses == {"127.0.0.1"}
        await away.outside.close("127.0.0.1")
        assert away.outside.addresses == frozenset()
        with pytest.raises(ClientConnectionError):
            await away.status()
        await away.open()


@pytest.mark.parametrize("limits", [{"seconds": 0.05}])
async def test_strangers_do_not_stay(away: Away) -> None:
    async with connections(away.port, *2 * ["127.0.0.1"]) as (silent, half):
        half.writer.write(b"GET /")
        assert [await silent.rest(), await half.rest()] == [b"", b""]
        assert len(away.arrivals) == 0


async def test_a_stranger_is_answered_once(away: Away) -> None:
    async with connections(away.port, "127.0.0.1") as (stranger,):
        stranger.writer.write(2 * b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await stranger.rest()).count(b"HTTP/1.1 404 ") == 1


@pytest.mark.parametrize("limits", [{"most": 1000, "most_of_an_address": 3}])
async def test_idle_connections_of_one_address_keep_nobody_out(away: Away) -> None:
    async with connections(away.port, *4 * ["127.0.0.66"], "127.0.0.1", "127.0.0.66") as (first, *_, other, guest):
        assert await first.rest() == b""
        assert b" 200 " in await other.asks()
        assert b" 200 " in await guest.asks()
        assert len(away.arrivals) <= 3


@pytest.mark.parametrize("limits", [{"most": 5, "most_of_an_address": 4}])
async def test_in_a_crowd_the_oldest_of_whoever_has_most_gives_way(away: Away) -> None:
    crowd = ["127.0.0.65", "127.0.0.66", "127.0.0.66", "127.0.0.65", "127.0.0.66", "127.0.0.64"]
    async with connections(away.port, *crowd) as (_, oldest, *_rest):
        assert await oldest.rest() == b""
        assert len(away.arrivals) == 5


async def test_a_guest_is_not_counted_among_strangers(away: Away) -> None:
    async with connections(away.port, *2 * ["127.0.0.1"]) as (guest, stranger):
        assert b" 200 " in await guest.asks()
        assert (len(away.arrivals), len(away.places)) == (1, 1)
        stranger.writer.transport.abort()
        await eventually(lambda: stranger.writer.transport.is_closing())


@pytest.mark.parametrize("places", [Places(idle_seconds=0.05)])
async def test_an_idle_guest_gives_its_place_back(away: Away) -> None:
    async with connections(away.port, "127.0.0.1") as (guest,):
        assert b" 200 " in await guest.asks()
        await guest.rest()
        assert len(away.places) == 0
    assert await away.status() == 200


@pytest.mark.parametrize("places", [Places(idle_seconds=0.05)])
async def test_a_guest_that_fetches_slowly_is_not_idle(away: Away, tmp_path: Path) -> None:
    """It reads nothing until another, that came after it, has been idle for too long."""
    size = 40 * 2**20  # more than systems keep for a connection
    await asyncio.to_thread((tmp_path / "b-00000.flac").write_bytes, bytes(size))
    async with connections(away.port, *2 * ["127.0.0.1"]) as (slow, idle):
        slow.writer.write(f"GET /join/{TOKEN}/chunks/b-00000.flac HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert b" 200 " in await slow.reader.readline()
        assert b" 200 " in await idle.asks()
        await idle.rest()
        await slow.reader.readuntil(b"\r\n\r\n")
        assert len(await slow.reader.readexactly(size)) == size


@pytest.mark.parametrize("places", [Places(most=2)])
async def test_if_all_places_are_taken_an_idle_guest_gives_way(away: Away) -> None:
    async with connections(away.port, *3 * ["127.0.0.1"]) as (first, *later):
        for each in (first, *later):
            assert b" 200 " in await each.asks()
        await first.rest()
        assert len(away.places) == 2


@pytest.mark.parametrize("places", [Places(most_of_an_invitation=1), Places(most_of_an_address=1)])
async def test_guests_of_one_invitation_and_of_one_address_are_bounded(away: Away) -> None:
    async with connections(away.port, *2 * ["127.0.0.66"]) as (first, second):
        assert b" 200 " in await first.asks()
        bounded = away.places._most_of_an_invitation == 1
        assert (b" 429 " if bounded else b" 200 ") in await second.asks(), "tunnels are at loopback addresses"


async def test_who_says_nothing_on_loopback_keeps_nobody_from_the_page(node: FakeNode) -> None:
    async with serve(build_app(node.ports), 0) as port, connections(port, *600 * ["127.0.0.1"]) as crowd:
        async with ClientSession() as session, session.get(f"http://127.0.0.1:{port}/status") as answer:
            assert answer.status == 200
        assert sum(each.reader.at_eof() or each.reader.exception() is not None for each in crowd) >= 300
