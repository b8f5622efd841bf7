"""The rows of the API about the door."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from swarmstt.errors import ConflictError
from swarmstt.ids import NodeId
from swarmstt.web.api.status_views import DoorView
from swarmstt.web.app import build_app
from tests.unit.web.fake_node import ANNA, BEN, FakeNode


class FakeDoor:
    def __init__(self) -> None:
        self.seconds_left = 0
        self.removed: list[NodeId] = []
        self.seen: list[NodeId] = []
        self.stays: list[Collection[NodeId] | None] = []
        self.has_begun_again = False
        self.new_identities: list[bool] = []

    def door_view(self) -> DoorView:
        left = self.seconds_left
        return {
            "open": left > 0,
            "seconds_left": left,
            "joining": [],
            "alone": True,
            "removed": False,
            "declined": False,
            "barred": False,
            "advice": None,
        }

    def see_words(self, node_id: NodeId) -> None:
        self.seen.append(node_id)

    async def open_door(self) -> None:
        self.seconds_left = 600

    async def shut_door(self) -> None:
        self.seconds_left = 0

    async def remove_peer(self, node_id: NodeId, stays: Collection[NodeId] | None = None) -> None:
        if node_id != ANNA:
            raise ConflictError("That PC is not in this swarm.")
        self.removed.append(node_id)
        self.stays.append(stays)

    async def begin_again(self) -> None:
        self.seconds_left = 600
        self.has_begun_again = True

    async def take_new_identity(self, *, stays_alone: bool) -> None:
        self.new_identities.append(stays_alone)


@pytest.fixture
def door() -> FakeDoor:
    return FakeDoor()


async def test_the_door_opens_and_shuts(node: FakeNode, door: FakeDoor) -> None:
    async with TestClient(TestServer(build_app(replace(node.ports, membership=door)))) as client:
        for method, is_open in (("GET", False), ("POST", True), ("GET", True), ("DELETE", False)):
            answer = await client.request(method, "/door")
            assert answer.status == 200
            assert (await answer.json())["open"] is is_open


@pytest.mark.parametrize(("node_id", "status"), [(ANNA, 200), (BEN, 409), ("nobody", 409)])
async def test_a_pc_is_removed(node: FakeNode, door: FakeDoor, node_id: str, status: int) -> None:
    async with TestClient(TestServer(build_app(replace(node.ports, membership=door)))) as client:
        answer = await client.delete(f"/peers/{node_id}")
        assert answer.status == status
        assert door.removed == ([ANNA] if status == 200 else [])


@pytest.mark.parametrize(
    ("body", "status"), [({"stays": [BEN]}, 200), ({"stays": []}, 200), ({"stays": ["x"]}, 400), ({"stays": 1}, 400)]
)
async def test_whom_the_removed_one_let_in_stays_if_it_is_named(
    node: FakeNode, door: FakeDoor, body: dict[str, Any], status: int
) -> None:
    async with TestClient(TestServer(build_app(replace(node.ports, membership=door)))) as client:
        assert (await client.delete(f"/peers/{ANNA}", json=body)).status == status
        assert (await client.delete(f"/peers/{ANNA}")).status == 200
    assert door.stays == ([body["stays"]] if status == 200 else []) + [None]


async def test_all_others_are_to_join_again(node: FakeNode, door: FakeDoor) -> None:
    async with TestClient(TestServer(build_app(replace(node.ports, membership=door)))) as client:
        answer = await client.post("/swarm")
        assert (await answer.json())["open"]
    assert door.has_begun_again


@pytest.mark.parametrize(
    ("body", "status", "taken"),
    [(None, 200, [False]), ({"stays_alone": True}, 200, [True]), ({"stays_alone": 1}, 400, [])],
)
async def test_a_new_identity(
    node: FakeNode, door: FakeDoor, body: dict[str, Any] | None, status: int, taken: list[bool]
) -> None:
    async with TestClient(TestServer(build_app(replace(node.ports, membership=door)))) as client:
        assert (await client.post("/identity", json=body)).status == status
    assert door.new_identities == taken


async def test_no_other_page_opens_it(node: FakeNode, door: FakeDoor) -> None:
    async with TestClient(TestServer(build_app(replace(node.ports, membership=door)))) as client:
        for method, path in (
            ("POST", "/door"),
            ("DELETE", "/door"),
            ("DELETE", f"/peers/{ANNA}"),
            ("POST", "/swarm"),
            ("POST", "/identity"),
        ):
            answer = await client.request(method, path, headers={"Origin": "http://elsewhere.example"})
            assert answer.status == 403
    assert door.seconds_left == 0
    assert door.removed == []
    assert door.new_identities == []
