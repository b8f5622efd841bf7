"""Guests on the swarm port: they take no places from members, and get nothing that members get."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import pytest

from swarmstt.core.membership.addresses import Address
from swarmstt.node.guests.over_tls import guests_app
from swarmstt.swarm.network.dialling import dial
from swarmstt.swarm.network.gate import GateLimits
from swarmstt.swarm.network.server import Caller, serve_swarm
from swarmstt.swarm.network.websocket import WebSocket
from swarmstt.swarm.trust.handshake import ADMISSION_PATH, CHALLENGE_PATH, JOIN_PATH, LINK_PATH, Member
from swarmstt.web.guests.admissions import Admissions
from swarmstt.web.incoming.places import Places
from tests.support.waiting import eventually
from tests.swarm.listening import on_loopback
from tests.unit.swarm.members import member
from tests.unit.web.fake_invitations import TOKEN, FakeInvitations

ROW = f"/join/{TOKEN}/tasks/next?worker_id=w"
STRANGERS = GateLimits(
    stranger_seconds=60.0, crowded_seconds=60.0, most_strangers=6, most_strangers_an_address=3, most_waiting=0
)


class Port:
    """The swarm port of a node that has given an invitation."""

    def __init__(self, folder: Path, places: Places) -> None:
        self.member: Member = member(folder, "anna")
        self.invitations = FakeInvitations(folder)
        self.invitations.rows.is_plain = False
        self.places = places
        self.admissions = Admissions(self.invitations, places=places, requests_per_second=1000.0)
        self.address = Address("127.0.0.1", 0)

    @asynccontextmanager
    async def open(self, limits: GateLimits = STRANGERS) -> AsyncIterator[None]:
        sockets, self.address = on_loopback()
        guests = guests_app(self.admissions)
        async with serve_swarm(lambda: self.member, no_link, sockets, guests=guests, limits=limits):
            yield

    @asynccontextmanager
    async def connections(self, count: int = 1) -> AsyncIterator[list[Connection]]:
        async with AsyncExitStack() as stack:
            opened = []
            for _ in range(count):
                made = Connection(*await asyncio.open_connection(self.address.host, self.address.port, ssl=anybody()))
                stack.callback(made.writer.transport.abort)
                assert await made.status("GET", ROW) == 200
                opened.append(made)
            yield opened


class Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def status(self, method: str, path: str) -> int:
        """Of a request; 0 if the connection is over."""
        try:
            self.writer.write(f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".encode())
            head = await self.reader.readuntil(b"\r\n\r\n")
            length = next(
                int(line.split(b":")[1]) for line in head.splitlines() if line.lower().startswith(b"content-length")
            )
            await self.reader.readexactly(length)
        except (ConnectionError, asyncio.IncompleteReadError):
            return 0
        return int(head.split()[1])


def anybody() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def no_link(caller: Caller, websocket: WebSocket) -> None:
    """Opens and ends."""


@pytest.fixture
def places() -> Places:
    return Places()


@pytest.fixture
def anna(tmp_path: Path, places: Places) -> Port:
    return Port(tmp_path, places)


@pytest.fixture
def ben(tmp_path: Path) -> Member:
    return member(tmp_path, "ben", port=4711)


async def test_guests_take_no_places_from_members(anna: Port, ben: Member) -> None:
    """Twenty from the address from which three strangers may come; a member still finds room, and so do more guests."""
    async with anna.open(), anna.connections(20) as guests:
        assert len(anna.places) == 20
        async with dial(ben, [anna.address], anna.member.identity.node_id):
            pass
        assert [await each.status("GET", ROW) for each in guests] == [200] * 20


@pytest.mark.parametrize("places", [Places(most_of_an_invitation=2)])
async def test_guests_are_bounded(anna: Port) -> None:
    async with anna.open(), anna.connections(2):
        reader, writer = await asyncio.open_connection(anna.address.host, anna.address.port, ssl=anybody())
        one_more = Connection(reader, writer)
        assert [await one_more.status("GET", ROW) for _ in range(2)] == [429, 0]
        writer.transport.abort()
        assert len(anna.places) == 2


@pytest.mark.parametrize("places", [Places(idle_seconds=0.05)])
async def test_an_idle_guest_is_forgotten(anna: Port) -> None:
    async with anna.open(), anna.connections() as (guest,):
        assert await guest.reader.read() == b""
        await eventually(lambda: len(anna.places) == 0)
        async with anna.connections():
            pass


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("GET", CHALLENGE_PATH), ("POST", ADMISSION_PATH), ("POST", JOIN_PATH), ("GET", LINK_PATH)),
        *(("GET", "/models"), ("GET", "/status"), ("GET", "/join"), ("GET", f"/join/{TOKEN}/../../challenge")),
    ],
)
async def test_a_guest_gets_nothing_else(anna: Port, method: str, path: str) -> None:
    async with anna.open(), anna.connections() as (guest,):
        assert [await guest.status(method, path), await guest.status("GET", ROW)] == [404, 0]


async def test_who_has_no_token_stays_a_stranger(anna: Port) -> None:
    async with anna.open():
        reader, writer = await asyncio.open_connection(anna.address.host, anna.address.port, ssl=anybody())
        stranger = Connection(reader, writer)
        assert [
            await stranger.status("GET", "/join/none/tasks/next?worker_id=w"),
            await stranger.status("GET", ROW),
        ] == [
            404,
            0,
        ]
        writer.transport.abort()
        assert len(anna.places) == 0


async def test_a_plain_invitation_does_not_count_over_tls(anna: Port) -> None:
    async with anna.open(), anna.connections() as (guest,):
        anna.invitations.rows.is_plain = True
        assert await guest.status("GET", ROW) == 403


async def test_revoking_ends_the_connections_of_its_guests(anna: Port) -> None:
    async with anna.open(), anna.connections(2) as guests:
        anna.admissions.revoked("1")
        assert [await each.status("GET", ROW) for each in guests] == [0, 0]
        assert len(anna.places) == 0


async def test_strangers_of_many_addresses_keep_no_guest_out_that_was_here(anna: Port) -> None:
    """They take all places of strangers; one more of them finds none, and the guest does."""

    async def come(host: str) -> asyncio.StreamReader:
        try:
            reader, writer = await asyncio.open_connection(anna.address.host, anna.address.port, local_addr=(host, 0))
        except OSError:
            pytest.skip("this system has one loopback address only")
        stack.push_async_callback(hang_up, writer)
        return reader

    async with anna.open(), AsyncExitStack() as stack:
        async with anna.connections():
            pass
        for host in ("127.0.0.2", "127.0.0.3"):
            for _ in range(STRANGERS.most_strangers_an_address):
                await come(host)
        assert await (await come("127.0.0.4")).read() == b""
        async with anna.connections():
            pass


async def hang_up(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()
    with suppress(ConnectionError):
        await writer.wait_closed()
