"""Whether the tray starts when its person logs in: one way for each system, all with the same three methods."""

from __future__ import annotations

import os
import plistlib
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from swarmstt.files import write_whole
from swarmstt.launching import python_command


class Autostart(Protocol):
    def is_on(self) -> bool: ...

    def turn_on(self) -> None:
        """Raises OSError if that is not allowed."""

    def turn_off(self) -> None:
        """Raises OSError if that is not allowed."""


def tray_command(data_dir: Path | None = None) -> list[str]:
    """Returns what the system is to run at login: with the data folder that the tray was started with, if any."""
    given = [] if data_dir is None else ["--data_dir", str(data_dir)]
    if getattr(sys, "frozen", False):
        return [sys.executable, *given]
    program, *arguments = python_command("swarmstt_tray", *given)
    windowless = Path(program).with_name("pythonw.exe")
    return [str(windowless) if sys.platform == "win32" and windowless.exists() else program, *arguments]


def for_this_system(command: Sequence[str], environ: Mapping[str, str] = os.environ) -> Autostart:
    if sys.platform == "win32":
        return RunKey(command)
    if sys.platform == "darwin":
        return LaunchAgent(Path.home() / "Library" / "LaunchAgents", command)
    given = environ.get("XDG_CONFIG_HOME", "")
    config = Path(given) if given.startswith("/") else Path.home() / ".config"
    return DesktopEntry(config / "autostart", command)


class _FileAutostart(ABC):
    """Starts with the session as long as a file is in a folder."""

    name: str

    def __init__(self, folder: Path, command: Sequence[str]) -> None:
        self.file = folder / self.name
        self._command = list(command)

    def is_on(self) -> bool:
        return self.file.exists()

    def turn_on(self) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(self.file, self.content(), lasting=False)

    def turn_off(self) -> None:
        self.file.unlink(missing_ok=True)

    @abstractmethod
    def content(self) -> bytes:
        """What the system reads there."""


class DesktopEntry(_FileAutostart):
    """https://specifications.freedesktop.org/autostart-spec/latest/"""

    name = "swarmstt-tray.desktop"

    def content(self) -> bytes:
        line = " ".join(_quoted(each) for each in self._command)
        entry = ("[Desktop Entry]", "Type=Application", "Name=swarmstt", f"Exec={line}", "Terminal=false")
        return "".join(f"{each}\n" for each in entry).encode()


def _quoted(argument: str) -> str:
    """As the Exec key wants it: quoted, the quote's own escapes escaped once more as those of a string, % doubled.

    https://specifications.freedesktop.org/desktop-entry-spec/latest/exec-variables.html
    """
    escaped = "".join(f"\\{sign}" if sign in '"`$\\' else sign for sign in argument)
    return '"' + escaped.replace("\\", "\\\\").replace("%", "%%") + '"'


class LaunchAgent(_FileAutostart):
    """A property list in ~/Library/LaunchAgents, as launchd.plist(5) describes it. Untried."""

    name = "org.swarmstt.tray.plist"

    def content(self) -> bytes:
        return plistlib.dumps({"Label": "org.swarmstt.tray", "ProgramArguments": self._command, "RunAtLoad": True})


class RunKey:
    """A value under the Run key of the person's own registry."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = list(command)

    _KEY = r"Software\Microsoft\Windows\CurrentVersion\Run"
    _VALUE = "swarmstt"

    if sys.platform == "win32":

        def is_on(self) -> bool:
            import winreg

            try:
                with winreg.OpenKey(winreg.HKEY_CURRENT_USER, self._KEY) as key:
                    winreg.QueryValueEx(key, self._VALUE)
            except FileNotFoundError:
                return False
            return True

        def turn_on(self) -> None:
            import winreg

            with winreg.CreateKey(winreg.HKEY_CURRENT_USER, self._KEY) as key:
                winreg.SetValueEx(key, self._VALUE, 0, winreg.REG_SZ, subprocess.list2cmdline(self._command))

        def turn_off(self) -> None:
            import winreg

            with winreg.CreateKey(winreg.HKEY_CURRENT_USER, self._KEY) as key:
                try:
                    winreg.DeleteValue(key, self._VALUE)
                except FileNotFoundError:
                    return

    else:

        def is_on(self) -> bool:
            return False

        def turn_on(self) -> None:
            raise OSError("only Windows has a Run key")

        def turn_off(self) -> None:
            return
