"""Starting at login: what is written, where, and taken back."""

from __future__ import annotations

import plistlib
import sys
from pathlib import Path

import pytest

from swarmstt_tray.autostart import DesktopEntry, LaunchAgent, for_this_system


def test_desktop_entry(tmp_path: Path) -> None:
    start = DesktopEntry(tmp_path / "autostart", ["/opt/my programs/100%/$py\\thon", "-m", "swarmstt_tray"])
    start.turn_off()
    assert not start.is_on()
    start.turn_on()
    start.turn_on()
    assert start.is_on()
    assert [each.name for each in (tmp_path / "autostart").iterdir()] == ["swarmstt-tray.desktop"]
    lines = start.file.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "[Desktop Entry]"
    assert 'Exec="/opt/my programs/100%%/\\\\$py\\\\\\\\thon" "-m" "swarmstt_tray"' in lines
    start.turn_off()
    assert not start.is_on()


def test_launch_agent(tmp_path: Path) -> None:
    start = LaunchAgent(tmp_path, ["/Applications/swarmstt/swarmstt-tray"])
    start.turn_on()
    agent = plistlib.loads(start.file.read_bytes())
    assert agent["ProgramArguments"] == ["/Applications/swarmstt/swarmstt-tray"]
    assert agent["RunAtLoad"] is True
    start.turn_off()
    assert not start.is_on()


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="XDG")
def test_xdg_folder(tmp_path: Path) -> None:
    start = for_this_system(["x"], {"XDG_CONFIG_HOME": str(tmp_path)})
    assert isinstance(start, DesktopEntry)
    assert start.file == tmp_path / "autostart" / "swarmstt-tray.desktop"
