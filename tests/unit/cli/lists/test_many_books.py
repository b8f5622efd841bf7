"""A list of many books: few are at the node at a time, and each has an end."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any, cast

import pytest

from swarmstt.cli.client import Client
from swarmstt.cli.lists import many_books
from swarmstt.cli.lists.look_ahead import LEAST_AT_ONCE, MOST_AT_ONCE, AtNode
from swarmstt.cli.lists.many_books import ManyBooks
from swarmstt.core.requests import BookOptions
from swarmstt.errors import NotFoundError
from swarmstt.node.data_dir import Folders


class FakeNode:
    """Writes a book's transcript when it is asked for it a second time. A path with a word in it has that fate."""

    def __init__(self, slots: int = 1, looks: int = 2) -> None:
        self.slots = slots
        self.looks = looks
        """So often each book is looked at until it is done."""
        self.parts = 1
        self.books: dict[str, dict[str, Any]] = {}
        self.known: set[str] = set()
        self.added: list[str] = []
        self.most_at_once = 0
        self.breaks_after = 10**9

    async def add(self, paths: list[str], options: BookOptions) -> Any:
        [path] = paths
        if len(self.added) >= self.breaks_after:
            raise ConnectionError
        self.added.append(path)
        if "missing" in path:
            return {"books": [], "errors": [{"error": f"{path} does not exist"}]}
        book_id = "twin" if "twin" in path else path
        known = book_id in self.known or book_id in self.books
        if book_id not in self.books:
            out = Path(str(options.output_dir)) / f"{Path(path).stem}.txt"
            self.books[book_id] = {"path": path, "looks": 0, "out": out}
        self.most_at_once = max(self.most_at_once, len(self.books))
        return {"books": [{"book_id": book_id, "known": known, "given": path, "filename": path}], "errors": []}

    async def get(self, path: str) -> Any:
        if path == "/status":
            return {"workers": [{"slots": self.slots, "state": "idle"}]}
        book = self.books.get(path.removeprefix("/books/"))
        if book is None:
            raise NotFoundError
        book["looks"] += 1
        view = {"state": "open", "paused": False, "reason": None, "speed": 2.0, "files": [], "gaps": []}
        view |= {"read_whole": True, "tasks": {"total": self.parts, "completed": 0, "failed": 0}}
        view |= {"duration": 5.0, "language": "en", "model": "base", "ebook": None}
        if book["looks"] < self.looks:
            return view
        if "damaged" in book["path"]:
            return {**view, "state": "failed", "reason": f"{book['path']} is damaged"}
        book["out"].parent.mkdir(parents=True, exist_ok=True)
        book["out"].write_text("words", encoding="utf-8")
        gaps = [{"start": 1.0, "end": 2.0, "reason": "x"}] if "gap" in book["path"] else []
        if "ebook" in book["path"]:
            trouble = "b.epub is damaged." if "bad ebook" in book["path"] else None
            view["ebook"] = {"name": "b.epub", "trouble": trouble, "report": None}
        return {**view, "state": "done", "files": [{"path": str(book["out"])}], "gaps": gaps}

    async def delete(self, path: str) -> Any:
        del self.books[path.removeprefix("/books/")]


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many_books, "POLL_SECONDS", 0.0)


def many(folder: Path, *names: str) -> ManyBooks:
    paths = [folder / "audio" / f"{name}.mp3" for name in names]
    (folder / "audio").mkdir(exist_ok=True)
    for path in paths:
        if not path.exists():
            path.write_bytes(b"x")
    (folder / "list").write_text("".join(f"{path}\n" for path in paths), encoding="utf-8")
    return ManyBooks(
        place=folder / "list",
        output_dir=folder / "out",
        options=BookOptions(),
        folders=Folders(folder / "data"),
        summary=folder / "summary.jsonl",
    )


async def run(work: ManyBooks, node: FakeNode) -> int:
    return await work.run(cast("Client", node))


def summary(folder: Path) -> dict[str, Any]:
    lines = (folder / "summary.jsonl").read_text(encoding="utf-8").splitlines()
    return {Path(each["path"]).stem: each for each in map(json.loads, lines)}


async def test_few_books_of_many_are_at_the_node_and_none_stays_there(tmp_path: Path) -> None:
    node = FakeNode()
    assert await run(many(tmp_path, *map(str, range(300))), node) == 0
    assert (len(node.added), node.books) == (300, {})
    assert node.most_at_once == 3
    assert {each["state"] for each in summary(tmp_path).values()} == {"done"}


async def test_many_helpers_have_more_short_books_at_once(tmp_path: Path) -> None:
    """And no more than they need: so many parts are open for each."""
    node = FakeNode(slots=50, looks=40)
    assert await run(many(tmp_path, *map(str, range(300))), node) == 0
    assert 100 <= node.most_at_once < 120
    node = FakeNode(slots=50, looks=40)
    node.parts = 100
    (tmp_path / "long").mkdir()
    assert await run(many(tmp_path / "long", *map(str, range(20))), node) == 0
    assert node.most_at_once == LEAST_AT_ONCE


def books(count: int, *, parts: int = 4, done: int = 0, **fields: Any) -> list[dict[str, Any]]:
    tasks = {"total": parts, "completed": done, "failed": 0}
    return [{"paused": False, "read_whole": True, "tasks": tasks, **fields}] * count


@pytest.mark.parametrize(
    ("views", "slots", "room"),
    [
        ([], 0, 3),
        (books(2), 0, 1),
        (books(3), 6, 0),  # twelve parts, two for each that is decoded
        (books(3), 7, 3),
        (books(3, done=1), 6, 3),
        (books(3, read_whole=False), 100, 0),  # nobody knows yet how many parts they have
        (books(2) + books(2, read_whole=False), 100, 1),
        (books(160), 1000, 13),  # to look at all takes longer
        (books(3, paused=True), 1, 3),  # nobody works on those
        (books(MOST_AT_ONCE - 1, parts=1), 100_000, 1),
        (books(MOST_AT_ONCE, parts=1), 100_000, 0),
    ],
)
def test_how_many_books_more_are_to_be_at_the_node(views: list[dict[str, Any]], slots: int, room: int) -> None:
    assert AtNode.of(views).room(slots) == room


async def test_trouble_is_said_and_kept_and_the_rest_is_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    node = FakeNode()
    assert await run(many(tmp_path, "a", "missing", "damaged", "gap", "b"), node) == 1
    found = summary(tmp_path)
    assert {name: each["state"] for name, each in found.items()} == {
        "a": "done", "missing": "failed", "damaged": "failed", "gap": "gaps", "b": "done",
    }  # fmt: skip
    assert found["damaged"]["reason"].endswith("is damaged")
    assert found["gap"]["gaps"] == [{"start": 1.0, "end": 2.0, "reason": "x"}]
    assert {Path(each).stem for each in node.books} == {"damaged", "gap"}  # they can be tried again
    said = capsys.readouterr().err
    assert "missing.mp3 does not exist" in said
    assert "2 books are done; 3 could not be done, or not wholly." in said


async def test_a_summary_is_written_though_no_book_was(tmp_path: Path) -> None:
    """Which would have made the folder for it."""
    work = many(tmp_path, "missing")
    work.summary = tmp_path / "out" / "summary.jsonl"
    assert await run(work, FakeNode()) == 1
    assert "missing.mp3 does not exist" in work.summary.read_text(encoding="utf-8")


async def test_a_book_without_its_ebook_is_trouble(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    node = FakeNode()
    names = ("good ebook", "bad ebook", "gap and bad ebook")
    assert await run(many(tmp_path, *names), node) == 1
    found = summary(tmp_path)
    assert [found[name]["state"] for name in names] == ["done", "no_ebook", "gaps"]
    assert found["bad ebook"]["reason"].endswith("bad ebook.mp3 is written without its ebook: b.epub is damaged.")
    assert found["gap and bad ebook"]["reason"].endswith("it has 1 gap. b.epub is damaged.")
    assert {Path(each).stem for each in node.books} == {"bad ebook", "gap and bad ebook"}
    said = capsys.readouterr().err
    assert "good ebook.mp3: b.epub is used" in said
    assert "1 book is done; 2 could not be done, or not wholly." in said
    assert await run(many(tmp_path, *names), node) == 1  # tried again
    assert node.added.count(str(tmp_path / "audio" / "bad ebook.mp3")) == 2


async def test_a_list_that_was_broken_off_goes_on_where_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = list(map(str, range(20)))
    first = FakeNode()
    first.breaks_after = 10
    with pytest.raises(ConnectionError):
        await run(many(tmp_path, *names), first)
    assert {each["state"] for each in summary(tmp_path).values()} == {"done", "open"}
    second = FakeNode()
    second.known = set(first.added)
    assert await run(many(tmp_path, *names), second) == 0
    done_before = sum((tmp_path / "out" / f"{name}.txt").exists() for name in names) - len(second.added)
    assert 0 < done_before == 20 - len(second.added)
    assert second.books == {}  # also those that the first had added
    assert f"20 books are done ({done_before} of them before)." in capsys.readouterr().err


async def test_a_book_of_a_persons_own_stays(tmp_path: Path) -> None:
    node = FakeNode()
    node.known.add(str(tmp_path / "audio" / "a.mp3"))
    assert await run(many(tmp_path, "a", "b"), node) == 0
    assert {Path(each).stem for each in node.books} == {"a"}


async def test_the_same_book_by_two_paths_is_there_twice_and_one_path_twice_is_one(tmp_path: Path) -> None:
    node = FakeNode()
    assert await run(many(tmp_path, "twin 1", "a", "twin 2", "a"), node) == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.txt", "twin 1.txt", "twin 2.txt"]
    assert list(summary(tmp_path)) == ["twin 1", "a", "twin 2"]


async def test_a_book_that_somebody_removes_is_trouble(tmp_path: Path) -> None:
    node = FakeNode()
    work = asyncio.ensure_future(run(many(tmp_path, "a"), node))
    while not node.books:
        await asyncio.sleep(0)
    node.books.clear()
    assert await work == 1
    assert "removed" in summary(tmp_path)["a"]["reason"]
