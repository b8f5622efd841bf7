"""ARCHITECTURE.md names what is there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "swarmstt" / "ARCHITECTURE.md").read_text(encoding="utf-8")


def test_every_file_that_is_named_is_there() -> None:
    named = set(re.findall(r"`([\w/]+(?:\.py|\.sql|\.js|/))`", TEXT))
    assert len(named) > 40
    assert [each for each in sorted(named) if not ((ROOT / "swarmstt" / each).exists() or (ROOT / each).exists())] == []


def test_every_room_is_shown() -> None:
    rooms = {path.parent.name for path in (ROOT / "swarmstt").glob("*/__init__.py")} - {"sample"}
    shown = set(re.findall(r"^    (\w+)/ ", TEXT, re.MULTILINE))
    assert shown == rooms
