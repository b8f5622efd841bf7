"""Books are looked at while their model is warmed up."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from swarmstt.core.requests import BookOptions
from swarmstt.errors import InputError, SwarmError
from swarmstt.node import adding
from swarmstt.node.adding import Adding
from swarmstt.node.node import Node


class SlowModel:
    """Takes until it is cancelled to be ready."""

    def __init__(self) -> None:
        self.began = asyncio.Event()
        self.was_cancelled = False

    async def ready(self, name: str) -> str:
        self.began.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.was_cancelled = True
            raise
        return name


async def test_a_book_that_is_none_ends_the_warming_up(monkeypatch: pytest.MonkeyPatch) -> None:
    model = SlowModel()

    async def has_model(name: str) -> bool:
        return True

    async def fails(files: object) -> None:
        await model.began.wait()
        raise InputError("It has no audio files in it.")

    monkeypatch.setattr(adding, "probe", fails)
    node = SimpleNamespace(model="base", offering=model, engines=SimpleNamespace(has_model=has_model))
    with pytest.raises(InputError):
        await Adding(cast(Node, node)).add(cast(Any, None), BookOptions())
    assert model.was_cancelled


async def test_also_where_several_are_given(tmp_path: Path) -> None:
    model = SlowModel()

    async def has_model(name: str) -> bool:
        model.began.set()
        return True

    node = SimpleNamespace(model="base", offering=model, engines=SimpleNamespace(has_model=has_model))
    [answer] = await Adding(cast(Node, node)).add_each([str(tmp_path)], BookOptions())
    assert isinstance(answer, SwarmError)
    assert asyncio.all_tasks() == {asyncio.current_task()}
