"""How processes are started, so that nothing in the current folder is ever run.

The current folder is often a book's, and a book comes from anywhere. Left alone, Python looks there first for what it
imports (`python -m`), and Windows for the programs and libraries that it loads.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

_STANDARD_ERROR = 2

NO_WINDOW: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)
"""A flag of Windows: a program for consoles that is started by one without a console opens no window of its own."""

PACKAGE_FOLDER = Path(__file__).resolve().parent
"""A folder of our own, for processes that have no business in any other."""

_RUN_ELSEWHERE = (
    "import sys; sys.path.pop(0); import runpy; runpy.run_module({!r}, run_name='__main__', alter_sys=True)"
)
"""What `-P` does, for Python 3.10: its own first entry goes before anything is imported."""


def python_command(module: str, *arguments: str) -> list[str]:
    """The command line that runs a module with this Python, and imports nothing from the folder it is started in."""
    if sys.version_info >= (3, 11):
        return [sys.executable, "-P", "-m", module, *arguments]
    return [sys.executable, "-c", _RUN_ELSEWHERE.format(module), *arguments]


def standalone_program(name: str) -> str:
    """The whole path of a program of the standalone build that this process is of: `swarmstt`, or `swarmstt-tray`."""
    own = Path(sys.executable)
    return str(own.with_name(name + own.suffix))


def python_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for a Python of ours: whatever it starts in turn leaves the current folder out as well."""
    environment = {**environ, "PYTHONSAFEPATH": "1"}
    kept = [each for each in environ.get("PYTHONPATH", "").split(os.pathsep) if _may_be_imported_from(each)]
    if kept:
        environment["PYTHONPATH"] = os.pathsep.join(kept)
    else:
        environment.pop("PYTHONPATH", None)
    return environment


def forget_current_folder() -> None:
    """Takes the current folder out of where this process looks for modules. The first thing that each of our programs
    does: `python -m` puts it there, and so does an empty part of PYTHONPATH."""
    sys.path[:] = [each for each in sys.path if _may_be_imported_from(each)]


def system_program(name: str) -> str | None:
    """The whole path of a program that is not ours; None if this system does not have it. Windows is asked for those of
    its own system folder only."""
    if sys.platform == "win32":
        system = Path(os.environ.get("SYSTEMROOT", r"C:\Windows"), "System32")
        found = (folder / f"{name}.exe" for folder in (system, system / "WindowsPowerShell" / "v1.0"))
        return next((str(each) for each in found if each.is_file()), None)
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return shutil.which(name, path=os.pathsep.join(each for each in folders if Path(each).is_absolute()))


def open_folder(folder: Path) -> None:
    """Shows a folder with the program that the person has for that; OSError if there is none."""
    if sys.platform == "win32":
        os.startfile(folder)  # noqa: S606
    elif sys.platform == "darwin":
        # A folder that is a program, "X.app", would be started: it is shown in the folder around it instead.
        may_be_program = bool(folder.resolve().suffix) or (folder / "Contents").exists()
        _wait_for(subprocess.Popen(["/usr/bin/open", *(["-R"] if may_be_program else []), str(folder)]))
    elif not started_by_desktop(str(folder)):
        raise OSError("there is no xdg-open, which opens folders")


def started_by_desktop(target: str) -> bool:
    """Opens a folder or an address with the program that the desktop of Linux has for it; False if there is none."""
    program = system_program("xdg-open")
    if program is None:
        return False
    quiet = subprocess.DEVNULL
    environment = own_environment(os.environ)
    opener = subprocess.Popen(
        [program, target], env=environment, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True
    )
    _wait_for(opener)
    return True


def _wait_for(opener: subprocess.Popen[bytes]) -> None:
    """A child whose end nobody waits for stays in the system's table until this process ends."""
    threading.Thread(target=opener.wait, name="opener", daemon=True).start()


def own_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for a program that is not ours: without the library folder of a standalone build.

    https://pyinstaller.org/en/stable/runtime-information.html#ld-library-path-libpath-considerations
    """
    environment = dict(environ)
    if getattr(sys, "frozen", False):
        before = environment.pop("LD_LIBRARY_PATH_ORIG", None)
        environment.pop("LD_LIBRARY_PATH", None)
        if before is not None:
            environment["LD_LIBRARY_PATH"] = before
    return environment


def _may_be_imported_from(entry: str) -> bool:
    """True for a whole path that is not the current folder's. Who works in our own checkout imports from there."""
    path = Path(entry)
    if not entry or not path.is_absolute():
        return False
    try:
        here = Path.cwd()
    except OSError:  # it was removed: nothing is imported from it
        return True
    return path.resolve() == PACKAGE_FOLDER.parent or path.resolve() != here.resolve()


def open_standard_streams() -> None:
    """Gives this process the standard streams that whoever started it has closed, as some daemons and schedulers do,
    and that `pythonw` never has: what is printed goes nowhere. Else the next file that is opened would be in their
    place, and what is printed would go into it."""
    while (handle := os.open(os.devnull, os.O_RDWR)) <= _STANDARD_ERROR:
        os.set_inheritable(handle, True)
    os.close(handle)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            stream = open(os.devnull, mode, encoding="utf-8", errors="backslashreplace")  # noqa: PTH123, SIM115
            setattr(sys, name, stream)
