"""A node that says what holds its event loop (tests/support/watched_node.py), and how a test asks for that."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.support.home import Home, model_folder
from tests.e2e.support.processes import Running

MOST_SECONDS = 0.05
"""Nothing that others send holds the loop for longer."""
ROOT = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True)
class Watched:
    """`home` is where the node lives, `report` the file that it writes."""

    home: Home
    node: Running
    report: Path

    @property
    def swarm_port(self) -> int:
        line = next(each for each in self.node.out.splitlines() if each.startswith("This PC:"))
        return int(line.rpartition(":")[2])

    @contextmanager
    def not_held(self) -> Iterator[None]:
        """What goes on meanwhile holds the loop for no longer than it may."""
        before = len(self._noted())
        yield
        for _ in range(2):
            self.node.get("/status")  # so the turn before is over, and noted
        noted = self._noted()[before:]
        worst = max(noted, key=lambda each: float(each["seconds"]), default={"seconds": 0.0})
        assert worst["seconds"] < MOST_SECONDS, (worst, sorted((each["seconds"] for each in noted), reverse=True)[:9])

    def _noted(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.report.read_text(encoding="utf-8").splitlines()]


@contextmanager
def watched(home: Home, *arguments: str) -> Iterator[Watched]:
    """The node of this home, up and watched."""
    report = home.root / "held.jsonl"
    usual = home.command("up", "--port", "0", "--model", model_folder(), *arguments)
    command = [sys.executable, "-m", "tests.support.watched_node", str(report), *usual[3:]]
    with home.started(command, environment={"PYTHONPATH": str(ROOT)}) as running:
        running.wait_for_page()
        yield Watched(home, running, report)
