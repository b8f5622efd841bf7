"""How much a member can have this PC fetch by naming models that its books need."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from swarmstt.errors import PeerError
from swarmstt.ids import NodeId
from swarmstt.node.engines.engines import Engines
from swarmstt.node.models.needed import MOST_STORED_BYTES, ModelFetching, room_for_others
from swarmstt.node.models.transfers import ModelTransfers
from swarmstt.speech.models.store import ModelStore
from swarmstt.swarm.links.messages import NeededModel
from swarmstt.swarm.models.transfer import Room
from tests.support.waiting import eventually

LIAR = NodeId("liar")


class FakeEngines:
    """Have no model."""

    model_hashes = frozenset[str]()


class FakeTransfers:
    """Notes how much of each model may come, and gets none."""

    def __init__(self) -> None:
        self.rooms: list[Room] = []

    @asynccontextmanager
    async def holding(self, folder: Path) -> AsyncIterator[None]:
        yield

    def holders(self, first: NodeId) -> list[Any]:
        return []

    async def fetch(self, *what: Any, room: Room) -> None:
        self.rooms.append(room)
        raise PeerError

    def ended(self, model: str) -> None:
        pass


def fill(folder: Path, size_bytes: int) -> None:
    """Makes a file of that size, which takes no room."""
    folder.mkdir(parents=True)
    with (folder / "model.bin").open("wb") as file:
        file.truncate(size_bytes)


def test_models_that_others_need_have_so_much_room(tmp_path: Path) -> None:
    assert room_for_others(tmp_path / "none yet").size_bytes == MOST_STORED_BYTES
    fill(tmp_path / "large", MOST_STORED_BYTES - 10**6)
    assert 0 < room_for_others(tmp_path).size_bytes <= 10**6
    fill(tmp_path / "other", 10**6)
    assert room_for_others(tmp_path).size_bytes <= 0


def test_a_folder_that_goes_away_while_it_is_counted_takes_no_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path / "removed", MOST_STORED_BYTES)
    list_folder = os.scandir

    def list_others(folder: str | Path) -> Any:
        if Path(folder).name == "removed":
            raise FileNotFoundError(folder)
        return list_folder(folder)

    monkeypatch.setattr(os, "scandir", list_others)
    assert room_for_others(tmp_path).size_bytes == MOST_STORED_BYTES


async def test_whoever_names_models_cannot_fill_the_disk(tmp_path: Path) -> None:
    transfers, store = FakeTransfers(), ModelStore(tmp_path)
    fetching = ModelFetching(
        cast("Engines", FakeEngines()),
        store,
        cast("ModelTransfers", transfers),
        wanted=lambda: True,
        offer=lambda model_hash: asyncio.sleep(0),
    )
    await asyncio.to_thread(fill, store.folder / "shared-of-the-liar", MOST_STORED_BYTES - 10**6)
    fetching.needed(LIAR, tuple(NeededModel(model="/m", model_hash=sign * 64) for sign in "ab"))
    running = asyncio.ensure_future(fetching.run())
    try:
        await eventually(lambda: len(transfers.rooms) == 2)
    finally:
        running.cancel()
    assert all(each.size_bytes <= 10**6 and "32 GB" in each.sentence for each in transfers.rooms)
