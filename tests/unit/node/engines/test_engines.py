"""Which model is in memory when."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest

from swarmstt.config import Config
from swarmstt.errors import ConflictError, ModelError
from swarmstt.node.engines.engines import Engines
from swarmstt.node.engines.model_turns import ModelTurns
from swarmstt.speech.engine.engine import Engine
from swarmstt.speech.models.store import ModelStore
from tests.support.waiting import settled


def model_in(folder: Path) -> Path:
    """A folder that looks like a model, with other weights than any other."""
    folder.mkdir()
    for name in ("model.bin", "config.json", "tokenizer.json", "vocabulary.txt"):
        (folder / name).write_text(f"{folder.name} {name}")
    return folder


class FakeEngines:
    """Makes engines that say when somebody begins with them, and are used until they may go on."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.begins = asyncio.Event()
        self.may_end: list[asyncio.Event] = []
        self.may_close = asyncio.Event()
        self.may_close.set()
        self.closed: list[str] = []

    def make(self, settings: Any, **_: Any) -> Engine:
        return cast("Engine", FakeEngine(self, settings.model_folder.name))

    async def until_begun(self, *names: str) -> None:
        while self.begun != list(names):
            assert len(self.begun) < len(names), self.begun
            self.begins.clear()
            await asyncio.wait_for(self.begins.wait(), 60)


class FakeEngine:
    notice = None

    def __init__(self, engines: FakeEngines, name: str) -> None:
        self._engines = engines
        self._name = name

    async def __aenter__(self) -> FakeEngine:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._engines.may_close.wait()
        self._engines.closed.append(self._name)

    async def detect_language(self, clips: object, among: object = ()) -> tuple[str, float]:
        self._engines.begun.append(self._name)
        return "de", 0.9

    def end_child(self) -> None:
        self._engines.begun.remove(self._name)

    async def start(self) -> None:
        may_end = asyncio.Event()
        self._engines.begun.append(self._name)
        self._engines.may_end.append(may_end)
        self._engines.begins.set()
        await may_end.wait()


@pytest.fixture
def fakes() -> FakeEngines:
    return FakeEngines()


@pytest.fixture
async def engines(tmp_path: Path, fakes: FakeEngines) -> AsyncIterator[Engines]:
    async with Engines(Config(), ModelStore(tmp_path), "anna", make_engine=fakes.make) as opened:
        yield opened


async def test_users_of_one_model_do_not_starve_those_of_another(
    engines: Engines, fakes: FakeEngines, tmp_path: Path
) -> None:
    """Users of the first overlap without end; who waits for the second goes when those end that were there before."""
    first, second = [await engines.obtain(str(model_in(tmp_path / name))) for name in ("first", "second")]
    uses = [asyncio.ensure_future(engines.warm_up(first))]
    await fakes.until_begun("first")
    for model_hash in (second, first, second, first):
        uses.append(asyncio.ensure_future(engines.warm_up(model_hash)))
        await settled()
    assert fakes.begun == ["first"]
    fakes.may_end[0].set()
    await fakes.until_begun("first", "second", "second")  # both that wait for it: it is loaded once for them
    await settled()
    fakes.may_end[1].set()
    fakes.may_end[2].set()
    await fakes.until_begun("first", "second", "second", "first", "first")
    for each in fakes.may_end:
        each.set()
    await asyncio.gather(*uses)


async def test_while_nobody_wants_another_model_all_go_ahead(
    engines: Engines, fakes: FakeEngines, tmp_path: Path
) -> None:
    first, second = [await engines.obtain(str(model_in(tmp_path / name))) for name in ("first", "second")]
    uses = [asyncio.ensure_future(engines.warm_up(first))]
    await fakes.until_begun("first")
    gave_up = asyncio.ensure_future(engines.warm_up(second))
    await settled()
    uses.append(asyncio.ensure_future(engines.warm_up(first)))
    await settled()
    assert fakes.begun == ["first"]
    gave_up.cancel()
    await fakes.until_begun("first", "first")
    for each in fakes.may_end:
        each.set()
    await asyncio.gather(*uses)


async def test_a_model_that_cannot_be_had_keeps_nobody_waiting(
    engines: Engines, fakes: FakeEngines, tmp_path: Path
) -> None:
    first = await engines.obtain(str(model_in(tmp_path / "first")))
    use = asyncio.ensure_future(engines.warm_up(first))
    await fakes.until_begun("first")
    unknown = asyncio.ensure_future(engines.warm_up("0" * 64))
    await settled()
    again = asyncio.ensure_future(engines.warm_up(first))
    fakes.may_end[0].set()
    with pytest.raises(ModelError):
        await unknown
    await fakes.until_begun("first", "first")
    fakes.may_end[1].set()
    await asyncio.gather(use, again)


async def test_a_model_that_is_removed_does_not_take_along_the_one_that_is_asked_for_meanwhile(
    engines: Engines, fakes: FakeEngines, tmp_path: Path
) -> None:
    first, second = [await engines.obtain(str(model_in(tmp_path / name))) for name in ("first", "second")]

    async def remove() -> None:
        async with engines.forgetting(first):
            pass

    use = asyncio.ensure_future(engines.warm_up(first))
    await fakes.until_begun("first")
    with pytest.raises(ConflictError, match="first is in use"):
        await remove()
    fakes.may_end[0].set()
    await use
    fakes.may_close.clear()
    removing = asyncio.ensure_future(remove())
    await settled()
    use = asyncio.ensure_future(engines.warm_up(second))
    await settled()
    fakes.may_close.set()
    await removing
    await fakes.until_begun("first", "second")
    fakes.may_end[1].set()
    await use
    assert fakes.closed == ["first"]
    assert engines.model_hashes == {second}


@pytest.mark.parametrize("rests", [False, True])
async def test_a_pc_that_rests_finds_a_language_and_rests_again(
    fakes: FakeEngines, tmp_path: Path, rests: bool
) -> None:
    store = ModelStore(tmp_path)
    async with Engines(Config(), store, "anna", make_engine=fakes.make, is_resting=lambda: rests) as engines:
        model_hash = await engines.obtain(str(model_in(tmp_path / "model")))
        assert await engines.detect_language(model_hash, [], ()) == ("de", 0.9)
    assert fakes.begun == ([] if rests else ["model"])


async def test_what_is_outdated_is_replaced_when_nobody_uses_it() -> None:
    """Who waits for the same setting again does not go with those who still use the old."""
    in_place = {"a": True}
    turns = ModelTurns(lambda setting: in_place.get(setting, False))
    async with turns.turn("a"):
        pass
    await turns.change(in_place.clear)

    async def come() -> int:
        async with turns.turn("a"):
            found = turns.user_count
            in_place["a"] = True
        return found

    coming = asyncio.ensure_future(come())
    await settled()
    assert not coming.done()
    await turns.leave()
    assert await coming == 0
