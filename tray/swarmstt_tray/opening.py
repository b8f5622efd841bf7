"""Opens pages and folders with the programs that the person has for them."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import webbrowser
from collections.abc import Mapping
from pathlib import Path

from swarmstt.launching import system_program


def open_page(url: str) -> None:
    if sys.platform not in ("win32", "darwin") and _started_by_desktop(url):
        return
    webbrowser.open(url)


def open_folder(folder: Path) -> None:
    """Opens a folder, which is made if need be; OSError if that cannot be, or no program shows folders."""
    folder.mkdir(parents=True, exist_ok=True)
    if sys.platform == "win32":
        os.startfile(folder)  # noqa: S606
    elif sys.platform == "darwin":
        subprocess.Popen(["/usr/bin/open", str(folder)])
    elif not _started_by_desktop(str(folder)):
        raise OSError("there is no xdg-open, which opens folders")


def _started_by_desktop(target: str) -> bool:
    program = system_program("xdg-open")
    if program is None:
        return False
    quiet = subprocess.DEVNULL
    environment = own_environment(os.environ)
    opener = subprocess.Popen(
        [program, target], env=environment, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True
    )
    # A child whose end nobody waits for stays in the system's table until the tray ends.
    threading.Thread(target=opener.wait, name="opener", daemon=True).start()
    return True


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
