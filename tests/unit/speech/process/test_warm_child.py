"""A child that is there before it is needed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from swarmstt.errors import EngineError
from swarmstt.speech.process import warm_child
from swarmstt.speech.process.warm_child import WarmChild


class FakeChild:
    """Lives until it is killed."""

    def __init__(self) -> None:
        self.exit_code: int | None = None

    async def kill(self) -> None:
        self.exit_code = -9


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The children that were started."""
    children: list[Any] = []

    class Starts:
        @classmethod
        async def start(cls, role: str) -> Any:
            assert role == "writer"
            await asyncio.sleep(0)
            children.append(FakeChild())
            return children[-1]

    monkeypatch.setattr(warm_child, "ChildProcess", Starts)
    return children


async def test_one_that_was_started_ahead_is_taken(started: list[Any]) -> None:
    async with WarmChild("writer") as warm:
        warm.warm_up()
        warm.warm_up()
        taken = await warm.take()
        assert started == [taken]
        assert taken.exit_code is None
    assert taken.exit_code is None  # it belongs to whoever took it


async def test_without_one_a_new_one_is_started(started: list[Any]) -> None:
    async with WarmChild("writer") as warm:
        assert [await warm.take()] == started


async def test_none_is_started_while_one_is_lent_that_comes_back(started: list[Any]) -> None:
    async with WarmChild("writer") as warm:
        lent = await warm.lend()
        warm.warm_up()
        await warm.give_back(lent)
        assert await warm.take() is lent
        assert started == [lent]


async def _turns_of_the_loop() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_if_one_was_lent_lately_another_takes_the_place_of_one_that_is_taken(started: list[Any]) -> None:
    async with WarmChild("writer") as warm:
        await warm.give_back(await warm.lend())
        taken = await warm.take()
        await _turns_of_the_loop()
        assert len(started) == 2
        assert [taken, await warm.lend()] == started


async def test_long_after_one_was_lent_none_takes_its_place(started: list[Any]) -> None:
    async with WarmChild("writer", idle_seconds=0.0) as warm:
        await warm.lend()
        await warm.take()
        await _turns_of_the_loop()
        assert len(started) == 2


async def test_one_that_died_while_it_was_lent_does_not_come_back(started: list[Any]) -> None:
    async with WarmChild("writer") as warm:
        await (await warm.lend()).kill()
        warm.warm_up()
        assert await warm.take() is started[1]


async def test_one_that_has_died_meanwhile_is_not_taken(started: list[Any]) -> None:
    async with WarmChild("writer") as warm:
        await warm.give_back(await warm.take())
        await started[0].kill()
        assert await warm.take() is started[1]


async def test_one_that_nobody_takes_is_ended(started: list[Any]) -> None:
    async with WarmChild("writer", idle_seconds=0.0) as warm:
        await warm.give_back(await warm.take())
        while started[0].exit_code is None:
            await asyncio.sleep(0)
    async with WarmChild("writer") as other:
        other.warm_up()
    assert all(child.exit_code is not None for child in started)


async def test_whoever_needs_one_hears_that_it_cannot_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    class Fails:
        @classmethod
        async def start(cls, role: str) -> None:
            raise EngineError("A process of swarmstt cannot be started.")

    monkeypatch.setattr(warm_child, "ChildProcess", Fails)
    async with WarmChild("writer") as warm:
        warm.warm_up()
        with pytest.raises(EngineError):
            await warm.take()
