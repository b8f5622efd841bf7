"""Processes import nothing from the folder that they are started in: on each Python on which the unit tests run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from swarmstt.launching import PACKAGE_FOLDER, forget_current_folder, python_command, python_environment, system_program
from tests.e2e.support.traps import Traps


def test_no_child_imports_from_the_current_folder(tmp_path: Path) -> None:
    traps = Traps(tmp_path / "book")
    command = python_command("swarmstt.speech.child_main", "writer")
    environment = python_environment({**os.environ, "PYTHONPATH": os.pathsep})
    subprocess.run(command, cwd=traps.folder, env=environment, stdin=subprocess.DEVNULL, check=True)
    assert traps.sprung() == []


def test_arguments_and_names_are_those_of_a_module(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "told.py").write_text("import sys; print(__name__, sys.argv[1:])", encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "elsewhere")}
    command = python_command("told", "--data_dir", "a b")
    said = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    assert said.split("\n")[0] == "__main__ ['--data_dir', 'a b']"


def test_what_a_child_starts_is_safe_too(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    environment = python_environment({"PYTHONPATH": os.pathsep.join([str(first), "", ".", "lib", str(second)])})
    assert environment == {"PYTHONPATH": os.pathsep.join([str(first), str(second)]), "PYTHONSAFEPATH": "1"}
    assert "PYTHONPATH" not in python_environment({"PYTHONPATH": ""})


def test_a_program_forgets_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", ".", str(tmp_path), str(tmp_path / "lib"), str(PACKAGE_FOLDER.parent)])
    forget_current_folder()
    assert sys.path == [str(tmp_path / "lib"), str(PACKAGE_FOLDER.parent)]


def test_our_own_checkout_may_be_the_current_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PACKAGE_FOLDER.parent)
    monkeypatch.setattr(sys, "path", [str(PACKAGE_FOLDER.parent)])
    forget_current_folder()
    assert sys.path == [str(PACKAGE_FOLDER.parent)]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has its system folder, and no PATH of ours")
def test_no_program_comes_from_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in (tmp_path, tmp_path / "bin"):
        folder.mkdir(exist_ok=True)
        (folder / "loginctl").write_text("#!/bin/sh", encoding="utf-8")
        (folder / "loginctl").chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", os.pathsep.join(["", ".", str(tmp_path / "bin")]))
    assert system_program("loginctl") == str(tmp_path / "bin" / "loginctl")
    monkeypatch.setenv("PATH", os.pathsep.join(["", "."]))
    assert system_program("loginctl") is None


def test_windows_has_its_own_programs_by_whole_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shell = tmp_path / "System32" / "WindowsPowerShell" / "v1.0" / "powershell.exe"
    shell.parent.mkdir(parents=True)
    shell.touch()
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("SYSTEMROOT", str(tmp_path))
    assert system_program("powershell") == str(shell)
    assert system_program("netsh") is None
