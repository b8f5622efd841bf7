"""A terminal that is made narrower wraps what stands on it: nothing of a bar stays behind."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from rich.progress import BarColumn, TextColumn

from swarmstt.cli.system.bars import Bars, wraps_on_resize

ROW_ABOVE = "\x1b[1A\x1b[2K"


def rows_erased(*widths: int, **environ: str) -> list[int]:
    """Draws two bars at each of these widths; returns how many rows above its own each drawing but the first erases."""
    file, erased = io.StringIO(), []
    console = Console(file=file, force_terminal=True, width=widths[0], height=20)
    columns = TextColumn("x" * 30), BarColumn()
    with Bars(*columns, environ=environ, console=console, auto_refresh=False) as bars:
        for _ in range(2):
            bars.add_task("")
        bars.refresh()
        for width in widths[1:]:
            console.width = width
            file.seek(0)
            file.truncate()
            bars.refresh()
            erased.append(file.getvalue().count(ROW_ABOVE))
    return erased


def test_as_many_rows_go_as_the_bars_take_now() -> None:
    """They are 71 columns wide if there is room."""
    assert rows_erased(100, 100, 50, 50, 100) == [1, 3, 1, 1]
    assert rows_erased(100, 30) == [5]


def test_a_terminal_that_cuts_lines_off_keeps_the_rows_above() -> None:
    assert rows_erased(100, 50, XTERM_VERSION="XTerm(379)") == [1]


@pytest.mark.parametrize(
    ("environ", "wraps"),
    [
        ({"TERM": "xterm-256color", "VTE_VERSION": "7006"}, True),
        ({"TERM": "screen", "TMUX": "/tmp/tmux", "XTERM_VERSION": "XTerm(379)"}, True),
        ({"TERM": "screen", "STY": "1.pts"}, False),
        ({"TERM": "linux"}, False),
        ({}, True),
    ],
)
def test_which_terminals_wrap(environ: dict[str, str], wraps: bool) -> None:
    assert wraps_on_resize(environ) is wraps
