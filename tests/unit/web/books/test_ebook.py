"""The row that gives a book its ebook."""

from __future__ import annotations

import pytest
from aiohttp import FormData

from tests.unit.web.conftest import Client
from tests.unit.web.fake_node import FakeNode, book


def form(*names: str, field: str = "file") -> FormData:
    data = FormData()
    for name in names:
        data.add_field(field, b"an ebook", filename=name)
    return data


async def test_an_ebook_is_given_with_its_name_and_nothing_is_left_behind(client: Client, node: FakeNode) -> None:
    node.put_book(book("aaaa0000", state="done"))
    answer = await client.post("/books/aaaa0000/ebook", data=form("Moby Dick.epub"))
    assert answer.status == 200
    assert node.calls[-1] == ("add_ebook", "aaaa0000", b"an ebook", "Moby Dick.epub")
    assert (await (await client.get("/books/aaaa0000")).json())["ebook"]["name"] == "Moby Dick.epub"
    assert [path for path in node.folder.iterdir() if path.name.startswith("upload")] == []


@pytest.mark.parametrize(
    ("names", "field", "reason"),
    [(["a.epub", "b.epub"], "file", "one ebook"), ([], "file", "No file came"), (["a.epub"], "other", "another name")],
)
async def test_anything_else_is_refused(
    client: Client, node: FakeNode, names: list[str], field: str, reason: str
) -> None:
    node.put_book(book("aaaa0000", state="done"))
    data = form(*names, field=field)
    if not names:
        data.add_field("name", "x", content_type="text/plain")
    answer = await client.post("/books/aaaa0000/ebook", data=data)
    assert answer.status == 400
    body = await answer.json()
    assert reason in body["error"] or "no option" in body["error"]
    assert [path for path in node.folder.iterdir() if path.name.startswith("upload")] == []


async def test_a_book_that_is_not_there_has_none(client: Client, node: FakeNode) -> None:
    assert (await client.post("/books/bbbb0000/ebook", data=form("a.epub"))).status == 404
    assert (await client.post("/books/bbbb0000/ebook", json={})).status == 400
