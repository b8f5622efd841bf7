"""The keeper of the node: finds one, starts one, starts it again, ends its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from swarmstt.errors import NoNodeError
from swarmstt_tray.node_process import (
    ENDING_SECONDS,
    LONGEST_WAIT_SECONDS,
    Keeper,
    log_file,
    node_command,
    wait_seconds,
)
from swarmstt_tray.state import IconState

STATUS: dict[str, Any] = {
    "node": {"state": "idle", "helping": True, "helping_with": [], "troubles": []},
    "books": [],
    "workers": [],
    "peers": [],
}


class FakeChild:
    """A node's process; `stubborn` ones do not end when asked to."""

    def __init__(self, *, stubborn: bool = False) -> None:
        self.pid = 1
        self.code: int | None = None
        self.stubborn = stubborn
        self.asked = 0

    def poll(self) -> int | None:
        return self.code

    def wait(self, timeout: float | None = None) -> int:
        if self.code is None:
            raise subprocess.TimeoutExpired("node", timeout or 0)
        return self.code

    def terminate(self) -> None:
        self.asked += 1
        self.code = self.code if self.stubborn else 0

    def kill(self) -> None:
        self.code = -9


class World:
    """A PC: its clock, its node, and what was started."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.now = 1000.0
        self.answers = False
        self.children: list[FakeChild] = []
        self.fails: OSError | None = None
        self.keeper = Keeper(data_dir, start=self.start, ask=self.ask, clock=lambda: self.now)

    def start(self, _: Path) -> FakeChild:
        if self.fails is not None:
            raise self.fails
        self.children.append(FakeChild())
        return self.children[-1]

    def ask(self, url: str, method: str, path: str) -> Any:
        assert (url, method, path) == ("http://127.0.0.1:8000", "GET", "/status")
        if not self.answers:
            raise NoNodeError
        return STATUS

    def announce(self) -> None:
        (self.data_dir / "running.json").write_text(
            json.dumps({"pid": 1, "url": "http://127.0.0.1:8000"}), encoding="utf-8"
        )
        self.answers = True

    def die(self, last_words: str = "") -> None:
        self.answers = False
        self.children[-1].code = 1
        log_file(self.data_dir).write_text(last_words, encoding="utf-8")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_a_node_that_runs_is_used_and_left_alone(world: World) -> None:
    world.announce()
    assert world.keeper.look().running
    world.keeper.end()
    assert world.children == []


def test_one_that_does_not_run_is_started_once_and_ended(world: World) -> None:
    assert world.keeper.look().sentence == "swarmstt is starting."
    assert world.keeper.look().icon is IconState.IDLE
    world.announce()
    assert world.keeper.look().running
    world.keeper.end()
    assert [child.code for child in world.children] == [0]


def test_one_that_dies_is_started_again_later_and_later(world: World) -> None:
    world.keeper.look()
    waits = []
    for deaths in range(1, 5):
        world.die("12:00:00 a line\nswarmstt: The port is taken.\n")
        view = world.keeper.look()
        assert view.icon is IconState.TROUBLE
        assert view.sentence.startswith("The port is taken. It starts again in ")
        begun = world.now
        while len(world.children) == deaths:
            world.now += 0.5
            world.keeper.look()
        waits.append(world.now - begun)
    assert waits == [2, 4, 8, 16]


def test_one_that_ran_for_long_is_started_again_soon(world: World) -> None:
    world.keeper.look()
    for _ in range(3):
        world.announce()
        world.now += 3600
        assert world.keeper.look().running
        world.die()
        assert world.keeper.look().sentence.startswith("swarmstt stopped unexpectedly. It starts again in less than")
        world.now += 2
        world.keeper.look()
    assert len(world.children) == 4


def test_one_that_cannot_be_started_is_said(world: World) -> None:
    world.fails = FileNotFoundError(2, "No such file or directory")
    view = world.keeper.look()
    assert view.icon is IconState.TROUBLE
    assert view.sentence == "swarmstt could not be started: No such file or directory."
    world.fails = None
    world.now += 3
    world.keeper.look()
    assert len(world.children) == 1


def test_one_that_never_answers_is_said(world: World) -> None:
    world.keeper.look()
    world.now += 61
    view = world.keeper.look()
    assert view.icon is IconState.TROUBLE
    assert str(log_file(world.data_dir)) in view.sentence


def test_one_that_does_not_end_is_killed(world: World) -> None:
    world.keeper.look()
    world.children[0].stubborn = True
    world.keeper.end()
    assert (world.children[0].asked, world.children[0].code) == (1, -9)
    assert ENDING_SECONDS > 2


def test_waiting_is_limited() -> None:
    assert wait_seconds(1000) == LONGEST_WAIT_SECONDS


def test_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert node_command(tmp_path)[1:] == ["-m", "swarmstt", "up", "--data_dir", str(tmp_path)]
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "swarmstt-tray.exe"))
    assert node_command(tmp_path)[:2] == [str(tmp_path / "swarmstt.exe"), "up"]
