"""SIGTERM of a service manager, and what the system says of its own end."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from collections.abc import Sequence
from typing import NoReturn

import pytest

from swarmstt.cli.system import ending
from swarmstt.cli.system.ending import is_going_down, on_sigterm
from swarmstt.cli.system.service import Answer
from swarmstt.errors import LocalError


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM")
async def test_the_first_sigterm_is_gentle_and_the_second_is_as_before() -> None:
    gentle, as_before = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    earlier = signal.signal(signal.SIGTERM, lambda *_: loop.call_soon_threadsafe(as_before.set))
    try:
        with on_sigterm(gentle.set):
            signal.raise_signal(signal.SIGTERM)
            await asyncio.wait_for(gentle.wait(), 60)
            assert not as_before.is_set()
            signal.raise_signal(signal.SIGTERM)
            await asyncio.wait_for(as_before.wait(), 60)
    finally:
        signal.signal(signal.SIGTERM, earlier)


async def test_it_is_as_before_when_nobody_listens_any_more() -> None:
    earlier = signal.getsignal(signal.SIGTERM)
    with on_sigterm(lambda: None):
        assert signal.getsignal(signal.SIGTERM) is not earlier
    assert signal.getsignal(signal.SIGTERM) is earlier


@pytest.mark.parametrize(
    ("system", "own", "goes_down"),
    [
        ("running", "running", False),
        ("degraded", "running", False),
        ("stopping", "stopping", True),
        ("running", "stopping", True),
    ],
)
async def test_a_shutdown_and_a_logout_are_known(
    system: str, own: str, goes_down: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask(command: Sequence[str]) -> Answer:
        text = own if "--user" in command else system
        return Answer(int(text != "running"), f"{text}\n")

    monkeypatch.setattr(sys, "platform", "linux")
    assert await is_going_down(ask) is goes_down


async def test_macos_does_not_say_and_others_without_systemd_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(command: Sequence[str]) -> NoReturn:
        raise LocalError("This system has no systemctl.")

    monkeypatch.setattr(sys, "platform", "linux")
    assert not await is_going_down(ask)
    monkeypatch.setattr(sys, "platform", "darwin")
    assert await is_going_down(ask)


async def test_a_system_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = threading.Event()

    def ask(command: Sequence[str]) -> Answer:
        answers.wait()
        return Answer(0, "running")

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(ending, "_ANSWER_SECONDS", 0.01)
    assert await is_going_down(ask)
    answers.set()
