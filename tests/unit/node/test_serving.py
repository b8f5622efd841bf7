"""A whole node with its page, alone and without books: what it answers, and whom it notifies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from aiohttp import ClientSession, CookieJar
from typing_extensions import is_typeddict

from swarmstt.cli.client import connect
from swarmstt.config import Config
from swarmstt.node.data_dir import Folders, running_node
from swarmstt.node.opening import Company
from swarmstt.node.serving import ServedNode, serve_node
from swarmstt.page_address import PageAddress
from swarmstt.web.api.callers import Caller
from swarmstt.web.api.status_views import DoorView, FullStatusView, InvitationsView, SettingsView
from swarmstt_tray.client import call


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(name="Desk", drop_folder=(tmp_path / "drop",))


@pytest.fixture
async def served(config: Config, folders: Folders) -> AsyncIterator[ServedNode]:
    async with serve_node(config, folders, port=0, company=Company.NONE) as opened:
        yield opened


@pytest.fixture
async def session(served: ServedNode) -> AsyncIterator[ClientSession]:
    async with ClientSession(served.url) as opened:
        yield opened


def has_shape(thing: Any, shape: Any) -> bool:
    """Whether a thing has exactly the fields that a type names, and so has all that is in it."""
    if is_typeddict(shape):
        hints = get_type_hints(shape)
        return set(thing) == set(hints) and all(has_shape(thing[name], hint) for name, hint in hints.items())
    if get_origin(shape) is list:
        return all(has_shape(each, get_args(shape)[0]) for each in thing)
    return True


@pytest.mark.parametrize(
    ("path", "shape"),
    [("/status", FullStatusView), ("/door", DoorView), ("/settings", SettingsView), ("/invitations", InvitationsView)],
)
async def test_what_is_answered_has_the_fields_that_are_described(
    session: ClientSession, path: str, shape: Any
) -> None:
    async with session.get(path) as answer:
        assert answer.status == 200
        assert has_shape(await answer.json(), shape)


async def until_told(socket: Any, **fields: Any) -> dict[str, Any]:
    """What the page hears of the node when it shows these fields."""
    while True:
        for change in (await socket.receive_json())["changes"]:
            if change["type"] == "node" and fields.items() <= change["status"]["node"].items():
                node: dict[str, Any] = change["status"]["node"]
                return node


async def test_the_page_hears_of_a_pause_and_of_another_name(session: ClientSession) -> None:
    async with session.ws_connect("/ws/dashboard") as socket:
        assert (await socket.receive_json())["type"] == "snapshot"
        assert (await session.post("/pause", json={})).status == 200
        node = await until_told(socket, state="paused")
        assert node["headline"] == "Paused. This PC is not transcribing."
        assert "swarmstt resume" in node["why_not_helping"]
        assert (await session.post("/resume", json={})).status == 200
        node = await until_told(socket, state="idle")
        assert (node["headline"], node["why_not_helping"]) == ("Idle. Drop a book anywhere.", None)
        assert (await session.patch("/settings", json={"name": "Attic"})).status == 200
        await until_told(socket, name="Attic")


async def test_a_pause_outlives_the_node(config: Config, folders: Folders) -> None:
    for _ in range(2):
        async with (
            serve_node(config, folders, port=0, company=Company.NONE) as served,
            ClientSession(served.url) as session,
        ):
            assert (await session.post("/pause", json={"seconds": 3600})).status == 200
    async with serve_node(config, folders, port=0, company=Company.NONE) as served:
        assert not served.node.monitor.availability.decodes
        assert served.node.monitor.pause is not None


async def test_a_system_that_says_of_no_connection_whose_it_is_has_a_key_in_the_address(
    config: Config, folders: Folders
) -> None:
    async with serve_node(
        config, folders, port=0, company=Company.NONE, ask=lambda theirs, ours: Caller.UNTOLD
    ) as opened:
        address = PageAddress.parse(opened.url)
        assert address.key
        running = await asyncio.to_thread(running_node, folders)
        assert running is not None
        assert running.url == opened.url
        async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as stranger:
            assert (await stranger.get(f"{address.base}/status")).status == 403
            assert (await stranger.get(opened.url)).status == 200
        async with connect(opened.url) as client:  # as commands do
            assert (await client.get("/status"))["node"]["name"] == "Desk"
        answer = await asyncio.to_thread(call, opened.url, "GET", "/status")  # as the tray does
        assert answer["node"]["name"] == "Desk"
