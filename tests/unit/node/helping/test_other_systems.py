"""What is asked of Windows and macOS, whose calls are played: how long nobody used the PC, and that it stays awake."""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from swarmstt.node.helping.keep_awake import ProgramKeepAwake, WindowsKeepAwake, keep_awake_of_this_pc
from swarmstt.node.helping.user_activity import ThisPcSensors


class Function:
    """One of a C library: what it was called with, and what it answers."""

    def __init__(self, answer: float) -> None:
        self.answer = answer
        self.calls: list[tuple[Any, ...]] = []

    def __call__(self, *given: Any) -> float:
        self.calls.append(given)
        return self.answer


@pytest.mark.parametrize(("answer", "seconds"), [(12.5, 12.5), (0.0, 0.0), (-1.0, None)])
def test_macos_is_asked_since_when_nobody_typed(
    monkeypatch: pytest.MonkeyPatch, answer: float, seconds: float | None
) -> None:
    asked = Function(answer)
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(ctypes.util, "find_library", lambda name: f"/{name}")
    monkeypatch.setattr(ctypes, "CDLL", lambda path: SimpleNamespace(CGEventSourceSecondsSinceLastEventType=asked))
    assert ThisPcSensors().idle_seconds() == seconds
    # kCGEventSourceStateHIDSystemState and kCGAnyInputEventType of CGEventTypes.h.
    assert asked.calls == [(1, 0xFFFFFFFF)]


def test_a_macos_without_that_library_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(ctypes.util, "find_library", lambda name: None)
    assert ThisPcSensors().idle_seconds() is None


@pytest.mark.parametrize(("last", "now", "seconds"), [(1000, 4500, 3.5), (0xFFFFFF00, 0x100, 0.512)])
def test_windows_counts_over_an_overflow(monkeypatch: pytest.MonkeyPatch, last: int, now: int, seconds: float) -> None:
    def last_input(info: Any) -> int:
        info._obj.tick = last
        return 1

    libraries = SimpleNamespace(
        user32=SimpleNamespace(GetLastInputInfo=last_input), kernel32=SimpleNamespace(GetTickCount=Function(now))
    )
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(ctypes, "windll", libraries, raising=False)
    assert ThisPcSensors().idle_seconds() == seconds
    libraries.user32.GetLastInputInfo = lambda info: 0
    assert ThisPcSensors().idle_seconds() is None


async def test_windows_is_told_to_stay_awake_once(monkeypatch: pytest.MonkeyPatch) -> None:
    told = Function(1)
    libraries = SimpleNamespace(kernel32=SimpleNamespace(SetThreadExecutionState=told))
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(ctypes, "windll", libraries, raising=False)
    awake = keep_awake_of_this_pc()
    assert isinstance(awake, WindowsKeepAwake)
    for wanted in (True, True, False, False):
        await awake.keep(wanted)
    # ES_CONTINUOUS | ES_SYSTEM_REQUIRED, then ES_CONTINUOUS alone.
    assert told.calls == [(0x80000001,), (0x80000000,)]


def test_macos_stays_awake_as_long_as_the_node_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    awake = keep_awake_of_this_pc()
    assert isinstance(awake, ProgramKeepAwake)
    assert awake._command == ["/usr/bin/caffeinate", "-i", "-w", str(os.getpid())]
