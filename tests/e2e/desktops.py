"""A desktop of the tests' own: Xvfb, a panel that shows tray icons (trayer), and xdotool for a person's hands."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import ImageGrab

from swarmstt_tray.icon import BLUE, GREY, WARM, Colour
from tests.e2e.speaking import until

PARTS = ("Xvfb", "trayer", "xdotool", "dbus-daemon")
LACKING = [part for part in PARTS if shutil.which(part) is None]

needs_desktop = [
    pytest.mark.skipif(sys.platform != "linux", reason="needs an X server of its own"),
    # On the machines that test every change, a missing part must be seen.
    pytest.mark.skipif(bool(LACKING) and os.environ.get("CI") != "true", reason=f"lacks {', '.join(LACKING)}"),
]

PANEL_PIXELS = 22
QUIET: Mapping[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


class Desktop:
    """A screen with nothing but a panel at the lower left."""

    def __init__(self, display: str) -> None:
        self.display = display

    def colours(self) -> dict[Colour, list[tuple[int, int]]]:
        """Where on the screen each of the icon's colours is, or one that is near to it."""
        pixels = np.asarray(ImageGrab.grab(xdisplay=self.display).convert("RGB"), dtype=np.int16)
        found = {}
        for colour in (BLUE, GREY, WARM):
            rows, columns = np.nonzero(np.all(abs(pixels - np.array(colour, dtype=np.int16)) <= 12, axis=2))
            found[colour] = list(zip(columns.tolist(), rows.tolist(), strict=True))
        return found

    def shows(self, *colours: Colour) -> Callable[[], bool]:
        """Whether the icon has these of its colours, and none of the others."""

        def look() -> bool:
            found = self.colours()
            return all((len(found[each]) > 2) == (each in colours) for each in found)

        return look

    def picture(self) -> npt.NDArray[np.int16]:
        """The pixels of the panel's place for the one icon."""
        return np.asarray(ImageGrab.grab(xdisplay=self.display).convert("RGB"), dtype=np.int16)[-22:, :22]

    def shows_ring(self, idle: npt.NDArray[np.int16]) -> bool:
        """Whether the icon is neither the idle one, nor grey, nor warm."""
        found, now = self.colours(), self.picture()
        return len(found[BLUE]) > 2 and len(found[WARM]) == 0 and int((abs(now - idle).max(axis=2) > 40).sum()) > 30

    def icon(self) -> tuple[int, int]:
        """A point of the icon."""
        found = self.colours()
        point: tuple[int, int] = (found[BLUE] or found[GREY])[0]
        return point

    def click(self, button: int) -> None:
        x, y = self.icon()
        self.do("mousemove", str(x), str(y), "click", str(button))

    def choose(self, *keys: str) -> None:
        """Opens the menu and goes through it with these keys; the last one chosen is activated."""
        before = len(self.windows())
        self.click(3)
        until(lambda: len(self.windows()) > before, "the menu")
        for key in (*keys, "Return"):
            self.do("key", key)

    def windows(self) -> list[str]:
        """All windows that can be seen."""
        return self.do("search", "--onlyvisible", "--name", ".*").split()

    def do(self, *arguments: str) -> str:
        environment = {**os.environ, "DISPLAY": self.display}
        done = subprocess.run(["xdotool", *arguments], env=environment, check=False, capture_output=True, text=True)
        return done.stdout


@contextmanager
def new_desktop(home: Path) -> Iterator[Desktop]:
    """A screen and its panel. `home`: where the panel may keep what it keeps."""
    with new_screen() as desktop, new_panel(desktop, home):
        yield desktop


@contextmanager
def new_screen() -> Iterator[Desktop]:
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "640x480x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=[writing], **QUIET) as server:
        os.close(writing)
        try:
            with os.fdopen(reading) as stream:
                yield Desktop(f":{stream.readline().strip()}")
        finally:
            server.terminate()


@contextmanager
def new_panel(desktop: Desktop, home: Path) -> Iterator[None]:
    panel = ["trayer", "--edge", "bottom", "--align", "left", "--height", str(PANEL_PIXELS), "--widthtype"]
    environment = {**os.environ, "DISPLAY": desktop.display, "HOME": str(home)}
    with subprocess.Popen([*panel, "request", "--tint", "0xffffff"], env=environment, **QUIET) as trayer:
        try:
            yield
        finally:
            trayer.terminate()
