"""The service of each system, whose programs are played."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from swarmstt.cli.parser import options_given, parse
from swarmstt.cli.system.running_service import node_command, run_service
from swarmstt.cli.system.service import (
    Answer,
    LaunchdService,
    ScheduledTask,
    Service,
    SystemdService,
    ask_system,
    service_of_this_system,
)
from swarmstt.errors import LocalError
from swarmstt.launching import python_command
from swarmstt.node.data_dir import Folders

COMMAND = ["/usr/bin/python3", "-P", "-m", "swarmstt", "up"]


class System:
    """The programs of a system: `fails` names a word of commands that do not work, and why."""

    def __init__(self, fails: str = "", why: str = "") -> None:
        self.fails = fails
        self.why = why
        self.asked: list[str] = []

    def ask(self, command: Sequence[str]) -> Answer:
        self.asked.append(" ".join(command))
        failed = bool(self.fails) and self.fails in command
        return Answer(int(failed), self.why if failed else "state = running")


def service(kind: str, folder: Path, system: System) -> Service:
    if kind == "systemd":
        return SystemdService(folder / "units" / "swarmstt.service", system.ask)
    if kind == "launchd":
        return LaunchdService(folder / "agents" / "a.plist", system.ask, user_id=501, log_file=folder / "log")
    return ScheduledTask(folder / "service.xml", system.ask, user="PC\\Anna")


KINDS = ["systemd", "launchd", "tasks"]


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_installed_and_taken_back_again_and_again(kind: str, tmp_path: Path) -> None:
    system = System()
    made = service(kind, tmp_path, system)
    for _ in range(2):
        assert not made.is_installed
        assert made.install(COMMAND).startswith("It starts when you log in.")
        assert made.install(COMMAND)
        assert made.is_installed
        assert made.is_running()
        made.remove()
    assert not made.is_installed


def test_what_systemd_is_asked(tmp_path: Path) -> None:
    system = System()
    made = service("systemd", tmp_path, system)
    made.install(COMMAND)
    made.remove()
    own = "systemctl --user"
    assert system.asked == [
        *(f"{own} daemon-reload", f"{own} enable swarmstt.service", f"{own} restart swarmstt.service"),
        *(f"{own} disable --now swarmstt.service", f"{own} daemon-reload"),
    ]


def test_what_a_person_wrote_stays(tmp_path: Path) -> None:
    system = System()
    made = service("systemd", tmp_path, system)
    made.file.parent.mkdir()
    made.file.write_text("[Service]\nExecStart=/mine\n", encoding="utf-8")
    with pytest.raises(LocalError, match="is not one of ours: move it away"):
        made.install(COMMAND)
    assert "/mine" in made.file.read_text(encoding="utf-8")
    assert system.asked == []


def test_a_drop_in_of_a_person_outlives_install_and_remove(tmp_path: Path) -> None:
    made = service("systemd", tmp_path, System())
    own = made.file.parent / "swarmstt.service.d" / "own.conf"
    own.parent.mkdir(parents=True)
    own.write_text("[Service]\nNice=5\n", encoding="utf-8")
    made.install(COMMAND)
    made.remove()
    assert own.read_text(encoding="utf-8") == "[Service]\nNice=5\n"


@pytest.mark.parametrize(
    ("kind", "fails"), [("systemd", "daemon-reload"), ("launchd", "bootstrap"), ("tasks", "/Create")]
)
def test_what_the_system_refuses_is_said(kind: str, fails: str, tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="did not do it: Failed to connect to bus: no medium"):
        service(kind, tmp_path, System(fails, "Failed to connect to bus:\n no medium\n")).install(COMMAND)


def test_each_system_has_its_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    made = service_of_this_system(tmp_path, environ={"XDG_CONFIG_HOME": "/config"})
    assert isinstance(made, SystemdService)
    assert made.file.parts[1:] == ("config", "systemd", "user", "swarmstt.service")
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr("os.getuid", lambda: 501, raising=False)
    assert service_of_this_system(tmp_path).file.name == "org.swarmstt.node.plist"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("USERNAME", "anna")
    assert service_of_this_system(tmp_path, environ={"USERDOMAIN": "PC"}).file == tmp_path / "service.xml"


def test_a_system_without_such_a_program_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swarmstt.cli.system.service.system_program", lambda name: None)
    with pytest.raises(LocalError, match="no systemctl"):
        ask_system(("systemctl", "--user", "daemon-reload"))


def test_up_gets_the_options_with_whole_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    line = ["service", "install", "--data_dir", "data", "--port", "1", "--no-helping", "--drop_folder", "a b"]
    given = parse([*line, "--drop_folder", "c", "--peer", "10.0.0.1:5"])
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", "/opt/swarmstt/swarmstt")
    program, command, *options = node_command(options_given(given))
    assert (program, command) == (str(Path("/opt/swarmstt/swarmstt")), "up")
    assert set(options) == {
        *(f"--data_dir={tmp_path / 'data'}", "--port=1", "--no_helping=True", "--peer=10.0.0.1:5"),
        *(f"--drop_folder={tmp_path / 'a b'}", f"--drop_folder={tmp_path / 'c'}"),
    }


def test_windows_shows_no_console(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python.exe"))
    assert node_command({}) == python_command("swarmstt", "up")
    (tmp_path / "pythonw.exe").touch()
    assert node_command({})[0] == str(tmp_path / "pythonw.exe")
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "swarmstt.exe"))
    assert node_command({}) == [str(tmp_path / "swarmstt-tray.exe"), "up"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("program", ["/usr/bin/python3", '/home/a "b"\\c/50% $HOME/Jörg & <co>/swarmstt'])
def test_it_knows_whose_it_is(kind: str, program: str, tmp_path: Path) -> None:
    made = service(kind, tmp_path, System())
    assert not made.runs_program(program), "there is none"
    made.install([program, "up"])
    assert made.runs_program(program)
    assert not made.runs_program("/opt/swarmstt/swarmstt")
    made.file.write_bytes(b"\xff\xfeanything")
    assert not made.runs_program(program)


def test_a_task_of_another_data_folder_is_another_programs(tmp_path: Path) -> None:
    """There is one task for a person, and it may be newer than this folder's file."""
    system = System()
    made = service("tasks", tmp_path, system)
    made.install(["C:\\it's\\swarmstt-tray.exe", "up"])
    assert made.runs_program("C:\\it's\\swarmstt-tray.exe")
    assert system.asked[-1].endswith("Actions[0].Execute -ne 'C:\\it''s\\swarmstt-tray.exe')")
    system.fails = "powershell"
    assert not made.runs_program("C:\\it's\\swarmstt-tray.exe")


async def test_an_uninstaller_removes_its_own_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = service("systemd", tmp_path, System())
    monkeypatch.setattr("swarmstt.cli.system.running_service.service_of_this_system", lambda data_dir: made)
    folders = Folders(tmp_path / "data")
    made.install(["/opt/another/swarmstt", "up"])
    with pytest.raises(LocalError, match="The service stays: it does not run"):
        await run_service("remove", folders, {}, only_own=True)
    assert made.is_installed
    assert await run_service("install", folders, {}) == 0
    assert await run_service("remove", folders, {}, only_own=True) == 0
    assert not made.is_installed


async def test_the_commands_say_what_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    system = System()
    made = service("systemd", tmp_path, system)
    monkeypatch.setattr("swarmstt.cli.system.running_service.service_of_this_system", lambda data_dir: made)
    folders = Folders(tmp_path / "data")
    with pytest.raises(LocalError, match="not installed as a service"):
        await run_service("remove", folders, {})
    assert await run_service("status", folders, {}) == 0
    assert await run_service("install", folders, {}) == 0
    assert await run_service("status", folders, {}) == 0
    system.fails = "is-active"
    assert await run_service("status", folders, {}) == 1
    assert await run_service("remove", folders, {}) == 0
    said = capsys.readouterr().out
    assert "The service is not installed.\nNo node runs on this PC.\n" in said
    assert "The service runs.\n" in said
    assert "The service is installed, and does not run.\n" in said


@pytest.mark.parametrize(("kind", "is_asked"), [("systemd", False), ("launchd", True), ("tasks", True)])
async def test_a_node_ends_after_its_parts_before_a_system_ends_it_at_once(
    kind: str, is_asked: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """systemd sends SIGTERM and waits; the others are not given the time."""
    system, asked = System(), list[list[str]]()
    made = service(kind, tmp_path, system)

    async def end_after_parts(folders: Folders) -> None:
        asked.append(list(system.asked))

    monkeypatch.setattr("swarmstt.cli.system.running_service.service_of_this_system", lambda data_dir: made)
    monkeypatch.setattr("swarmstt.cli.system.running_service.end_after_parts", end_after_parts)
    folders = Folders(tmp_path / "data")
    assert await run_service("install", folders, {}) == 0
    assert asked == [], "none ran"
    assert await run_service("install", folders, {}) == 0
    assert await run_service("remove", folders, {}) == 0
    assert len(asked) == 2 * is_asked
    assert not any(word in command for each in asked for command in each[-1:] for word in ("bootout", "/End"))
