"""Bodies with which a guest could hold the event loop, or fill the memory."""

from __future__ import annotations

import asyncio
import gzip
import io
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgpack
import pytest
from aiohttp import ClientSession, WSMsgType
from aiohttp.test_utils import TestClient, TestServer

from swarmstt.core.requests import GuestTranscript
from swarmstt.web.api.bodies import MOST_BODY_BYTES
from swarmstt.web.api.requests import guest_transcript
from swarmstt.web.app import build_app, serve
from swarmstt.web.guests.admissions import Admissions
from swarmstt.web.guests.app import build_guest_app
from tests.support.memory_use import memory_peak
from tests.support.waiting import eventually
from tests.unit.web.conftest import Client
from tests.unit.web.fake_invitations import TOKEN, FakeInvitations
from tests.unit.web.fake_node import FakeNode

JOIN = f"/join/{TOKEN}"
COMPLETE = f"{JOIN}/tasks/complete"
RESULT = {
    "task_id": "b-00000",
    "worker_id": "w",
    "transcript": {"language": "en", "duration": 1, "segments": []},
    "processing_time": 1,
}
FLOODS = {
    "JSON": b"[" + b"[]," * 1_300_000 + b"[]]",
    "JSON, all names of one map": b"{" + b",".join(b'"%06d":1' % number for number in range(100_000)) + b"}",
    "msgpack": msgpack.packb({"transcript": [[]] * 4_000_000}),
    "lists that announce much, one in the other": b"\xdd\x00\x07\xff\xff" * 800_000,
}


@pytest.fixture
def admissions(tmp_path: Path) -> Admissions:
    (tmp_path / "b-00000.flac").write_bytes(b"fLaC")
    return Admissions(FakeInvitations(tmp_path))


@pytest.fixture
async def guest(admissions: Admissions) -> AsyncIterator[Client]:
    async with TestClient(TestServer(build_guest_app(admissions))) as client:
        yield client


@pytest.mark.parametrize("name", FLOODS)
async def test_a_body_of_many_small_things_costs_little(guest: Client, name: str) -> None:
    kind = "application/json" if name.startswith("JSON") else "application/msgpack"
    with memory_peak() as peak:
        answer = await guest.post(COMPLETE, data=io.BytesIO(FLOODS[name]), headers={"Content-Type": kind})
    assert answer.status == 400
    assert "could not be understood" in (await answer.json())["error"]
    assert peak.size_bytes < 6 * MOST_BODY_BYTES  # of which most is the body, sent and received


async def test_a_large_result_is_read_apart_from_the_event_loop(guest: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    threads = []
    read = guest_transcript

    def noted(thing: Any) -> GuestTranscript:
        threads.append(threading.get_ident())
        return read(thing)

    monkeypatch.setattr("swarmstt.web.guests.worker_rows.guest_transcript", noted)
    segments = [{"start": n, "end": n + 1, "text": "word"} for n in range(2000)]
    result = {**RESULT, "transcript": {"language": "en", "duration": 2000, "segments": segments}}
    assert (await guest.post(COMPLETE, json=RESULT)).status == 200
    assert (await guest.post(COMPLETE, json=result)).status == 200
    assert threads[0] == threading.get_ident() != threads[1]


async def test_compressed_bodies_are_not_unfolded(node: FakeNode, admissions: Admissions) -> None:
    body = gzip.compress(b" " * 200_000_000)
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    async with serve(build_app(node.ports, admissions=admissions), 0) as port, ClientSession() as session:
        with memory_peak() as peak:
            answer = await session.post(f"http://127.0.0.1:{port}{COMPLETE}", data=body, headers=headers)
        assert (answer.status, await answer.json()) == (
            400,
            {"error": "The request's body is compressed; send it as it is."},
        )
    assert peak.size_bytes < 4_000_000


async def test_the_bodies_of_one_invitation_are_bounded_together(guest: Client, admissions: Admissions) -> None:
    """Whoever sends slowly keeps what it has sent in this PC's memory."""
    goes_on = asyncio.Event()

    async def slow_body() -> AsyncIterator[bytes]:
        yield b" " * (MOST_BODY_BYTES - 100)
        await goes_on.wait()
        yield b"{}"

    async def asks(data: Any) -> int:
        async with guest.post(f"{JOIN}/tasks/return", data=data) as answer:
            return answer.status

    slow = [asyncio.ensure_future(asks(slow_body())) for _ in range(2)]
    (room,) = await eventually(lambda: list(admissions._rooms.values()))
    await eventually(lambda: room._free_bytes == 200)
    assert await asks(b" " * 100_000) == 429
    goes_on.set()
    assert await asyncio.gather(*slow) == [400, 400]
    assert await asks(b" " * 100_000) == 400


async def test_others_have_their_turn_between_two_messages_of_a_guest(guest: Client) -> None:
    """Many of them may have come at once; each is answered with an error."""
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    socket = await guest.ws_connect(f"{JOIN}/ws/worker/w")
    counting = asyncio.ensure_future(other())
    for _ in range(150):
        await socket.send_str("[]")
    for _ in range(150):
        assert (await socket.receive()).type is WSMsgType.TEXT
    counting.cancel()
    assert turns >= 150
