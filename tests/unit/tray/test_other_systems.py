"""What the tray does on macOS and Windows, whose calls are played."""

from __future__ import annotations

import os
import subprocess
import sys
import webbrowser
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from swarmstt_tray import opening
from swarmstt_tray.autostart import LaunchAgent, RunKey, for_this_system
from swarmstt_tray.backend import load_icon_class


class Calls(list[Any]):
    """What was called, with what."""

    def __call__(self, *given: Any, **_: Any) -> Calls:
        self.append(given[0])
        return self

    def wait(self) -> int:
        """A program that was started ends at once."""
        return 0


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Calls:
    calls = Calls()
    monkeypatch.setattr(webbrowser, "open", calls)
    monkeypatch.setattr(subprocess, "Popen", calls)
    monkeypatch.setattr(os, "startfile", calls, raising=False)
    return calls


def test_macos_opens_pages_and_folders(monkeypatch: pytest.MonkeyPatch, opened: Calls, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    opening.open_page("http://127.0.0.1:8000/")
    opening.open_folder(tmp_path / "drop")
    assert opened == ["http://127.0.0.1:8000/", ["/usr/bin/open", str(tmp_path / "drop")]]
    assert (tmp_path / "drop").is_dir()


@pytest.mark.parametrize(("name", "inside"), [("X.app", "any"), ("X", "Contents")])
def test_macos_starts_no_folder_that_may_be_a_program(
    monkeypatch: pytest.MonkeyPatch, opened: Calls, tmp_path: Path, name: str, inside: str
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    (tmp_path / name / inside).mkdir(parents=True)
    opening.open_folder(tmp_path / name)
    assert opened == [["/usr/bin/open", "-R", str(tmp_path / name)]]


def test_windows_opens_pages_and_folders(monkeypatch: pytest.MonkeyPatch, opened: Calls, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    opening.open_page("http://127.0.0.1:8000/")
    opening.open_folder(tmp_path / "drop")
    assert opened == ["http://127.0.0.1:8000/", tmp_path / "drop"]


def test_each_system_has_its_way_to_start_at_login(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setattr(sys, "platform", "darwin")
    agent = for_this_system(["x"])
    assert isinstance(agent, LaunchAgent)
    assert agent.file == tmp_path / "Library" / "LaunchAgents" / "org.swarmstt.tray.plist"
    monkeypatch.setattr(sys, "platform", "win32")
    assert isinstance(for_this_system(["x"]), RunKey)


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_their_desktops_need_no_display(monkeypatch: pytest.MonkeyPatch, system: str) -> None:
    """They always have one: the icon is pystray's own, or that of Windows, which is mended."""
    pystray = ModuleType("pystray")
    kind = type("Icon", (), {"__module__": f"pystray._{system}"})
    vars(pystray)["Icon"] = kind
    windows = ModuleType("swarmstt_tray.windows_icon")
    mended = type("WindowsIcon", (kind,), {})
    vars(windows)["WindowsIcon"] = mended
    monkeypatch.setitem(sys.modules, "pystray", pystray)
    monkeypatch.setitem(sys.modules, "swarmstt_tray.windows_icon", windows)
    monkeypatch.setattr(sys, "platform", system)
    vars(pystray)["Icon"].__module__ = "pystray._win32" if system == "win32" else "pystray._darwin"
    assert load_icon_class({}) is (mended if system == "win32" else kind)
