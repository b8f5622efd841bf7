"""The rows of the API about the door."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from swarmstt.errors import ConflictError
from swarmstt.ids import NodeId
from swarmstt.web.app import build_app
from tests.unit.web.fake_node import ANNA, BEN, FakeNode


class FakeDoor:
    def __init__(self) -> None:
        self.seconds_left = 0
        self.removed: list[NodeId] = []

    def door_view(self) -> dict[str, Any]:
        left = self.seconds_left
        return {"open": left > 0, "seconds_left": left, "joining": [], "alone": True, "advice": None}

    async def open_door(self) -> None:
        self.seconds_left = 600

    async def shut_door(self) -> None:
        self.seconds_left = 0

    async def remove_peer(self, node_id: NodeId) -> None:
        if node_id != ANNA:
            raise ConflictError("That PC is not in this swarm.")
        self.removed.append(node_id)


@pytest.fixture
def door() -> FakeDoor:
    return FakeDoor()


async def test_the_door_opens_and_shuts(node: FakeNode, door: FakeDoor) -> None:
    async with TestClient(TestServer(build_app(node, door=door))) as client:
        for method, is_open in (("GET", False), ("POST", True), ("GET", True), ("DELETE", False)):
            answer = await client.request(method, "/door")
            assert answer.status == 200
            assert (await answer.json())["open"] is is_open


@pytest.mark.parametrize(("node_id", "status"), [(ANNA, 200), (BEN, 409), ("nobody", 409)])
async def test_a_pc_is_removed(node: FakeNode, door: FakeDoor, node_id: str, status: int) -> None:
    async with TestClient(TestServer(build_app(node, door=door))) as client:
        answer = await client.delete(f"/peers/{node_id}")
        assert answer.status == status
        assert door.removed == ([ANNA] if status == 200 else [])


async def test_no_other_page_opens_it(node: FakeNode, door: FakeDoor) -> None:
    async with TestClient(TestServer(build_app(node, door=door))) as client:
        for method, path in (("POST", "/door"), ("DELETE", "/door"), ("DELETE", f"/peers/{ANNA}")):
            answer = await client.request(method, path, headers={"Origin": "http://elsewhere.example"})
            assert answer.status == 403
    assert door.seconds_left == 0
    assert door.removed == []
