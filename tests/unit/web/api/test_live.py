"""The live page's WebSocket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import WSMsgType
from aiohttp.test_utils import TestClient, TestServer

from swarmstt.web.api.live import MOST_NEWS, Outbox
from swarmstt.web.api.status_views import News
from swarmstt.web.app import build_app
from tests.support.waiting import eventually
from tests.unit.web.conftest import Client
from tests.unit.web.fake_node import FakeNode, book, task


def task_change(index: int, **fields: Any) -> Any:
    return {"type": "task", "task": task("1", index, **fields)}


def news(text: str) -> News:
    return {"type": "told", "text": text, "at": "2024-01-15T10:00:00+00:00", "worker_id": None}


def test_only_the_newest_of_each_thing_is_kept() -> None:
    outbox = Outbox()
    outbox.add(task_change(0, progress=0.1))
    outbox.add({"type": "book", "book": book("1", percent=1.0)})
    outbox.add(task_change(0, progress=0.2))
    assert outbox.filled.is_set()
    assert outbox.take() == (False, [{"type": "book", "book": book("1", percent=1.0)}, task_change(0, progress=0.2)])
    assert outbox.take() == (False, [])
    assert not outbox.filled.is_set()


def test_what_was_removed_is_not_told_again() -> None:
    outbox = Outbox()
    outbox.add({"type": "book", "book": book("1")})
    outbox.add(task_change(0))
    outbox.add({"type": "task", "task": task("2", 0)})
    outbox.add({"type": "removed", "book_id": "1"})
    assert [change["type"] for change in outbox.take()[1]] == ["task", "removed"]


def test_too_much_becomes_a_snapshot() -> None:
    outbox = Outbox(most_waiting=10)
    for index in range(1000):
        outbox.add(task_change(index))
        outbox.add(news(str(index)))
    snapshot_due, changes = outbox.take()
    assert snapshot_due
    assert [change["text"] for change in changes if change["type"] == "told"] == [
        str(index) for index in range(1000 - MOST_NEWS, 1000)
    ]
    outbox.add(task_change(0))
    assert outbox.take() == (False, [task_change(0)])


async def test_a_snapshot_and_then_each_change(client: Client, node: FakeNode) -> None:
    node.known_books["1"] = book("1")
    async with client.ws_connect("/ws/dashboard") as socket:
        snapshot = await socket.receive_json()
        assert snapshot["type"] == "snapshot"
        assert {"node", "books", "tasks", "workers", "peers", "version"} <= set(snapshot)
        assert [each["book_id"] for each in snapshot["books"]] == ["1"]
        node.put_task(task("1", 0, "in_progress", progress=0.5))
        assert await socket.receive_json() == {
            "type": "changes",
            "changes": [{"type": "task", "task": task("1", 0, "in_progress", progress=0.5)}],
        }
        node.tell(news("Anna's laptop went away."))
        assert (await socket.receive_json())["changes"][0]["text"] == "Anna's laptop went away."
        await node.remove(book("1")["book_id"])
        assert (await socket.receive_json())["changes"] == [{"type": "removed", "book_id": "1"}]
    await eventually(lambda: not node.listeners)


@pytest.fixture
async def slow_paced(node: FakeNode) -> AsyncIterator[Client]:
    async with TestClient(TestServer(build_app(node.ports, changes_seconds=0.05))) as opened:
        yield opened


async def test_a_flood_of_changes_is_few_messages(slow_paced: Client, node: FakeNode) -> None:
    async with slow_paced.ws_connect("/ws/dashboard") as socket:
        await socket.receive_json()
        for step in range(5000):
            node.put_task(task("1", step % 7, "in_progress", progress=step / 5000))
        seen: dict[str, float] = {}
        messages = 0
        while seen.get("1-00001", 0) < 4998 / 5000:
            message = await socket.receive_json()
            messages += 1
            seen.update((change["task"]["id"], change["task"]["progress"]) for change in message["changes"])
        assert messages <= 3
        assert len(seen) == 7


async def test_a_page_that_cannot_keep_up_gets_a_fresh_snapshot(slow_paced: Client, node: FakeNode) -> None:
    async with slow_paced.ws_connect("/ws/dashboard") as socket:
        await socket.receive_json()
        for index in range(10_000):
            node.put_task(task("1", index))
        message = await socket.receive_json()
        assert (message["type"], message["tasks"]["total"]) == ("snapshot", 10_000)


async def test_a_page_hears_now_and_then_that_the_node_lives(node: FakeNode) -> None:
    server = TestServer(build_app(node.ports, changes_seconds=0.0, beat_seconds=0.01))
    async with TestClient(server) as client, client.ws_connect("/ws/dashboard") as socket:
        assert (await socket.receive_json())["type"] == "snapshot"
        for _ in range(3):
            assert await socket.receive_json() == {"type": "changes", "changes": []}
        node.put_task(task("1", 0))
        changes: list[Any] = []
        while not changes:
            changes = (await socket.receive_json())["changes"]
        assert changes == [task_change(0)]


async def test_what_a_page_says_is_bounded_and_passed_over(client: Client) -> None:
    async with client.ws_connect("/ws/dashboard") as socket:
        await socket.receive_json()
        await socket.send_str("hello")
        await socket.send_str("x" * 5000)
        assert (await socket.receive()).type is WSMsgType.CLOSE


async def test_a_failing_node_closes_the_socket(
    client: Client, node: FakeNode, caplog: pytest.LogCaptureFixture
) -> None:
    node.raises = ZeroDivisionError()
    async with client.ws_connect("/ws/dashboard") as socket:
        assert (await socket.receive()).type is WSMsgType.CLOSE
    assert "ZeroDivisionError" in caplog.text


async def test_sockets_close_when_the_node_ends(node: FakeNode) -> None:
    async with TestServer(build_app(node.ports)) as server, TestClient(server) as client:
        dashboard, worker = await client.ws_connect("/ws/dashboard"), await client.ws_connect("/ws/worker/w")
        await dashboard.receive_json()
        closing = asyncio.ensure_future(server.close())
        for socket in (dashboard, worker):
            assert (await socket.receive()).type is WSMsgType.CLOSE
            assert socket.close_code == 1001
        await closing
    assert node.listeners == set()
