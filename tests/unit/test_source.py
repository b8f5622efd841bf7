"""ARCHITECTURE.md names what is there, and shows every room; no room of the source is overfull, no module long."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "swarmstt"
TEXT = (PACKAGE / "ARCHITECTURE.md").read_text(encoding="utf-8")
MOST_MODULES = 18
"""In one folder."""
MOST_LINES = {"swarmstt": 250, "tray": 250, "tests": 400}
"""That are not blank, of a module. What is longer has a second thing in it."""
TOP = {"swarmstt", "tray", "tests", "pyproject.toml", "README.md", "LICENSE"}
NOT_ROOMS = {"__pycache__", "sample"}


def rooms_of(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir() if each.is_dir() and each.name not in NOT_ROOMS}


def test_nothing_new_lies_at_the_top() -> None:
    """Where the checkout is git's, which knows what was made here and what belongs to the project."""
    listed = subprocess.run(["git", "-C", str(ROOT), "ls-files"], capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("this is no checkout of git's")
    top = {path.partition("/")[0] for path in listed.stdout.splitlines()}
    assert {name for name in top if not name.startswith(".")} <= TOP


def test_every_file_that_is_named_is_there() -> None:
    named = set(re.findall(r"`([\w/]+(?:\.py|\.sql|\.js|/))`", TEXT))
    assert len(named) > 40
    assert [each for each in sorted(named) if not ((PACKAGE / each).exists() or (ROOT / each).exists())] == []


def test_every_room_is_shown() -> None:
    shown = {
        line[1]: set(re.findall(r"(\w+)/", line[2])) for line in re.finditer(r"^    (\w+)/ (.*)$", TEXT, re.MULTILINE)
    }
    there = {layer: rooms_of(PACKAGE / layer) for layer in rooms_of(PACKAGE) - {"docs"}}
    shown.pop("sample")
    assert shown == there


def test_no_room_is_overfull() -> None:
    folders = [each.parent for top in ("swarmstt", "tray", "tests") for each in (ROOT / top).rglob("*.py")]
    folders += [each.parent for each in (PACKAGE / "web" / "static").rglob("*.js")]
    counts = {
        str(folder.relative_to(ROOT)): len([*folder.glob("*.js"), *folder.glob("[!_]*.py")]) for folder in set(folders)
    }
    assert {name: count for name, count in counts.items() if count > MOST_MODULES} == {}


def test_no_module_is_long() -> None:
    modules = [each for top in MOST_LINES for end in ("py", "js") for each in (ROOT / top).rglob(f"*.{end}")]
    long = {str(each.relative_to(ROOT)) for each in modules if lines_of(each) > MOST_LINES[top_of(each)]}
    assert long == set(), "split it"


def lines_of(module: Path) -> int:
    return sum(bool(line.strip()) for line in module.read_text(encoding="utf-8").splitlines())


def top_of(module: Path) -> str:
    return module.relative_to(ROOT).parts[0]
