"""What is written of a version for its users, in each place that has it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from swarmstt import __version__
from swarmstt.launching import PACKAGE_FOLDER

ROOT = PACKAGE_FOLDER.parent
LINUX = ROOT / "tray" / "releasing" / "linux"
CHANGES = (PACKAGE_FOLDER / "docs" / "changes.md").read_text(encoding="utf-8")
_HEADING = re.compile(r"^## (\d+\.\d+\.\d+\S*), (\d{4}-\d\d-\d\d)\n\n(- \S.*)", re.MULTILINE)


def test_this_version_is_the_newest_of_the_changes() -> None:
    entries = _HEADING.findall(CHANGES)
    assert entries[0][0] == __version__
    assert len(entries) == CHANGES.count("\n## ")
    dates = [date for _, date, _ in entries]
    assert dates == sorted(dates, reverse=True)


def test_software_centres_are_told_the_same() -> None:
    about = ElementTree.parse(LINUX / "org.swarmstt.swarmstt.metainfo.xml")
    releases = [(each.get("version"), each.get("date")) for each in about.iterfind("releases/release")]
    assert releases == [(version, date) for version, date, _ in _HEADING.findall(CHANGES)]
    assert {each.text for each in about.iterfind("provides/binary")} == {"swarmstt", "swarmstt-tray"}


@pytest.mark.parametrize(
    "command",
    [
        ["desktop-file-validate", "org.swarmstt.swarmstt.desktop"],
        ["appstreamcli", "validate", "--no-net", "org.swarmstt.swarmstt.metainfo.xml"],
    ],
)
def test_what_desktops_read_is_well_formed(command: list[str]) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"there is no {command[0]}")
    checked = subprocess.run(command, cwd=LINUX, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "hint" not in checked.stdout


def test_the_tray_says_what_it_takes_without_a_desktop() -> None:
    code = "import sys; from swarmstt_tray.command_line import build_parser; print('PIL' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=Path.home())
    assert said.stdout.strip() == "False"
