"""A roster as large as one can be is sent, received, checked and stored, and nothing of that is done on the event loop:
the fixture `nothing_blocks` sees to it. How much comes at once is no matter either."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from swarmstt.core.membership.bounds import DEFAULT_LIMITS
from swarmstt.core.membership.door_status import DoorAnswer
from swarmstt.core.membership.roster import Roster
from swarmstt.core.membership.statements import Signed, admission, removal, signed
from swarmstt.ids import NodeId
from swarmstt.swarm.links.messages import Handed, Message, Wanted, encode
from swarmstt.swarm.network.dialling import dial
from swarmstt.swarm.network.server import Caller
from swarmstt.swarm.network.websocket import WebSocket, WebSocketLink
from swarmstt.swarm.trust.statements import checked_apart
from tests.support.authors import real_author
from tests.support.blocking import MOST_STATEMENTS
from tests.support.waiting import eventually
from tests.swarm.membership.test_attacks import all_join, roster_of, running
from tests.swarm.test_joining import House, served

MADE = [real_author(f"made by mallory {number}") for number in range(16)]


@pytest.fixture
def anna(tmp_path: Path) -> House:
    return House(tmp_path, "anna")


@pytest.fixture
def ben(tmp_path: Path) -> House:
    return House(tmp_path, "ben")


@cache
def flood(swarm_id: str, host: House) -> tuple[Signed, ...]:
    """More than there is room for: what identities say that Mallory made, and Anna let in."""
    said = [signed(host.member.identity, swarm_id, admission(host.node_id, each.node_id)) for each in MADE]
    for each in MADE:
        for number in range(60):
            nobody = NodeId(f"{number:064x}")
            said.append(signed(each, swarm_id, admission(each.node_id, nobody)))
            said.append(signed(each, swarm_id, removal(each.node_id, nobody)))
    return tuple(said)


def flooded(house: House, host: House) -> Roster:
    own = roster_of(house)
    certificates = {**own.certificates, **{each.node_id: each.certificate for each in MADE}}
    return replace(own, statements=(*own.statements, *flood(own.swarm_id, host)), certificates=certificates)


async def test_it_comes_in_is_bounded_stored_and_given_to_who_joins(anna: House, ben: House, tmp_path: Path) -> None:
    clara = House(tmp_path, "clara")
    async with served(anna), running(anna):
        await all_join(anna, ben)
        large = await asyncio.to_thread(flooded, ben, anna)
        assert len(large.statements) > 1900
        anna.membership.news_received(ben.node_id, Handed(roster=large, established=True))
        await eventually(lambda: len(roster_of(anna).statements) > MOST_STATEMENTS, "it has come in")
        await anna.membership.open_door()
        handed = anna.membership.handed()
        assert handed is not None
        assert len(handed.roster.statements) > MOST_STATEMENTS, "it is on disk"
        assert (await clara.ask(anna)).decision.verdict is DoorAnswer.ADMITTED
    assert len(roster_of(clara).statements) > MOST_STATEMENTS


async def test_what_has_no_room_is_left_out_before_it_comes_to_the_loop(anna: House, ben: House) -> None:
    async with served(anna):
        await all_join(anna, ben)
    large = await asyncio.to_thread(flooded, ben, anna)
    heard = await checked_apart(large, roster_of(anna))
    assert MOST_STATEMENTS < len(heard.statements) < len(large.statements)
    assert len(await asyncio.to_thread(encode, Handed(roster=heard, established=True))) < DEFAULT_LIMITS.most_bytes
    door = anna.membership.door
    assert door.roster_received(heard, ben.node_id, bytes(32), established=True)
    assert {each.statement for each in heard.statements} <= door.roster.said


async def test_it_is_sent_apart_and_what_follows_it_does_not_overtake_it(anna: House, ben: House) -> None:
    received: list[Message] = []

    async def serve(caller: Caller, websocket: WebSocket) -> None:
        async with WebSocketLink(websocket, received.append) as link:
            received.append(await link.receive())

    async with served(anna):
        await all_join(anna, ben)
    anna.serve_link = serve  # type: ignore[method-assign]
    async with served(anna):
        large = Handed(roster=await asyncio.to_thread(flooded, ben, anna), established=True)
        async with dial(ben.member, [anna.address], anna.node_id) as dialled, WebSocketLink(dialled.websocket) as link:
            await asyncio.gather(link.send(large), link.send(Wanted(total=1)))
            await eventually(lambda: len(received) == 2, "both have come")
    assert received == [large, Wanted(total=1)]
