"""How long a node may go on after SIGTERM."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from swarmstt.cli.system import stop_time
from swarmstt.cli.system.service import Answer
from swarmstt.cli.system.stop_time import seconds_to_finish, span_seconds
from swarmstt.errors import LocalError

OF_A_PERSON = "0::/user.slice/user-1000.slice/user@1000.service/app.slice/swarmstt.service\n"
OF_THE_SYSTEM = "12:pids:/system.slice/books.service\n1:name=systemd:/system.slice/books.service\n0::/\n"
RUN = {"INVOCATION_ID": "5f0d"}


class Systemd:
    """Answers what systemctl would, and remembers what it was asked."""

    def __init__(self, folder: Path, cgroup: str, answer: Answer | None) -> None:
        self.cgroup = folder / "cgroup"
        self.cgroup.write_text(cgroup, encoding="utf-8")
        self.asked: list[tuple[str, ...]] = []
        self._answer = answer

    def ask(self, command: Sequence[str]) -> Answer:
        self.asked.append(tuple(command))
        if self._answer is None:
            raise LocalError("This system has no systemctl.")
        return self._answer


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("TimeoutStopUSec=1min 30s", 60.0),
        ("TimeoutStopUSec=30s", 10.0),
        ("TimeoutStopUSec=15s", 0.0),
        ("TimeoutStopUSec=infinity", 60.0),
        ("TimeoutStopUSec=2month", 60.0),
        ("TimeoutStopUSec=", 8.0),
        ("Unit swarmstt.service could not be found.", 8.0),
    ],
)
async def test_it_ends_before_the_time_of_its_unit_is_over(text: str, seconds: float, tmp_path: Path) -> None:
    systemd = Systemd(tmp_path, OF_A_PERSON, Answer(0, text))
    assert await seconds_to_finish(RUN, systemd.ask, systemd.cgroup) == seconds
    show = "show", "--property", "TimeoutStopUSec", "--"
    assert systemd.asked == [("systemctl", "--user", *show, "swarmstt.service")]


async def test_a_unit_of_the_whole_system_is_asked_for_there(tmp_path: Path) -> None:
    systemd = Systemd(tmp_path, OF_THE_SYSTEM, Answer(0, "TimeoutStopUSec=1min"))
    assert await seconds_to_finish(RUN, systemd.ask, systemd.cgroup) == 40.0
    assert "--user" not in systemd.asked[0]
    assert systemd.asked[0][-1] == "books.service"


@pytest.mark.parametrize(
    ("environ", "cgroup", "answer"),
    [
        ({}, OF_A_PERSON, Answer(0, "TimeoutStopUSec=1min 30s")),
        (RUN, "0::/\n", Answer(0, "TimeoutStopUSec=1min 30s")),
        (RUN, "0::/user.slice/session-1.scope\n", Answer(0, "TimeoutStopUSec=1min 30s")),
        (RUN, OF_A_PERSON, Answer(1, "TimeoutStopUSec=1min 30s")),
        (RUN, OF_A_PERSON, None),
    ],
)
async def test_what_does_not_say_how_much_time_it_gives_may_give_as_little_as_docker(
    environ: dict[str, str], cgroup: str, answer: Answer | None, tmp_path: Path
) -> None:
    systemd = Systemd(tmp_path, cgroup, answer)
    assert await seconds_to_finish(environ, systemd.ask, systemd.cgroup) == 8.0


async def test_a_system_without_that_file_does_not_say_it(tmp_path: Path) -> None:
    systemd = Systemd(tmp_path, "", None)
    assert await seconds_to_finish(RUN, systemd.ask, tmp_path / "none") == 8.0


async def test_a_system_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    systemd, answers = Systemd(tmp_path, OF_A_PERSON, None), threading.Event()

    def ask(command: Sequence[str]) -> Answer:
        answers.wait()
        return Answer(0, "TimeoutStopUSec=1min 30s")

    monkeypatch.setattr(stop_time, "_ANSWER_SECONDS", 0.01)
    assert await seconds_to_finish(RUN, ask, systemd.cgroup) == 8.0
    answers.set()


@pytest.mark.parametrize(("text", "seconds"), [("90", 60.0), ("45", 25.0), ("10", 0.0), ("soon", 8.0), ("-5", 8.0)])
async def test_a_container_is_told_how_much_time_it_has(text: str, seconds: float, tmp_path: Path) -> None:
    systemd = Systemd(tmp_path, "0::/\n", None)
    assert await seconds_to_finish({"SWARMSTT_STOP_SECONDS": text}, systemd.ask, systemd.cgroup) == seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1h 2min 3s", 3723.0),
        ("1min 500ms", 60.5),
        ("infinity", math.inf),
        ("0", 0.0),
        ("", None),
        ("1 fortnight", None),
    ],
)
def test_spans_are_read_as_systemctl_prints_them(text: str, seconds: float | None) -> None:
    assert span_seconds(text) == seconds
