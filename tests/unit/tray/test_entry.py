"""Which program of the standalone build does what."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from swarmstt.launching import standalone_program
from swarmstt.speech.process.child import command

ENTRY = Path(__file__).resolve().parents[3] / "tray" / "installer" / "entry.py"


@pytest.mark.parametrize(
    ("program", "arguments", "does"),
    [
        ("swarmstt-tray", [], "tray"),
        ("swarmstt-tray", ["--data_dir", "up"], "tray"),
        ("swarmstt-tray", ["up", "--port", "0"], "command line"),  # a service of Windows: without a console window
        ("swarmstt", [], "command line"),
        ("swarmstt", ["transcribe", "a.mp3"], "command line"),
        ("swarmstt", ["--child", "engine"], "child engine"),
    ],
)
def test_what_a_program_does(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str, arguments: list[str], does: str
) -> None:
    done: list[str] = []

    def doing(what: str) -> Callable[[], int]:
        def do() -> int:
            done.append(what)
            return 0

        return do

    monkeypatch.setattr("swarmstt_tray.app.main", doing("tray"))
    monkeypatch.setattr("swarmstt.cli.main", doing("command line"))
    monkeypatch.setattr("swarmstt.speech.child_main.main", lambda role: done.append(f"child {role}"))
    monkeypatch.setattr(sys, "executable", str(tmp_path / f"{program}.exe"))
    monkeypatch.setattr(sys, "argv", [program, *arguments])
    assert runpy.run_path(str(ENTRY))["main"]() == 0
    assert done == [does]


def test_children_are_of_the_program_with_a_console(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whichever of the two started the node: theirs are the standard streams that children talk through."""
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "swarmstt-tray.exe"))
    assert standalone_program("swarmstt") == str(tmp_path / "swarmstt.exe")
    assert command("reader") == [str(tmp_path / "swarmstt.exe"), "--child", "reader"]
