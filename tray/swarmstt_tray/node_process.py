"""The process of the node that the tray starts: its command line, its log, and its end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from swarmstt.launching import NO_WINDOW, python_command, python_environment, standalone_program

ENDING_SECONDS = 15.0


class Child(Protocol):
    """What is needed of a process: `subprocess.Popen` has it."""

    pid: int

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def send_signal(self, sig: int) -> None: ...

    def kill(self) -> None: ...


def node_command(data_dir: Path) -> list[str]:
    """Returns the command line of a node; a standalone build has it beside the tray."""
    if getattr(sys, "frozen", False):
        return [standalone_program("swarmstt"), "up", "--data_dir", str(data_dir)]
    python, *arguments = python_command("swarmstt", "up", "--data_dir", str(data_dir))
    return [_with_console(python), *arguments]


def _with_console(python: str) -> str:
    """Returns the Python for consoles beside pythonw: what that starts has no console, nor standard streams."""
    path = Path(python)
    console = path.with_name("python.exe")
    return str(console) if path.name.lower() == "pythonw.exe" and console.exists() else python


def start_node(data_dir: Path) -> Child:
    """Starts a node, without a console window, whose log goes to node.log in the data folder."""
    data_dir.mkdir(parents=True, exist_ok=True)
    with log_file(data_dir).open("wb") as log:
        return subprocess.Popen(
            node_command(data_dir),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            env=python_environment(os.environ),
            creationflags=NO_WINDOW,
            start_new_session=sys.platform != "win32",  # Ctrl-C on the tray's terminal is for the tray to pass on
        )


def end_node(child: Child, shut_down: Callable[[], bool]) -> None:
    """Ends a node: cleanly, or by force if that takes too long. Windows has no signal for that, so `shut_down` asks the
    node, and returns whether it heard; one that did not is ended at once."""
    if sys.platform == "win32":
        heard = shut_down()
    else:
        child.send_signal(signal.SIGINT)  # SIGTERM would have it finish what it is transcribing
        heard = True
    try:
        child.wait(timeout=ENDING_SECONDS if heard else 0)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def log_file(data_dir: Path) -> Path:
    """Returns where a node that the tray starts writes its log."""
    return data_dir / "node.log"


def last_error(data_dir: Path) -> str | None:
    """Returns the last line in which a node said why it had to stop; None if there is no such line."""
    try:
        lines = log_file(data_dir).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    errors: Sequence[str] = [line.removeprefix("swarmstt: ") for line in lines if line.startswith("swarmstt: ")]
    return errors[-1] if errors else None
