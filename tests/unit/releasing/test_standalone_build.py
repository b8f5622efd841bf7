"""The standalone build: what its zip is called on each system."""

from __future__ import annotations

import platform
import runpy
import sys
from pathlib import Path

import pytest

BUILD = Path(__file__).resolve().parents[3] / "tray" / "installer" / "build.py"


@pytest.mark.parametrize(
    ("system", "machine", "model", "name"),
    [
        ("linux", "x86_64", "base", "swarmstt-linux-x86_64-base"),
        ("darwin", "arm64", "none", "swarmstt-macos-arm64"),
        ("win32", "AMD64", "none", "swarmstt-windows-amd64"),
    ],
)
def test_its_zip_is_named_by_its_system(
    system: str, machine: str, model: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive_name = runpy.run_path(str(BUILD))["archive_name"]
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    assert archive_name(model) == name
