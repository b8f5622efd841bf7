"""The rows on which a person changes chapters and names."""

from __future__ import annotations

from typing import Any

import pytest

from swarmstt.core.edits import WantedChapter
from tests.unit.web.conftest import Client
from tests.unit.web.fake_node import FakeNode, book

CHAPTERS = [{"title": " One ", "start": 0}, {"title": "Two", "start": 61.5}]


async def test_all_chapters_of_a_book_are_sent_together(client: Client, node: FakeNode) -> None:
    node.put_book(book("aaaa0000", state="done"))
    wanted = [WantedChapter(title="One", start=0.0), WantedChapter(title="Two", start=61.5)]
    for sent, expected in ((CHAPTERS, wanted), ([], []), (None, None)):
        assert (await client.post("/books/aaaa0000/chapters", json={"chapters": sent})).status == 200
        assert node.calls[-1] == ("set_chapters", "aaaa0000", expected)
    assert (await client.post("/books/bbbb0000/chapters", json={"chapters": None})).status == 404


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({}, "chapters is missing"),
        ({"chapters": "all"}, "must be a list"),
        ({"chapters": [{}] * 10_001}, "at most 10000"),
        ({"chapters": ["One"]}, "a title and a start"),
        ({"chapters": [{"title": " ", "start": 0}]}, "The title of a chapter is missing"),
        ({"chapters": [{"title": "One", "start": -1}]}, "The start of One must be a number"),
        ({"chapters": [{"title": "One", "start": "0:10"}]}, "The start of One must be a number"),
    ],
)
async def test_chapters_that_make_no_sense_are_refused(
    client: Client, node: FakeNode, body: dict[str, Any], reason: str
) -> None:
    node.put_book(book("aaaa0000", state="done"))
    answer = await client.post("/books/aaaa0000/chapters", json=body)
    assert answer.status == 400
    assert reason in (await answer.json())["error"]


async def test_names_are_sent_with_what_they_replace(client: Client, node: FakeNode) -> None:
    node.put_book(book("aaaa0000", state="done"))
    answer = await client.post("/books/aaaa0000/names", json={"respelled": {"Armstein": "Armstrong"}})
    assert answer.status == 200
    assert node.calls[-1] == ("set_respellings", "aaaa0000", {"Armstein": "Armstrong"})
    assert (await (await client.get("/books/aaaa0000")).json())["respelled"] == {"Armstein": "Armstrong"}


@pytest.mark.parametrize(
    "respelled",
    [None, ["a"], {"a": ""}, {"a": 1}, {"a": "b,c"}, {"a=b": "c"}, {"a": "b\n"}, {"Moby Dik": "Moby Dick"}],
)
async def test_names_that_make_no_sense_are_refused(client: Client, node: FakeNode, respelled: Any) -> None:
    node.put_book(book("aaaa0000", state="done"))
    assert (await client.post("/books/aaaa0000/names", json={"respelled": respelled})).status == 400
    assert node.calls == []
