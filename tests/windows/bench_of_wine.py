"""A Windows of Wine with a Python in it, and programs that run there.

It has a network of its own if this machine makes any: Wine takes the list of all connections of a PC, with their
processes, in a time that grows with the square of their number, and a node asks for it at each request from outside.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import psutil

from tests.e2e.support.network import Namespace, run, what_lacks

Result = TypeVar("Result")

ROOT = Path(__file__).resolve().parents[2]
PYTHON = "C:\\Python311\\python.exe"
LACKING = [
    each
    for each in ("wine", "x86_64-w64-mingw32-gcc-posix", "unzip", "Xvfb", "python3.11")
    if shutil.which(each) is None
]

LONGEST_CARRYING_SECONDS = 10.0


class Bench:
    """Made once for all tests. Where SWARMSTT_WINDOWS_BENCH names a folder, it is made there and kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        began_at = time.monotonic()
        subprocess.run(
            ["bash", str(ROOT / "tests" / "windows" / "bench" / "make.sh"), str(folder), str(ROOT)], check=True
        )
        print(f"The bench was made in {time.monotonic() - began_at:.0f} s.")
        self.network = None if what_lacks() else Namespace(f"swt{os.getpid()}-wine")
        if self.network is not None:
            run("ip", "netns", "add", self.network.name)
            run("ip", "-n", self.network.name, "link", "set", "lo", "up")
        # One screen for all: without any the engine was seen to hang.
        self._screen = subprocess.Popen(
            [*self._wrapper, "Xvfb", "-displayfd", "1", "-screen", "0", "1000x700x24", "-nolisten", "tcp"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self._screen.stdout is not None
        self._display = f":{int(self._screen.stdout.readline())}"
        self._server("-p")  # and one Wine, which takes seconds to begin
        # Its desktop begins with the first program that wants it, whose pipes it would keep.
        self._desktop = subprocess.Popen(
            [*self._wrapper, str(self.folder / "run"), "notepad.exe"],
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def close(self) -> None:
        self._server("-k")
        self._desktop.wait()
        self._screen.kill()
        self._screen.wait()
        assert self._screen.stdout is not None
        self._screen.stdout.close()
        if self.network is not None:
            self.network.close()

    def inside(self, do: Callable[[], Result]) -> Result:
        """Does something on this Windows' network."""
        return do() if self.network is None else self.network.inside(do)

    @property
    def _wrapper(self) -> Sequence[str]:
        return [] if self.network is None else self.network.wrapper

    def _server(self, what: str) -> None:
        script = f'. "{self.folder}/environment"; exec wineserver {what}'
        silent = subprocess.DEVNULL  # what stays would hold a pipe of ours
        subprocess.run(
            [*self._wrapper, "bash", "-c", script], env=self.environment(), check=False, stdout=silent, stderr=silent
        )

    def path(self, windows: str) -> Path:
        """Where a file of drive C: is."""
        return self.folder / "prefix" / "drive_c" / windows.removeprefix("C:\\").replace("\\", "/")

    def environment(self, **more: str) -> dict[str, str]:
        """Of this process's environment what a program there may see."""
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "TMPDIR")}
        ours = {
            "DISPLAY": self._display,
            "SWARMSTT_NO_DISCOVERY": "True",
            "SWARMSTT_INTERFACE": "127.0.0.1",
            "SWARMSTT_SWARM_PORT": "0",
            "SWARMSTT_THREADS": "1",
            "SWARMSTT_BEAM_SIZE": "1",
            "HF_HUB_OFFLINE": "1",
        }
        return {**kept, **ours, **more}

    def command(self, *command: str | Path) -> list[str]:
        """The command line of a program there."""
        return [*self._wrapper, str(self.folder / "run"), *map(windows_path, command)]

    def in_terminal(self, *command: str | Path) -> list[str]:
        """The command line of a program there that is to have the terminal it is started in as its console."""
        script = f'. "{self.folder}/environment"; exec wine "$@"'
        return [*self._wrapper, "bash", "-c", script, "wine", *map(windows_path, command)]

    def run(
        self, *command: str | Path, seconds: float = 600, cwd: Path | None = None, status: int = 0, **more: str
    ) -> str:
        """Runs a program to its end; what it printed."""
        with tempfile.TemporaryFile() as printed:
            process = subprocess.Popen(
                self.command(*command),
                env=self.environment(**more),
                cwd=cwd or self.folder,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                code = process.wait(timeout=seconds)
            except subprocess.TimeoutExpired:
                kill_hard(process)
                raise
            _until_all_is_printed(process.pid)
            printed.seek(0)
            text = printed.read().decode("utf-8", "replace").replace("\r\n", "\n")
        assert code == status, text
        return text

    def swarmstt(self, *arguments: str | Path) -> str:
        return self.run(PYTHON, "-m", "swarmstt", *arguments)

    def python(self, code: str) -> str:
        return self.run(PYTHON, "-c", code).strip()


def _until_all_is_printed(group: int) -> None:
    """Waits for those who carry the output of a program that has ended; not for what Wine started beside it, which may
    keep them for as long as it likes: what was printed has come by then."""
    until = time.monotonic() + LONGEST_CARRYING_SECONDS
    with suppress(ProcessLookupError):
        while time.monotonic() < until:
            os.killpg(group, 0)
            time.sleep(0.05)


def kill_hard(wrapper: subprocess.Popen[bytes]) -> None:
    """Ends a program of Windows that was started by `Bench.command`, as if its PC had no power any more."""
    for each in psutil.Process(wrapper.pid).children(recursive=True):
        if each.name() in ("python.exe", "swarmstt.exe", "swarmstt-tray.exe"):
            with suppress(psutil.NoSuchProcess):
                each.kill()
    wrapper.wait(timeout=60)


def windows_path(argument: str | Path) -> str:
    """A path of this machine as Windows sees it, on drive Z:; any other argument as it is."""
    return "Z:" + str(argument).replace("/", "\\") if isinstance(argument, Path) else argument
