"""What shells complete, and the manual page: made from the parser, and taken by the programs that read them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from swarmstt.cli import main
from swarmstt.cli.parser import SHELLS, build_parser
from swarmstt.cli.system.completion import completion_of
from swarmstt.cli.system.manual import manual_of
from swarmstt.config import OPTIONS

CHECKS = {"bash": ["bash", "-n"], "zsh": ["zsh", "-n"], "fish": ["fish", "-n"]}


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_has_a_script_it_reads(shell: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert all(command in script for command in ("transcribe", "service", "licences"))
    if shell in CHECKS and shutil.which(shell):
        file = tmp_path / "script"
        file.write_text(script, encoding="utf-8")
        subprocess.run([*CHECKS[shell], str(file)], check=True)


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
@pytest.mark.parametrize(
    ("line", "completed"),
    [
        ("tra", {"transcribe"}),
        ("service ", {"install", "remove", "status"}),
        ("transcribe --task ", {"transcribe", "translate"}),
        ("up --no_d", {"--no_discovery"}),
    ],
)
def test_bash_completes_commands_options_and_values(line: str, completed: set[str], tmp_path: Path) -> None:
    words = ["swarmstt", *line.split(" ")]
    file = tmp_path / "completion"
    quoted = " ".join(f"'{word}'" for word in words)
    file.write_text(
        completion_of(build_parser(), "bash")
        + f"\nCOMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; _shtab_swarmstt\n"
        + 'printf "%s\\n" "${COMPREPLY[@]}"\n',
        encoding="utf-8",
    )
    said = subprocess.run(["bash", str(file)], check=True, capture_output=True, text=True).stdout
    assert completed <= set(said.split())
    assert "--port" not in said


def test_the_manual_has_every_command_and_option() -> None:
    page = manual_of(build_parser()).replace("\\-", "-")
    for command in ("transcribe", "up", "service", "completion", "licences"):
        assert f".SS {command} " in page
    missing = [name for name in OPTIONS if f"--{name}" not in page]
    assert missing == []
    assert page.isascii()


@pytest.mark.skipif(shutil.which("mandoc") is None, reason="there is no mandoc")
def test_the_manual_is_well_formed(tmp_path: Path) -> None:
    (tmp_path / "swarmstt.1").write_text(manual_of(build_parser()), encoding="ascii")
    linted = subprocess.run(
        ["mandoc", "-Tlint", "-Wwarning", str(tmp_path / "swarmstt.1")], capture_output=True, text=True, check=False
    )
    assert [line for line in linted.stdout.splitlines() if "missing date" not in line] == []
