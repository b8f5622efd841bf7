"""The supervisor of the node: finds one, starts one, starts it again, ends its own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from swarmstt.errors import NoNodeError
from swarmstt_tray.node_process import ENDING_SECONDS, log_file
from swarmstt_tray.state import IconState
from swarmstt_tray.supervisor import LONGEST_WAIT_SECONDS, NodeSupervisor

STATUS: dict[str, Any] = {
    "node": {"state": "idle", "helping": True, "helping_with": [], "troubles": [], "headline": "Idle."},
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
        return _wait(self, timeout)

    def send_signal(self, sig: int) -> None:
        assert sig == signal.SIGINT, "a person's Quit is quick"
        self.asked += 1
        self.code = self.code if self.stubborn else 0

    def kill(self) -> None:
        self.code = -9


def _wait(child: FakeChild, timeout: float | None) -> int:
    if child.code is None:
        raise subprocess.TimeoutExpired("node", timeout or 0)
    return child.code


class World:
    """A PC: its clock, its node, and what was started."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.now = 1000.0
        self.answers = False
        self.children: list[FakeChild] = []
        self.fails: OSError | None = None
        self.supervisor = NodeSupervisor(data_dir, start=self.start, ask=self.ask, clock=lambda: self.now)

    def start(self, _: Path) -> FakeChild:
        if self.fails is not None:
            raise self.fails
        self.children.append(FakeChild())
        return self.children[-1]

    def ask(self, url: str, method: str, path: str) -> Any:
        assert url == "http://127.0.0.1:8000"
        if not self.answers:
            raise NoNodeError
        if (method, path) == ("POST", "/shutdown"):
            self.children[-1].code = 0
            return {"status": "ok"}
        assert (method, path) == ("GET", "/status")
        return STATUS

    def announce(self) -> None:
        (self.data_dir / "running.json").write_text(
            json.dumps({"pid": 1, "url": "http://127.0.0.1:8000"}), encoding="utf-8"
        )
        self.answers = True

    def die(self, last_error: str = "") -> None:
        self.answers = False
        self.children[-1].code = 1
        log_file(self.data_dir).write_text(last_error, encoding="utf-8")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_a_node_that_runs_is_used_and_left_alone(world: World) -> None:
    world.announce()
    assert world.supervisor.check().running
    world.supervisor.end()
    assert world.children == []


def test_one_that_does_not_run_is_started_once_and_ended(world: World) -> None:
    assert world.supervisor.check().sentence == "swarmstt is starting."
    assert world.supervisor.check().icon is IconState.STARTING
    world.announce()
    assert world.supervisor.check().running
    world.supervisor.end()
    assert [child.code for child in world.children] == [0]


def test_one_that_dies_is_started_again_later_and_later(world: World) -> None:
    world.supervisor.check()
    waits = []
    for deaths in range(1, 5):
        world.die("12:00:00 a line\nswarmstt: The port is taken.\n")
        view = world.supervisor.check()
        assert view.icon is IconState.TROUBLE
        assert view.sentence.startswith("The port is taken. It starts again in ")
        begun = world.now
        while len(world.children) == deaths:
            world.now += 0.5
            world.supervisor.check()
        waits.append(world.now - begun)
    assert waits == [2, 4, 8, 16]


def test_one_that_ran_for_long_is_started_again_soon(world: World) -> None:
    world.supervisor.check()
    for _ in range(3):
        world.announce()
        world.now += 3600
        assert world.supervisor.check().running
        world.die()
        assert world.supervisor.check().sentence.startswith(
            "swarmstt stopped unexpectedly. It starts again in less than"
        )
        world.now += 2
        world.supervisor.check()
    assert len(world.children) == 4


def test_one_that_cannot_be_started_is_said(world: World) -> None:
    world.fails = FileNotFoundError(2, "No such file or directory")
    view = world.supervisor.check()
    assert view.icon is IconState.TROUBLE
    assert view.sentence == "swarmstt could not be started: No such file or directory."
    world.fails = None
    world.now += 3
    world.supervisor.check()
    assert len(world.children) == 1


def test_one_that_never_answers_is_said(world: World) -> None:
    world.supervisor.check()
    world.now += 61
    view = world.supervisor.check()
    assert view.icon is IconState.TROUBLE
    assert str(log_file(world.data_dir)) in view.sentence


def test_one_that_does_not_end_is_killed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    world.supervisor.check()
    world.children[0].stubborn = True
    world.supervisor.end()
    assert (world.children[0].asked, world.children[0].code) == (1, -9)
    assert ENDING_SECONDS > 2


def test_waiting_is_limited(world: World) -> None:
    world.supervisor.check()
    for deaths in range(1, 40):
        world.die()
        world.supervisor.check()
        world.now += LONGEST_WAIT_SECONDS
        world.supervisor.check()
        assert len(world.children) == deaths + 1


def test_windows_has_no_signals_so_the_node_is_asked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    world.supervisor.check()
    world.announce()
    world.supervisor.end()
    assert [(child.asked, child.code) for child in world.children] == [(0, 0)]


@pytest.mark.parametrize("announced", [False, True])
def test_one_that_does_not_hear_is_ended_at_once_on_windows(
    world: World, announced: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    world.supervisor.check()
    if announced:
        world.announce()
        world.answers = False
    waits: list[float | None] = []

    def wait(child: FakeChild, timeout: float | None = None) -> int:
        waits.append(timeout)
        return _wait(child, timeout)

    monkeypatch.setattr(FakeChild, "wait", wait)
    world.supervisor.end()
    assert (world.children[0].code, waits) == (-9, [0, None])
