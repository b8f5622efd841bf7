"""What a person may choose, and nonsense that nobody may."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from swarmstt.web.app import build_app
from tests.unit.web.conftest import Client
from tests.unit.web.fake_node import FakeNode


class FakeSettings:
    def __init__(self) -> None:
        self.values: dict[str, Any] = {"name": "Desk PC", "models": ["base"], "restart": []}

    async def view(self) -> Any:
        return self.values

    async def change(self, wanted: Mapping[str, Any]) -> Any:
        self.values = {**self.values, **wanted}
        return self.values


@pytest.fixture
def settings() -> FakeSettings:
    return FakeSettings()


@pytest.fixture
async def client(node: FakeNode, settings: FakeSettings) -> AsyncIterator[Client]:
    async with TestClient(TestServer(build_app(replace(node.ports, settings=settings)))) as opened:
        yield opened


async def test_settings_are_told_and_changed(client: Client, settings: FakeSettings) -> None:
    told = await (await client.get("/settings")).json()
    assert told == settings.values
    wanted = {
        "name": " Anna's PC ",
        "model": "small",
        "slots": None,
        "memory_gb": 2.5,
        "drop_folders": [str(Path.cwd())],
        "help_when": "idle",
        "idle_minutes": 5,
        "help_from": "22:30",
        "help_until": "06:00",
        "paused_until": "2030-01-31T18:00:00Z",
    }
    answer = await client.patch("/settings", json={**told, **wanted})
    assert answer.status == 200
    changed = {"name": "Anna's PC", "paused_until": "2030-01-31T18:00:00+00:00"}
    assert await answer.json() == {**told, **wanted, **changed}


@pytest.mark.parametrize(
    "nonsense",
    [
        {"nmae": "x"},  # codespell:ignore
        {"name": ""},
        {"name": "x" * 64},
        {"name": None},
        {"model": 5},
        {"slots": 0},
        {"slots": True},
        {"slots": "2"},
        {"memory_gb": 0},
        {"memory_gb": True},
        {"memory_gb": "1 GB"},
        {"memory_gb": 1e4},
        {"drop_folders": "/books"},
        {"drop_folders": ["books"]},
        {"drop_folders": [""]},
        {"help_when": "never"},
        {"help_when": []},
        {"idle_minutes": 0},
        {"idle_minutes": 1.5},
        {"help_from": "24:00"},
        {"help_from": "7:00"},
        {"help_until": 7},
        {"paused_until": "tomorrow"},
        {"paused_until": "2030-01-31T18:00:00"},
        {"paused_until": 5},
    ],
)
async def test_nonsense_changes_nothing(client: Client, settings: FakeSettings, nonsense: dict[str, Any]) -> None:
    before = settings.values
    answer = await client.patch("/settings", json=nonsense)
    assert answer.status == 400
    assert next(iter(nonsense)) in (await answer.json())["error"] or "drop folder" in (await answer.json())["error"]
    assert settings.values is before


async def test_a_pause_for_some_time(client: Client, node: FakeNode) -> None:
    assert (await client.post("/pause", json={"seconds": 90})).status == 200
    for nonsense in (0, -1, "long", 1e12, True):
        assert (await client.post("/pause", json={"seconds": nonsense})).status == 400
    assert node.calls == [("pause_helping", 90.0)]
