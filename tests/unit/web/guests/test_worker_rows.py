"""The rows for workers outside the swarm."""

from __future__ import annotations

import io
import json
from typing import Any

import msgpack
import pytest
from aiohttp import WSMsgType

from swarmstt.core.requests import GuestTranscript
from swarmstt.core.transcript import Segment, Word
from swarmstt.errors import NotFoundError
from swarmstt.web.api.bodies import MOST_BODY_BYTES
from tests.unit.web.conftest import Client
from tests.unit.web.fake_node import FakeNode, book, task

RESULT = {
    "task_id": "1-00000",
    "worker_id": "w",
    "transcript": {"language": "en", "duration": 9.5, "segments": [{"start": 0, "end": 2.5, "text": " Hello."}]},
    "processing_time": 3,
}


async def test_tasks_are_all_chunks_or_those_of_a_book(client: Client, node: FakeNode) -> None:
    for book_id in "12":
        node.known_books[book_id] = book(book_id)
        node.known_tasks[f"{book_id}-00000"] = task(book_id, 0)
    tasks = await (await client.get("/tasks")).json()
    assert [each["id"] for each in tasks] == ["1-00000", "2-00000"]
    promised = "id book_id chunk_id status worker_id start_time end_time original_filename processing_time"
    assert set(promised.split()) <= set(tasks[0])
    assert [each["id"] for each in await (await client.get("/tasks?book_id=2")).json()] == ["2-00000"]
    assert (await client.get("/tasks?book_id=3")).status == 404


async def test_next_task(client: Client, node: FakeNode) -> None:
    assert await (await client.get("/tasks/next?worker_id=w")).json() == {"task": None}
    node.next = task("1", 0, "in_progress", chunk_path="chunks/1-00000.flac")
    assert (await (await client.get("/tasks/next?worker_id=w")).json())["task"]["chunk_path"] == "chunks/1-00000.flac"
    assert node.calls == [("next_task", "w")] * 2
    assert (await client.get("/tasks/next")).status == 400
    assert (await client.head("/tasks/next?worker_id=w")).status == 405
    assert len(node.calls) == 2


async def test_complete(client: Client, node: FakeNode) -> None:
    answer = await client.post("/tasks/complete", json=RESULT)
    assert (answer.status, await answer.json()) == (200, {"status": "ok"})
    segment = Segment(start=0.0, end=2.5, text=" Hello.")
    transcript = GuestTranscript(language="en", duration=9.5, segments=(segment,))
    assert node.calls == [("complete", "1-00000", "w", transcript, 3.0)]


@pytest.mark.parametrize(
    ("sent", "taken"),
    [
        ("ctranslate2 4.8.5", "ctranslate2 4.8.5"),
        ("a\nb", "a b"),
        ("", "unknown"),
        ("\ud800", "unknown"),
        (7, "unknown"),
    ],
)
async def test_complete_with_the_engine_that_a_guest_names(
    client: Client, node: FakeNode, sent: object, taken: str
) -> None:
    answer = await client.post(
        "/tasks/complete", json={**RESULT, "transcript": {"language": "en", "segments": [], "engine": sent}}
    )
    assert answer.status == 200
    assert node.calls[0][3].engine == taken


async def test_complete_in_msgpack(client: Client, node: FakeNode) -> None:
    headers = {"Content-Type": "application/msgpack", "Accept": "application/msgpack"}
    answer = await client.post("/tasks/complete", data=msgpack.packb(RESULT), headers=headers)
    assert msgpack.unpackb(await answer.read()) == {"status": "ok"}
    assert node.calls[0][1] == "1-00000"


async def test_complete_takes_what_sloppy_guests_send(client: Client, node: FakeNode) -> None:
    words: list[Any] = [
        {"start": 0, "end": 1, "word": " Hi", "probability": 0.5},
        {"start": 1, "end": 2, "text": " you"},
    ]
    segments = [
        {
            "id": 7,
            "seek": 0,
            "start": 0,
            "end": 2,
            "text": "Hi you",
            "avg_logprob": -0.3,
            "tokens": [1],
            "words": words,
        },
        {"start": 2, "end": 4, "text": "", "words": ["what?"]},
        {"start": 4, "end": 5, "text": "x", "words": None},
    ]
    transcript = {"language": None, "language_probability": 0.9, "segments": segments}
    answer = await client.post("/tasks/complete?worker_id=w", json={"task_id": "t", "transcript": transcript})
    assert answer.status == 200
    decoded = node.calls[0][3]
    assert (decoded.language, decoded.duration) == ("", 5.0)
    assert decoded.segments[0].words == (
        Word(start=0.0, end=1.0, text=" Hi", probability=0.5),
        Word(start=1.0, end=2.0, text=" you", probability=1.0),
    )
    assert decoded.segments[1].words == decoded.segments[2].words == ()


@pytest.mark.parametrize(
    "change",
    [
        {"task_id": None},
        {"task_id": 7},
        {"task_id": "x" * 201},
        {"worker_id": ""},
        {"worker_id": "a\nb"},
        {"transcript": None},
        {"transcript": "text"},
        {"transcript": {"language": "en", "duration": 1}},
        {"transcript": {"language": 5, "duration": 1, "segments": []}},
        {"transcript": {"language": "en", "duration": -1, "segments": []}},
        {"transcript": {"language": "en", "duration": "long", "segments": []}},
        {"transcript": {"language": "en", "segments": [{"start": 0, "end": 1}]}},
        {"transcript": {"language": "en", "segments": [{"start": "0", "end": 1, "text": ""}]}},
        {"transcript": {"language": "en", "segments": ["text"]}},
        {"processing_time": "slow"},
        {"processing_time": -1},
        {"processing_time": True},
    ],
)
async def test_complete_refuses_what_makes_no_sense(client: Client, node: FakeNode, change: dict[str, Any]) -> None:
    answer = await client.post("/tasks/complete", json={**RESULT, **change})
    assert answer.status == 400
    assert set(await answer.json()) == {"error"}
    assert node.calls == []


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'{"processing_time": NaN}',
        b'{"processing_time": Infinity}',
        b"[" * 100_000,
        b"\xff\xfe",
        b"1" * 5000,
    ],
)
async def test_bodies_that_are_no_objects(client: Client, node: FakeNode, body: bytes) -> None:
    for kind in ("application/json", "application/msgpack"):
        answer = await client.post("/tasks/complete", data=body, headers={"Content-Type": kind})
        assert answer.status == 400
        assert (await answer.json())["error"]
    assert node.calls == []


async def test_numbers_must_be_finite_in_msgpack_too(client: Client) -> None:
    body = msgpack.packb({**RESULT, "processing_time": float("nan")})
    answer = await client.post("/tasks/complete", data=body, headers={"Content-Type": "application/x-msgpack"})
    assert answer.status == 400


async def test_bodies_are_bounded(client: Client) -> None:
    too_much = io.BytesIO(b" " * (MOST_BODY_BYTES + 1))
    assert (await client.post("/tasks/complete", data=too_much)).status == 413

    async def in_pieces() -> Any:
        for _ in range(9):
            yield b" " * 2**20

    assert (await client.post("/tasks/complete", data=in_pieces())).status == 413


async def test_register(client: Client, node: FakeNode) -> None:
    answer = await client.post("/workers/register", json={"worker_id": "w", "hostname": "Büro-PC"})
    assert answer.status == 200
    assert (await client.post("/workers/register?worker_id=v")).status == 200
    assert node.calls == [("register", "w", "Büro-PC"), ("register", "v", "v")]
    assert (await client.post("/workers/register", json={})).status == 400
    assert (await client.post("/workers/register", json={"worker_id": "w", "hostname": "x" * 300})).status == 400


async def test_heartbeat(client: Client, node: FakeNode) -> None:
    assert (await client.post("/workers/w/heartbeat")).status == 200
    assert node.calls == [("heartbeat", "w")]
    assert (await client.post(f"/workers/{'w' * 201}/heartbeat")).status == 400


async def test_chunks(client: Client, node: FakeNode) -> None:
    (node.folder / "1-00000.flac").write_bytes(b"fLaC" + bytes(96))
    answer = await client.get("/chunks/1-00000.flac")
    assert (answer.status, answer.content_type, len(await answer.read())) == (200, "audio/flac", 100)
    part = await client.get("/chunks/1-00000.flac", headers={"Range": "bytes=0-3"})
    assert (part.status, await part.read()) == (206, b"fLaC")
    assert (await client.get("/chunks/2-00000.flac")).status == 404


@pytest.mark.parametrize("name", ["..%2F..%2Fetc%2Fpasswd", "%2Fetc%2Fpasswd", ".hidden", "a%00b", "a%5Cb", "x" * 300])
async def test_chunk_names_never_become_paths(client: Client, node: FakeNode, name: str) -> None:
    answer = await client.get(f"/chunks/{name}")
    assert answer.status == 404
    assert node.calls == []


async def test_worker_socket(client: Client, node: FakeNode) -> None:
    async with client.ws_connect("/ws/worker/w") as socket:
        await socket.send_json({"type": "progress", "task_id": "1-00000", "progress": 0.5})
        await socket.send_json({"type": "progress", "task_id": "1-00000", "progress": 75})
        await socket.send_json({"type": "progress", "task_id": "1-00000"})
        await socket.send_json({"type": "hello"})
        await socket.send_bytes(b"\0")
        await socket.send_str("nonsense")
        assert (await socket.receive_json())["type"] == "error"
    assert node.calls == [
        ("progress", "w", "1-00000", 0.5),
        ("progress", "w", "1-00000", 0.75),
        ("progress", "w", "1-00000", None),
        ("heartbeat", "w"),
    ]


async def test_worker_socket_says_what_is_wrong_and_stays(client: Client, node: FakeNode) -> None:
    async with client.ws_connect("/ws/worker/w") as socket:
        for text in ("[]", json.dumps({"type": "progress"}), "[" * 50_000):
            await socket.send_str(text)
            assert (await socket.receive_json())["type"] == "error"
        node.raises = NotFoundError("There is no such part.")
        await socket.send_json({"type": "progress", "task_id": "x", "progress": 1})
        assert await socket.receive_json() == {"type": "error", "error": "There is no such part."}


async def test_worker_socket_bounds_messages(client: Client) -> None:
    async with client.ws_connect("/ws/worker/w") as socket:
        await socket.send_str("x" * 70_000)
        assert (await socket.receive()).type is WSMsgType.CLOSE
