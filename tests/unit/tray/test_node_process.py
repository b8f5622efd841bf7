"""The process of a node: its command line, and its end."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from swarmstt.launching import python_command
from swarmstt_tray.node_process import node_command


def test_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert node_command(tmp_path) == python_command("swarmstt", "up", "--data_dir", str(tmp_path))
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "swarmstt-tray.exe"))
    assert node_command(tmp_path)[:2] == [str(tmp_path / "swarmstt.exe"), "up"]


def test_the_node_has_a_console_though_the_tray_has_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "pythonw.exe"))
    assert node_command(tmp_path)[0] == str(tmp_path / "pythonw.exe")
    (tmp_path / "python.exe").touch()
    assert node_command(tmp_path)[0] == str(tmp_path / "python.exe")
