"""Books are given to a node some at a time, and a terminal shows how far that is."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from swarmstt.cli.books import PATHS_AT_A_TIME, add, transcribe
from swarmstt.cli.probing import ProbingBar
from swarmstt.config import Config
from swarmstt.core.requests import AddedBook
from swarmstt.errors import InputError, LocalError, NoNodeError, NotFoundError, SwarmError
from swarmstt.ids import BookId
from swarmstt.node.data_dir import Folders, announce
from swarmstt.web.api.views import BookView
from swarmstt.web.app import build_app, serve
from tests.unit.web.fake_node import FakeNode


class Leaving(FakeNode):
    """Takes the first books that it is asked for; what happens then is `ending`."""

    def __init__(self, folder: Path, ending: BaseException) -> None:
        super().__init__(folder)
        self.ending = ending

    async def add_paths(self, *arguments: Any) -> list[AddedBook | SwarmError]:
        if any(call[0] == "add_paths" for call in self.calls):
            raise self.ending
        return await super().add_paths(*arguments)


class Losing(FakeNode):
    """Its first book is done; the others were removed as soon as they were added."""

    async def book(self, book_id: BookId) -> BookView:
        if book_id != min(each["book_id"] for each in await self.books()):
            raise NotFoundError(f"There is no book {book_id}.")
        return {**await super().book(book_id), "state": "done", "files": [{"format": "txt", "path": "/texts/1.txt"}]}


def terminal() -> tuple[Console, io.StringIO]:
    drawn = io.StringIO()
    return Console(file=drawn, force_terminal=True, width=80), drawn


async def timers() -> None:
    """Lets the timers run that are due."""
    turn = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(0.0, turn.set_result, None)
    await turn


async def test_a_terminal_shows_how_many_are_probed() -> None:
    console, drawn = terminal()
    with ProbingBar(30, console=console, quiet_seconds=0.0) as probing_bar:
        probing_bar.probed(10)
        await timers()
        probing_bar.probed(10)
    assert "looking at 30 books" in drawn.getvalue()
    assert "20/30" in drawn.getvalue()


async def test_what_is_soon_done_or_hidden_shows_nothing() -> None:
    console, drawn = terminal()
    with ProbingBar(30, console=console) as probing_bar:
        probing_bar.probed(30)
    with ProbingBar(30, console=console, quiet_seconds=0.0) as probing_bar:
        probing_bar.hide()
        await timers()
    assert drawn.getvalue() == ""


async def test_elsewhere_than_on_a_terminal_nothing_is_shown() -> None:
    drawn = io.StringIO()
    with ProbingBar(30, console=Console(file=drawn), quiet_seconds=0.0) as probing_bar:
        await timers()
        probing_bar.probed(30)
    assert drawn.getvalue() == ""


async def test_many_books_are_given_some_at_a_time_in_their_order(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And only those that were taken may look like one book, or like several."""
    remarked: list[str] = []

    async def remark_on(paths: Sequence[str], *, one_book: bool) -> None:
        remarked.extend(Path(path).name for path in paths)

    monkeypatch.setattr("swarmstt.cli.books.remark_on", remark_on)
    node = FakeNode(tmp_path)
    names = [f"{number}.mp3" for number in range(PATHS_AT_A_TIME + 2)]
    names[3] = "missing.mp3"
    folders = Folders(tmp_path)
    async with serve(build_app(node.ports), 0) as port:
        announce(folders, f"http://127.0.0.1:{port}")
        assert await add(Config(), folders, names) == 1
    said = capsys.readouterr()
    taken = [line.partition(":")[0] for line in said.out.splitlines()]
    assert taken == remarked == [name for name in names if name != "missing.mp3"]
    assert said.err == "swarmstt: missing.mp3 does not exist: check the path.\n"
    asked = [len(call[1]) for call in node.calls if call[0] == "add_paths"]
    assert asked == [PATHS_AT_A_TIME, 2]


@pytest.mark.parametrize(
    ("ending", "error"), [(asyncio.CancelledError(), NoNodeError), (InputError("This disk is full."), LocalError)]
)
async def test_what_was_taken_is_said_where_the_node_fails_before_the_end(
    ending: BaseException, error: type[Exception], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    node = Leaving(tmp_path, ending)
    names = ["missing.mp3", *(f"{number}.mp3" for number in range(PATHS_AT_A_TIME))]
    folders = Folders(tmp_path)
    async with serve(build_app(node.ports), 0) as port:
        announce(folders, f"http://127.0.0.1:{port}")
        with pytest.raises(error):
            await add(Config(), folders, names)
    said = capsys.readouterr()
    assert [line.partition(":")[0] for line in said.out.splitlines()] == names[1:PATHS_AT_A_TIME]
    assert said.err == "swarmstt: missing.mp3 does not exist: check the path.\n"


async def test_who_waits_for_books_hears_what_is_wrong_with_some_where_the_node_refuses_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    node = Leaving(tmp_path, InputError("This disk is full."))
    folders = Folders(tmp_path)
    async with serve(build_app(node.ports), 0) as port:
        announce(folders, f"http://127.0.0.1:{port}")
        with pytest.raises(LocalError, match="This disk is full"):
            await transcribe(Config(), folders, ["missing.mp3", *["1.mp3"] * PATHS_AT_A_TIME], given=())
    assert "swarmstt: missing.mp3 does not exist: check the path.\n" in capsys.readouterr().err


async def test_who_waits_for_several_books_gets_the_others_when_one_is_removed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = Folders(tmp_path)
    async with serve(build_app(Losing(tmp_path).ports), 0) as port:
        announce(folders, f"http://127.0.0.1:{port}")
        assert await transcribe(Config(), folders, ["1.mp3", "2.mp3"], given=()) == 1
    said = capsys.readouterr()
    assert said.out == "/texts/1.txt\n"
    assert "swarmstt: 2.mp3 was removed from this PC's books meanwhile." in said.err
