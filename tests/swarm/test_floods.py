"""Frames with which a member could hold the event loop of another, or fill its memory."""

from __future__ import annotations

import asyncio
import threading

import msgpack
import pytest

from swarmstt.core.books import Provenance
from swarmstt.core.transcript import ChunkTranscript, Segment, Word
from swarmstt.errors import PeerError
from swarmstt.ids import LeaseId
from swarmstt.swarm.links.messages import Delivered, Message, Wanted, decode
from swarmstt.swarm.network.dialling import dial
from swarmstt.swarm.network.server import Caller
from swarmstt.swarm.network.websocket import WebSocket, WebSocketLink
from swarmstt.swarm.trust.handshake import Member
from tests.support.memory_use import memory_peak
from tests.support.waiting import eventually
from tests.swarm.test_links import HELLO, linked, served
from tests.swarm.test_links import anna as anna
from tests.swarm.test_links import ben as ben

PROVENANCE = Provenance(
    helper_name="ben", model="tiny", device="cpu", compute_type="int8", engine="e", processing_seconds=1.0
)


async def test_a_members_flood_costs_the_node_little_and_the_member_its_link(anna: Member, ben: Member) -> None:
    """A frame within the limit of size, each of whose bytes would become a list."""
    flood = msgpack.packb(["known", {"peers": [[]] * 4_000_000}])
    ended: asyncio.Future[PeerError] = asyncio.get_running_loop().create_future()

    async def serve(caller: Caller, websocket: WebSocket) -> None:
        async with WebSocketLink(websocket) as link:
            try:
                await link.receive()
            except PeerError as error:
                ended.set_result(error)

    async with served(anna, serve=serve) as server, dial(ben, [server.address], server.node_id) as dialled:
        with memory_peak() as peak:
            await dialled.websocket.send_bytes(flood)
            assert "more in it than it should" in (await ended).message
    assert peak.size_bytes < 8 * len(flood)  # of which most is the frame, sent and received


async def test_a_large_message_is_read_apart_from_the_event_loop(
    anna: Member, ben: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[int] = []

    def noted(frame: bytes) -> Message:
        threads.append(threading.get_ident())
        return decode(frame)

    monkeypatch.setattr("swarmstt.swarm.network.websocket.decode", noted)
    async with served(anna) as server, linked(ben, server) as link:
        words = tuple(Word(start=n / 4, end=n / 4, text=f" word{n}", probability=1.0) for n in range(1000))
        segment = Segment(start=0.0, end=250.0, text="words", words=words)
        transcript = ChunkTranscript(language="en", duration=300.0, segments=(segment,))
        large = Delivered(lease_id=LeaseId(1), transcript=transcript, provenance=PROVENANCE)
        for message in (HELLO, large):
            await link.send(message)
            assert await link.receive() == message
    here = threading.get_ident()
    assert [each == here for each in threads] == [True, True, False, False]


async def test_others_have_their_turn_between_two_messages(anna: Member, ben: Member) -> None:
    """Many of them may have come at once."""
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    async with served(anna) as server, linked(ben, server) as link:
        for _ in range(1000):
            await link.send(Wanted(total=1))
        counting = asyncio.ensure_future(other())
        await eventually(lambda: len(server.received) == 1000)
        counting.cancel()
    assert turns >= 1000
