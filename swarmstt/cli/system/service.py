"""`service`: has the system run a node from login on, as the person at it, and takes that back."""

from __future__ import annotations

import getpass
import os
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from swarmstt.cli.system.units import (
    LABEL,
    MARK,
    launch_agent,
    program_of_agent,
    program_of_task,
    program_of_unit,
    scheduled_task,
    systemd_unit,
)
from swarmstt.errors import LocalError
from swarmstt.files import write_whole
from swarmstt.launching import NO_WINDOW, system_program

Ask = Callable[[Sequence[str]], "Answer"]
_ASK_SECONDS = 120.0
"""A node that is restarted may go on with what it is transcribing: TimeoutStopSec of its unit, and some more."""


class Answer:
    """What a program of the system said, and whether it did what it was asked."""

    def __init__(self, status: int, text: str) -> None:
        self.is_done = status == 0
        self.text = " ".join(text.split())


def ask_system(command: Sequence[str]) -> Answer:
    """Runs a program of the system. LocalError if there is none, or it does not end."""
    program = system_program(command[0])
    if program is None:
        raise LocalError(
            f"This system has no {command[0]}, which runs services here: have `swarmstt up` started by what does."
        )
    try:
        ended = subprocess.run(
            [program, *command[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=_ASK_SECONDS,
            creationflags=NO_WINDOW,
            text=True,
            errors="replace",
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise LocalError(f"{command[0]} did not do it ({error}); try it again.") from error
    return Answer(ended.returncode, ended.stdout)


class Service(ABC):
    """A node as a service of this system. LocalError if that cannot be."""

    mark = MARK
    """What a file of ours has in it."""

    def __init__(self, file: Path, ask: Ask) -> None:
        self.file = file
        self._ask = ask

    ends_gently = True
    """Whether this system gives a program the time to end by itself."""

    @property
    def is_installed(self) -> bool:
        return self.file.exists()

    @abstractmethod
    def install(self, command: Sequence[str]) -> str:
        """Has this command run from now on, and from each login on; returns what a person should know of it."""

    @abstractmethod
    def remove(self) -> None:
        """Ends it, and takes back what `install` did."""

    @abstractmethod
    def is_running(self) -> bool: ...

    def runs_program(self, program: str) -> bool:
        """Returns whether this program is the one that it was installed with."""
        try:
            installed = self._program_in(self.file.read_bytes())
        except (OSError, ValueError):  # there is none, or none of ours
            return False
        return installed is not None and os.path.normcase(installed) == os.path.normcase(program)

    @staticmethod
    @abstractmethod
    def _program_in(content: bytes) -> str | None:
        """Returns the program that the file names. ValueError if it is none that we wrote."""

    def _write(self, content: bytes) -> None:
        """Writes the file; one that somebody else wrote stays as it is."""
        try:
            if self.file.exists() and self.mark.encode() not in self.file.read_bytes():
                raise LocalError(f"{self.file} is not one of ours: move it away, and try again.")
            self.file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self.file, content, lasting=False)
        except OSError as error:
            raise LocalError(f"{self.file} cannot be written: {error.strerror}.") from error

    def _order(self, *command: str) -> None:
        answer = self._ask(command)
        if not answer.is_done:
            raise LocalError(f"{command[0]} did not do it: {answer.text or 'it did not say why'}")


class SystemdService(Service):
    """A unit of the person's own systemd."""

    NAME = "swarmstt.service"

    def install(self, command: Sequence[str]) -> str:
        self._write(systemd_unit(command).encode())
        self._order("systemctl", "--user", "daemon-reload")
        self._order("systemctl", "--user", "enable", self.NAME)
        self._order("systemctl", "--user", "restart", self.NAME)
        return "It starts when you log in. `loginctl enable-linger` has it start with the PC."

    def remove(self) -> None:
        self._order("systemctl", "--user", "disable", "--now", self.NAME)
        self.file.unlink(missing_ok=True)
        self._order("systemctl", "--user", "daemon-reload")

    def is_running(self) -> bool:
        return self._ask(("systemctl", "--user", "is-active", self.NAME)).is_done

    _program_in = staticmethod(program_of_unit)


class LaunchdService(Service):
    """An agent of the person's own launchd."""

    mark = LABEL
    ends_gently = False

    def __init__(self, file: Path, ask: Ask, *, user_id: int, log_file: Path) -> None:
        super().__init__(file, ask)
        self._domain = f"gui/{user_id}"
        self._log_file = log_file

    def install(self, command: Sequence[str]) -> str:
        self._write(launch_agent(command, str(self._log_file)))
        self._ask(("launchctl", "bootout", f"{self._domain}/{LABEL}"))  # an earlier one, if it runs
        self._order("launchctl", "bootstrap", self._domain, str(self.file))
        return "It starts when you log in."

    def remove(self) -> None:
        self._ask(("launchctl", "bootout", f"{self._domain}/{LABEL}"))
        self.file.unlink(missing_ok=True)

    def is_running(self) -> bool:
        answer = self._ask(("launchctl", "print", f"{self._domain}/{LABEL}"))
        return answer.is_done and "state = running" in answer.text

    _program_in = staticmethod(program_of_agent)


class ScheduledTask(Service):
    """A task of Windows' Task Scheduler. `file` is where we keep what it was told."""

    NAME = "swarmstt"
    ends_gently = False

    def __init__(self, file: Path, ask: Ask, *, user: str) -> None:
        super().__init__(file, ask)
        self._user = user

    def install(self, command: Sequence[str]) -> str:
        arguments = subprocess.list2cmdline(command[1:])
        self._write(scheduled_task(command, arguments, self._user))
        self._order("schtasks", "/Create", "/TN", self.NAME, "/XML", str(self.file), "/F")
        self._order("schtasks", "/Run", "/TN", self.NAME)
        return "It starts when you log in."

    def remove(self) -> None:
        self._ask(("schtasks", "/End", "/TN", self.NAME))
        self._order("schtasks", "/Delete", "/TN", self.NAME, "/F")
        self.file.unlink(missing_ok=True)

    def is_running(self) -> bool:
        # What schtasks says of a task is in the language of the system; what the shell says of it is a number.
        script = f"exit [int]((Get-ScheduledTask -TaskName {self.NAME}).State -ne 'Running')"
        return self._ask(("powershell", "-NoProfile", "-Command", script)).is_done

    def runs_program(self, program: str) -> bool:
        """The task may have been installed with another data folder since: the Task Scheduler must agree."""
        if not super().runs_program(program):
            return False
        quoted = program.replace("'", "''")
        script = f"exit [int]((Get-ScheduledTask -TaskName {self.NAME}).Actions[0].Execute -ne '{quoted}')"
        return self._ask(("powershell", "-NoProfile", "-Command", script)).is_done

    _program_in = staticmethod(program_of_task)

    def _write(self, content: bytes) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(self.file, content, lasting=False)


def service_of_this_system(
    data_dir: Path, *, environ: Mapping[str, str] = os.environ, ask: Ask = ask_system
) -> Service:
    """Returns the service of this system's kind."""
    if sys.platform == "win32":
        user = f"{environ.get('USERDOMAIN', '.')}\\{getpass.getuser()}"
        return ScheduledTask(data_dir / "service.xml", ask, user=user)
    if sys.platform == "darwin":
        file = Path.home() / "Library" / "LaunchAgents" / f"{LABEL}.plist"
        return LaunchdService(file, ask, user_id=os.getuid(), log_file=data_dir / "node.log")
    given = environ.get("XDG_CONFIG_HOME", "")
    config = Path(given) if given.startswith("/") else Path.home() / ".config"
    return SystemdService(config / "systemd" / "user" / SystemdService.NAME, ask)
