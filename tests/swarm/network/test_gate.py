"""What strangers get at the gate: little room, little time, and a place by chance if they are many."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from dataclasses import replace

import pytest

from swarmstt.swarm.network.dialling import UnreachableError, dial
from swarmstt.swarm.network.gate import GateLimits
from swarmstt.swarm.trust.handshake import CHALLENGE_PATH, Member
from tests.support.waiting import settled
from tests.swarm.test_links import HELLO, Server, linked, served
from tests.swarm.test_links import anna as anna
from tests.swarm.test_links import ben as ben

NOBODY_WAITS = GateLimits(
    stranger_seconds=60.0,
    crowded_seconds=60.0,
    most_strangers=6,
    most_strangers_an_address=4,
    most_waiting_an_address=0,
)


async def finds_no_room(who: Member, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who dials gives up soon here; whoever shall come in has as long as it takes."""
    with monkeypatch.context() as impatient:
        impatient.setattr("swarmstt.swarm.network.dialling.HANDSHAKE_SECONDS", 0.5)
        with pytest.raises(UnreachableError):
            async with dial(who, [server.address], None):
                pass


async def test_strangers_have_little_room(anna: Member, ben: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    async with served(anna, limits=NOBODY_WAITS) as server, linked(ben, server) as link:
        open_ones = [await connection(server) for _ in range(4)]
        turned_away = await connection(server)
        assert await turned_away.recv_end()
        await finds_no_room(ben, server, monkeypatch)
        await link.send(HELLO)
        assert await link.receive() == HELLO, "a member's link does not feel it"
        for each in open_ones:
            each.close()


async def test_strangers_have_little_time(anna: Member, ben: Member) -> None:
    limits = GateLimits(stranger_seconds=0.5, most_strangers=6, most_strangers_an_address=4)
    async with served(anna, limits=limits) as server:
        for each in [await connection(server) for _ in range(4)]:
            assert await each.recv_end()
        assert await is_let_in(ben, server)


async def is_let_in(who: Member, server: Server) -> bool:
    """Sooner or later."""
    while True:
        with contextlib.suppress(UnreachableError):
            async with dial(who, [server.address], server.node_id):
                return True


async def test_strangers_that_come_all_at_once_have_no_more_room(anna: Member) -> None:
    async with served(anna, limits=NOBODY_WAITS) as server:
        crowd = [socket.create_connection((server.address.host, server.address.port)) for _ in range(30)]
        opened = [Connection(*await asyncio.open_connection(sock=each)) for each in crowd]
        ends = [asyncio.ensure_future(each.recv_end()) for each in opened]
        for ended in asyncio.as_completed(ends):
            await ended
            if sum(each.done() for each in ends) == 30 - 4:
                break
        await settled()  # nobody else is turned away
        assert sum(each.done() for each in ends) == 30 - 4
        for each in opened:
            each.close()
        await asyncio.gather(*ends)


@pytest.mark.parametrize("path", [CHALLENGE_PATH, "/x"])
async def test_a_stranger_that_asks_on_and_on_is_cut_off(anna: Member, path: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    async with served(anna) as server:
        reader, writer = await asyncio.open_connection(server.address.host, server.address.port, ssl=context)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode() * 100)
        answers = await reader.read()
        assert 1 <= answers.count(b"HTTP/1.1 ") <= GateLimits().most_requests
        writer.transport.abort()


async def test_members_addresses_find_room_in_a_crowd(
    anna: Member, ben: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = False
    limits = replace(NOBODY_WAITS, most_strangers=2)
    async with served(anna, limits=limits, is_known=lambda host: known) as server:
        crowd = [await connection(server) for _ in range(2)]
        await finds_no_room(ben, server, monkeypatch)
        known = True
        async with dial(ben, [server.address], server.node_id) as dialled:
            assert dialled.node_id == server.node_id
        for each in crowd:
            each.close()


class Connection:
    """A TCP connection that says nothing."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def recv_end(self) -> bool:
        """Waits for the other side to end it."""
        try:
            ended = await self._reader.read(1) == b""
        except ConnectionResetError:
            ended = True
        self.close()
        return ended

    def close(self) -> None:
        self._writer.transport.abort()


async def connection(server: Server) -> Connection:
    """The server takes connections in one after another."""
    return Connection(*await asyncio.open_connection(server.address.host, server.address.port))
