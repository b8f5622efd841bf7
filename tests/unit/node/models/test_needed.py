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
from swarmstt.node.models.needed import MOST_STORED_BYTES, ModelFetching, most_to_fetch
from swarmstt.node.models.transfers import MOST_MODEL_BYTES, ModelTransfers
from swarmstt.speech.models.store import ModelStore
from swarmstt.swarm.links.messages import NeededModel
from tests.support.waiting import eventually

LIAR = NodeId("liar")


class FakeEngines:
    """Have no model."""

    model_hashes = frozenset[str]()


class FakeTransfers:
    """Notes how large each model may be, and gets none."""

    def __init__(self) -> None:
        self.most_bytes: list[int] = []

    @asynccontextmanager
    async def holding(self, folder: Path) -> AsyncIterator[None]:
        yield

    def holders(self, first: NodeId) -> list[Any]:
        return []

    async def fetch(self, *what: Any, most_bytes: int) -> None:
        self.most_bytes.append(most_bytes)
        raise PeerError

    def ended(self, model: str) -> None:
        pass


def fill(folder: Path, size_bytes: int) -> None:
    """Makes a file of that size, which takes no room."""
    folder.mkdir(parents=True)
    with (folder / "model.bin").open("wb") as file:
        file.truncate(size_bytes)


def test_a_model_that_others_need_is_no_larger_than_any(tmp_path: Path) -> None:
    assert most_to_fetch(tmp_path / "none yet") == MOST_MODEL_BYTES
    fill(tmp_path / "large", MOST_STORED_BYTES - 10**6)
    assert 0 < most_to_fetch(tmp_path) <= 10**6
    fill(tmp_path / "other", 10**6)
    assert most_to_fetch(tmp_path) <= 0


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
    assert most_to_fetch(tmp_path) == MOST_MODEL_BYTES


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
        await eventually(lambda: len(transfers.most_bytes) == 2)
    finally:
        running.cancel()
    assert all(each <= 10**6 for each in transfers.most_bytes)
