"""A model is chosen with real engines: tiny.en and base, which need no hub, stand for the steps."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from swarmstt.config import Config
from swarmstt.core.requests import BookOptions
from swarmstt.node.data_dir import Folders
from swarmstt.node.engines.sample import SAMPLE
from swarmstt.node.models.deciding import Deciding
from swarmstt.node.opening import Company, open_node
from swarmstt.speech.audio.book_files import find_book
from tests.e2e.support.home import model_folder

pytestmark = pytest.mark.e2e


async def test_the_best_model_that_is_done_in_time(tmp_path: Path) -> None:
    folders = Folders(tmp_path / "data")
    folders.make()
    shutil.copytree(model_folder(), folders.data_dir / "models" / "tiny.en")
    files = find_book(Path(str(SAMPLE)) / "spoken.mp3")
    config = Config(data_dir=folders.data_dir, device="cpu", slots=1, threads=1)
    async with open_node(config, folders, Company.NONE) as node:
        deciding = Deciding(
            node.profile, node.engines, node.offering, node.library, node.speeds, steps=("tiny.en", "base")
        )
        best = await deciding.settings_for(BookOptions(model="auto", done_within_hours=1000.0), files)
        assert best.chosen is not None
        assert (best.model, best.chosen.reason) == ("base", "in_time")
        assert (best.chosen.expected_seconds or 0.0) > 0.0
        soonest = await deciding.settings_for(BookOptions(model="auto", done_within_hours=1e-9), files)
        assert soonest.chosen is not None
        assert (soonest.model, soonest.chosen.reason) == ("tiny.en", "fastest")
        await node.engines.warm_up(soonest.model_hash)  # what was begun is over before the node ends
