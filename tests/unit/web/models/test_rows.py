"""The page's rows about models."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer

from swarmstt.errors import ConflictError
from swarmstt.ids import BookId
from swarmstt.web.app import build_app
from swarmstt.web.models.port import ModelsView
from tests.unit.web.fake_node import FakeNode


class FakeModels:
    """Implements ModelsPort."""

    def __init__(self) -> None:
        self.calls: list[Any] = []
        self.usual = "base"

    async def models(self, book_id: BookId | None = None) -> ModelsView:
        self.calls.append(("models", book_id))
        return {"models": [], "audio_seconds": 36_000.0, "model": self.usual}

    async def fetch_model(self, name: str) -> None:
        self.calls.append(("fetch", name))

    async def remove_model(self, name: str) -> None:
        raise ConflictError(f"The model {name} is needed.")


@pytest_asyncio.fixture
async def asked(tmp_path: Path) -> AsyncIterator[tuple[FakeModels, TestClient[Any, Any]]]:
    models = FakeModels()
    async with TestClient(TestServer(build_app(FakeNode(tmp_path).ports, models=models))) as client:
        yield models, client


async def test_the_list_may_be_for_a_book(asked: tuple[FakeModels, TestClient[Any, Any]]) -> None:
    models, client = asked
    assert (await (await client.get("/models")).json())["model"] == "base"
    assert (await client.get("/models?book_id=abc")).status == 200
    assert (await client.get("/models?book_id=")).status == 400
    assert models.calls == [("models", None), ("models", "abc")]


async def test_programs_find_the_list_that_they_know_at_the_same_path(
    asked: tuple[FakeModels, TestClient[Any, Any]],
) -> None:
    _, client = asked
    found = await (await client.get("/models")).json()
    assert found["object"] == "list"
    assert found["data"] == [{"id": "base", "created": 0, "object": "model", "owned_by": "swarmstt"}]


@pytest.mark.parametrize(
    ("usual", "named"),
    [("acme/whisper-de", "acme/whisper-de"), ("/home/a/models/own/", "own"), ("C:\\models\\own", "own")],
)
async def test_they_find_it_with_the_names_that_they_may_send(
    asked: tuple[FakeModels, TestClient[Any, Any]], usual: str, named: str
) -> None:
    models, client = asked
    models.usual = usual
    found = await (await client.get("/models")).json()
    assert [each["id"] for each in found["data"]] == [named]


async def test_a_fetch_begins(asked: tuple[FakeModels, TestClient[Any, Any]]) -> None:
    models, client = asked
    assert (await client.post("/models", json={"model": "small"})).status == 202
    assert models.calls == [("fetch", "small")]
    for wrong in ({}, {"model": ""}, {"model": 5}, {"model": "small", "now": True}):
        answer = await client.post("/models", json=wrong)
        assert (answer.status, "error" in await answer.json()) == (400, True)


async def test_what_cannot_be_removed_is_said(asked: tuple[FakeModels, TestClient[Any, Any]]) -> None:
    _, client = asked
    answer = await client.delete("/models/base")
    assert (answer.status, await answer.json()) == (409, {"error": "The model base is needed."})


async def test_a_node_without_models_has_no_such_rows(tmp_path: Path) -> None:
    async with TestClient(TestServer(build_app(FakeNode(tmp_path).ports))) as client:
        assert (await client.get("/models")).status == 404
