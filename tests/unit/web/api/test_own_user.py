"""The page and its API answer the node's own user, and nobody else at this PC."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import WSServerHandshakeError
from aiohttp.test_utils import TestClient, TestServer

from swarmstt.web.api.callers import Caller
from swarmstt.web.api.own_user import ANOTHER_USER, KEY_IS_MISSING, OwnUser
from swarmstt.web.app import build_app
from tests.unit.web.conftest import Client
from tests.unit.web.fake_node import FakeNode

KEY = "a-key-of-many-letters"


class System:
    """What says whose a connection is."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.asked: list[tuple[tuple[str, int], tuple[str, int]]] = []

    def __call__(self, theirs: tuple[str, int], ours: tuple[str, int]) -> Caller:
        self.asked.append((theirs, ours))
        return self.caller


@asynccontextmanager
async def asking(node: FakeNode, system: System, key: str | None = None) -> AsyncIterator[Client]:
    async with TestClient(TestServer(build_app(node.ports, own_user=OwnUser(system, key)))) as client:
        yield client


async def test_another_user_gets_a_sentence_and_nothing_else(node: FakeNode) -> None:
    async with asking(node, System(Caller.OTHER)) as client:
        for method, path in (("GET", "/"), ("GET", "/status"), ("POST", "/pause"), ("GET", "/static/page/page.css")):
            answer = await client.request(method, path)
            assert (answer.status, await answer.json()) == (403, {"error": ANOTHER_USER})
        with pytest.raises(WSServerHandshakeError) as caught:
            await client.ws_connect("/ws/dashboard")
        assert caught.value.status == 403
    assert node.calls == []


async def test_the_system_is_asked_once_a_connection(node: FakeNode) -> None:
    system = System(Caller.OWN)
    async with asking(node, system) as client:
        for _ in range(3):
            assert (await client.get("/status")).status == 200
        [(theirs, ours)] = system.asked
        assert (theirs[0], ours) == ("127.0.0.1", ("127.0.0.1", client.port))


async def test_where_the_system_does_not_tell_a_key_does(node: FakeNode) -> None:
    async with asking(node, System(Caller.UNTOLD), KEY) as client:
        refused = await client.get("/status")
        assert (refused.status, await refused.json()) == (403, {"error": KEY_IS_MISSING})
        for wrong in (f"Bearer {KEY}x", f"Basic {KEY}", KEY, "Bearer "):
            assert (await client.get("/status", headers={"Authorization": wrong})).status == 403
        assert (await client.get("/status", headers={"Authorization": f"Bearer {KEY}"})).status == 200
        assert (await client.get("/status")).status == 403


async def test_the_printed_address_gives_a_browser_its_cookie(node: FakeNode) -> None:
    async with asking(node, System(Caller.UNTOLD), KEY) as client:
        wrong = await client.get("/", params={"key": "another"}, allow_redirects=False)
        assert (wrong.status, wrong.cookies) == (303, {})
        right = await client.get("/", params={"key": KEY}, allow_redirects=False)
        assert (right.status, right.headers["Location"]) == (303, "/")
        cookie = right.cookies["swarmstt_key"]
        assert cookie.value == KEY
        assert cookie["httponly"]
        assert cookie["samesite"] == "Strict"
        address = f"http://127.0.0.1:{client.port}//evil.example/?book=1&key={KEY}"
        onward = await client.session.get(address, allow_redirects=False)
        assert onward.headers["Location"] == "/evil.example/?book=1"
        assert (await client.get("/status", headers={"Cookie": f"swarmstt_key={KEY}"})).status == 200


@pytest.mark.parametrize("caller", Caller)
async def test_where_a_key_is_asked_for_the_system_is_not(node: FakeNode, caller: Caller) -> None:
    """It knew nothing of one connection, so it may be wrong of another: Wine's list named another user for a curl that
    had the key."""
    system = System(caller)
    async with asking(node, system, KEY) as client:
        assert (await client.get("/status", headers={"Authorization": f"Bearer {KEY}"})).status == 200
        assert (await client.get("/status")).status == 403
    assert system.asked == []


async def test_without_a_key_a_system_that_does_not_tell_lets_nobody_in(node: FakeNode) -> None:
    async with asking(node, System(Caller.UNTOLD)) as client:
        assert (await client.get("/status", headers={"Authorization": "Bearer "})).status == 403
        assert (await client.get("/", params={"key": ""})).status == 403
