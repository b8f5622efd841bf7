"""A Windows of Wine with a Python in it, and programs that run there."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PYTHON = "C:\\Python311\\python.exe"
LACKING = [
    each
    for each in ("wine", "x86_64-w64-mingw32-gcc-posix", "unzip", "xvfb-run", "python3.11")
    if shutil.which(each) is None
]


class Bench:
    """Made once for all tests. Where SWARMSTT_WINDOWS_BENCH names a folder, it is made there and kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        began_at = time.monotonic()
        subprocess.run(
            ["bash", str(ROOT / "tests" / "windows" / "bench" / "make.sh"), str(folder), str(ROOT)], check=True
        )
        print(f"The bench was made in {time.monotonic() - began_at:.0f} s.")

    def path(self, windows: str) -> Path:
        """Where a file of drive C: is."""
        return self.folder / "prefix" / "drive_c" / windows.removeprefix("C:\\").replace("\\", "/")

    def environment(self, **more: str) -> dict[str, str]:
        """Of this process's environment what a program there may see."""
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "DISPLAY", "TMPDIR")}
        return {**kept, "SWARMSTT_NO_DISCOVERY": "True", "HF_HUB_OFFLINE": "1", **more}

    def command(self, *command: str | Path) -> list[str]:
        """The command line of a program there; on a screen of its own, without which the engine was seen to hang."""
        return ["xvfb-run", "-a", str(self.folder / "run"), *map(windows_path, command)]

    def run(self, *command: str | Path, seconds: float = 600, cwd: Path | None = None, **more: str) -> str:
        """Runs a program to its end; what it printed."""
        ended = subprocess.run(
            self.command(*command),
            env=self.environment(**more),
            cwd=cwd or self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=seconds,
        )
        lines = ended.stdout.decode("utf-8", "replace").splitlines()
        # Wine's desktop may outlive the program by a moment, and then complains that its screen is gone.
        text = "\n".join(line for line in lines if not line.startswith("X connection to "))
        assert ended.returncode == 0, text
        return text

    def python(self, code: str) -> str:
        return self.run(PYTHON, "-c", code).strip()


def windows_path(argument: str | Path) -> str:
    """A path of this machine as Windows sees it, on drive Z:; any other argument as it is."""
    return "Z:" + str(argument).replace("/", "\\") if isinstance(argument, Path) else argument
