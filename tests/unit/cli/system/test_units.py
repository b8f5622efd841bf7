"""What systems read to run a node: that it is well formed, and runs what it should, whatever is in the paths."""

from __future__ import annotations

import plistlib
import shlex
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmstt.cli.system.units import MARK, launch_agent, scheduled_task, systemd_unit

COMMAND = ["/opt/my programs/100%/$py", "-P", "-m", "swarmstt", "up", '--name=Anna "A"']
TASK = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"


def started(unit: str) -> list[str]:
    """What systemd runs: of its signs, % and $ are doubled, and the rest is as in a shell's double quotes."""
    [line] = [each for each in unit.split("\n") if each.startswith("ExecStart=")]
    return [each.replace("%%", "%").replace("$$", "$") for each in shlex.split(line.partition("=")[2])]


@given(st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=0x3FF, exclude_characters="\x7f")), min_size=1))
def test_a_unit_starts_the_command_as_it_is(command: list[str]) -> None:
    assert started(systemd_unit(command)) == command


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    file = tmp_path / "swarmstt.service"
    file.write_text(systemd_unit(["/bin/sh", *COMMAND[1:]]), encoding="utf-8")
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--user", "--man=no", str(file)],
        env={"XDG_RUNTIME_DIR": str(tmp_path), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (checked.returncode, checked.stderr) == (0, "")


def test_an_agent_of_launchd() -> None:
    agent = plistlib.loads(launch_agent(COMMAND, "/Users/anna/node.log"))
    assert agent["ProgramArguments"] == COMMAND
    assert agent["RunAtLoad"] is True
    assert agent["KeepAlive"] == {"SuccessfulExit": False}


def test_a_task_of_windows_has_its_parts_in_the_order_of_their_schema() -> None:
    task = ElementTree.fromstring(scheduled_task(["C:\\py w.exe", "-P"], '-P "a & b"', "PC\\Anna <x>").decode("utf-16"))
    parts = ["RegistrationInfo", "Triggers", "Principals", "Settings", "Actions"]
    assert [each.tag for each in task] == [TASK + part for part in parts]
    assert task.findtext(f"{TASK}Actions/{TASK}Exec/{TASK}Command") == "C:\\py w.exe"
    assert task.findtext(f"{TASK}Actions/{TASK}Exec/{TASK}Arguments") == '-P "a & b"'
    assert task.findtext(f"{TASK}Principals/{TASK}Principal/{TASK}RunLevel") == "LeastPrivilege"
    assert task.findtext(f"{TASK}Triggers/{TASK}LogonTrigger/{TASK}UserId") == "PC\\Anna <x>"
    assert task.findtext(f"{TASK}Settings/{TASK}ExecutionTimeLimit") == "PT0S"
    assert MARK in (task.findtext(f"{TASK}RegistrationInfo/{TASK}Description") or "")
