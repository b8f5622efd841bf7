"""An upload that looks like several books is answered with a question, if whoever sends it can answer."""

from __future__ import annotations

from tests.unit.web.books.test_upload import form, left_behind
from tests.unit.web.conftest import Client
from tests.unit.web.fake_node import FakeNode

FILES = (("Emma.mp3", b"e"), ("Dracula.mp3", b"d"))


async def test_it_is_asked_and_taken_as_the_answer_says(client: Client, node: FakeNode) -> None:
    node.several = [{"title": "Dracula", "files": ["Dracula.mp3"]}, {"title": "Emma", "files": ["Emma.mp3"]}]
    for apart, names in ((True, ["Dracula.mp3", "Emma.mp3"]), (False, ["Dracula"])):
        answer = await client.post("/upload", data=form(*FILES, ask="yes"))
        assert answer.status == 202
        assert await answer.json() == {"upload_id": "u1", "name": "Dracula", "books": node.several}
        answer = await client.post("/uploads/u1", json={"apart": apart})
        assert answer.status == 201
        assert [each["filename"] for each in (await answer.json())["books"]] == names
    assert (await client.post("/uploads/u1", json={"apart": True})).status == 404


async def test_nobody_is_asked_who_does_not_say_so_or_gives_one_book(client: Client, node: FakeNode) -> None:
    assert (await client.post("/upload", data=form(*FILES, ask="yes"))).status == 201
    node.several = [{"title": "Emma", "files": ["Emma.mp3"]}]
    assert (await client.post("/upload", data=form(*FILES))).status == 201
    assert [call[0] for call in node.calls] == ["ask", "add_upload", "add_upload"]


async def test_a_folder_is_told_from_loose_files(client: Client, node: FakeNode) -> None:
    await client.post("/upload", data=form(("Dune/1.mp3", b"1"), ("Dune/2.mp3", b"2"), ask="yes"))
    assert node.calls[0] == ("ask", [("1.mp3",), ("2.mp3",)], True)


async def test_an_answer_says_yes_or_no(client: Client, node: FakeNode) -> None:
    assert (await client.post("/uploads/u1", json={"apart": "perhaps"})).status == 400
    assert left_behind(node) == []
