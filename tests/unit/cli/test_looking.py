"""Books are given to a node some at a time, and a terminal shows how far that is."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import pytest
from rich.console import Console

from swarmstt.cli.books import PATHS_AT_A_TIME, add
from swarmstt.cli.looking import Looking
from swarmstt.config import Config
from swarmstt.node.folders import Folders, announce
from swarmstt.web.app import build_app, serve
from tests.unit.web.fake_node import FakeNode


def terminal() -> tuple[Console, io.StringIO]:
    drawn = io.StringIO()
    return Console(file=drawn, force_terminal=True, width=80), drawn


async def timers() -> None:
    """Lets the timers run that are due."""
    turn = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(0.0, turn.set_result, None)
    await turn


async def test_a_terminal_shows_how_many_are_looked_at() -> None:
    console, drawn = terminal()
    with Looking(30, console=console, quiet_seconds=0.0) as looking:
        looking.looked(10)
        await timers()
        looking.looked(10)
    assert "looking at 30 books" in drawn.getvalue()
    assert "20/30" in drawn.getvalue()


async def test_what_is_soon_done_or_hidden_shows_nothing() -> None:
    console, drawn = terminal()
    with Looking(30, console=console) as looking:
        looking.looked(30)
    with Looking(30, console=console, quiet_seconds=0.0) as looking:
        looking.hide()
        await timers()
    assert drawn.getvalue() == ""


async def test_elsewhere_than_on_a_terminal_nothing_is_shown() -> None:
    drawn = io.StringIO()
    with Looking(30, console=Console(file=drawn), quiet_seconds=0.0) as looking:
        await timers()
        looking.looked(30)
    assert drawn.getvalue() == ""


async def test_many_books_are_given_some_at_a_time_in_their_order(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    node = FakeNode(tmp_path)
    names = [f"{number}.mp3" for number in range(PATHS_AT_A_TIME + 2)]
    names[3] = "missing.mp3"
    folders = Folders(tmp_path)
    async with serve(build_app(node), 0) as port:
        announce(folders, f"http://127.0.0.1:{port}")
        assert await add(Config(), folders, names) == 1
    said = capsys.readouterr()
    taken = [line.partition(":")[0] for line in said.out.splitlines()]
    assert taken == [name for name in names if name != "missing.mp3"]
    assert said.err == "swarmstt: missing.mp3 does not exist: check the path.\n"
    asked = [len(call[1]) for call in node.calls if call[0] == "add_paths"]
    assert asked == [PATHS_AT_A_TIME, 2]
