"""A node that says what holds its event loop (tests/support/watched_node.py), and how a test asks for that."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.e2e.support.home import Home, model_folder
from tests.e2e.support.processes import Running

MOST_SECONDS = 0.05
"""Nothing that others send holds the loop for longer."""
TRIES = 5
ROOT = Path(__file__).parents[3]
_USUAL_WORK = "[" + "1.5," * 20_000 + "1]"
_USUAL_SECONDS = 0.005
"""What that takes to read on a PC on which MOST_SECONDS are enough: a slower one has so much more."""


@dataclass(slots=True)
class Held:
    """What held the loop during one try, in seconds, the longest first."""

    noted: list[dict[str, Any]] = field(default_factory=list)
    slowness: float = 1.0

    @property
    def worst(self) -> str:
        """The longest, what the loop did then, and how slow this PC was, for whoever mends it."""
        longest = self.noted[0]
        where = " > ".join(longest["stack"][-4:])
        return f"{longest['kind']} of {longest['seconds']:.3f} s, on a PC {self.slowness:.1f} times as slow: {where}"

    @property
    def is_too_long(self) -> bool:
        return any(float(each["seconds"]) >= MOST_SECONDS * self.slowness for each in self.noted)


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

    def tries(self) -> Iterator[AbstractContextManager[None]]:
        """`for each in tries(): with each: ...`: what goes on inside, which must be new each time, holds the loop for
        no longer than it may. What holds it does so each time; what another program of this PC costs, its caches or a
        moment in which it stood still, does not: one try in which nothing is held is enough."""
        seen = []
        for _ in range(TRIES):
            held = Held()
            yield self._measured(held)
            if not held.is_too_long:
                return
            seen.append(held)
        raise AssertionError([each.worst for each in seen])

    @contextmanager
    def _measured(self, held: Held) -> Iterator[None]:
        before = len(self._noted())
        yield
        for _ in range(2):
            self.node.get("/status")  # so the turn before is over, and noted
        noted = self._noted()[before:]
        held.noted = sorted(
            (each for each in noted if each["kind"] != "file"), key=lambda each: -float(each["seconds"])
        )
        assert _files(noted) == {}  # it waits for no disk
        if held.is_too_long:
            held.slowness = max(1.0, _work_seconds() / _USUAL_SECONDS)

    @contextmanager
    def waits_for_no_disk(self) -> Iterator[None]:
        """The loop touches no file meanwhile: threads do."""
        before = len(self._noted())
        yield
        self.node.get("/status")
        assert _files(self._noted()[before:]) == {}

    def _noted(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.report.read_text(encoding="utf-8").splitlines()]


def _work_seconds() -> float:
    """What the usual work takes of a processor here and now."""
    times = []
    for _ in range(9):
        began_at = time.thread_time()
        json.loads(_USUAL_WORK, parse_float=float)
        times.append(time.thread_time() - began_at)
    return statistics.median(times)


def _files(noted: list[dict[str, Any]]) -> dict[str, list[str]]:
    return {each["what"]: each["stack"] for each in noted if each["kind"] == "file"}


@contextmanager
def watched(home: Home, *arguments: str) -> Iterator[Watched]:
    """The node of this home, up and watched."""
    report = home.root / "held.jsonl"
    usual = home.command("up", "--port", "0", "--model", model_folder(), *arguments)
    command = [sys.executable, "-m", "tests.support.watched_node", str(report), *usual[3:]]
    with home.started(command, environment={"PYTHONPATH": str(ROOT)}) as running:
        running.wait_for_page()
        yield Watched(home, running, report)
