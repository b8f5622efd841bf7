"""A desktop of the tests' own: Xvfb, a panel that shows tray icons (trayer), and xdotool for a person's hands."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import ImageGrab

from swarmstt_tray.icon import BLUE, GREY, WARM, Colour
from tests.e2e.support.home import Home
from tests.e2e.support.processes import Running
from tests.e2e.support.waiting import eventually

PARTS = ("Xvfb", "trayer", "xdotool", "dbus-daemon")
LACKING = [part for part in PARTS if shutil.which(part) is None]

needs_desktop = [
    pytest.mark.skipif(sys.platform != "linux", reason="needs an X server of its own"),
    # On the machines that test every change, a missing part must be seen.
    pytest.mark.skipif(bool(LACKING) and os.environ.get("CI") != "true", reason=f"lacks {', '.join(LACKING)}"),
]

PANEL_PIXELS = 22
DEAF_SECONDS = 10.0
"""A menu that shows no move after this long has not heard of it."""
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

    def wait_for_icon(self, home: Home, running: Running, *colours: Colour, what: str) -> None:
        """Returns once the icon of the tray that runs in this home has these colours and no others."""

        def explain() -> str:
            log = home.data_dir / "node.log"
            counts = {colour: len(places) for colour, places in self.colours().items()}
            said = log.read_text(encoding="utf-8", errors="replace") if log.exists() else "there is none"
            ended = running.process.poll()
            return f"\nPixels: {counts}\nTray, ended with {ended}: {running.err[-4000:]}\nNode's log: {said[-4000:]}"

        eventually(self.shows(*colours), what, explain=explain)

    def picture(self) -> npt.NDArray[np.int16]:
        """The pixels of the panel's place for the one icon."""
        return np.asarray(ImageGrab.grab(xdisplay=self.display).convert("RGB"), dtype=np.int16)[-22:, :22]

    def above_panel(self) -> npt.NDArray[np.int16]:
        """The pixels of the rest of the screen."""
        return np.asarray(ImageGrab.grab(xdisplay=self.display).convert("RGB"), dtype=np.int16)[:-PANEL_PIXELS]

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
        before, shut = len(self.windows()), self.above_panel()
        self.click(3)
        eventually(lambda: len(self.windows()) > before, "the menu")
        self._until_drawn(shut)
        for key in keys:
            self._move(key)
        self.do("key", "Return")

    def _until_drawn(self, shut: npt.NDArray[np.int16]) -> None:
        """Returns once the menu is there to see and changes no more: what it draws late would look like a move."""
        seen = [shut]

        def is_drawn() -> bool:
            seen.append(self.above_panel())
            return not np.array_equal(seen[-1], shut) and np.array_equal(seen[-1], seen[-2])

        eventually(is_drawn, "the menu to be drawn", pause_seconds=0.2)

    def _move(self, key: str) -> None:
        """Moves through the menu, and returns once that can be seen. A menu that has only just opened hears no keys:
        then the key is pressed again."""
        before = self.above_panel()

        def press() -> bool:
            self.do("key", key)
            with suppress(AssertionError):
                eventually(lambda: not np.array_equal(self.above_panel(), before), "a move", DEAF_SECONDS)
                return True
            return False

        eventually(press, f"the menu after {key}")

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
    """A screen without a panel. -noreset: or the server begins again after its last client went, which a look at the
    screen may be, and turns a panel or an icon away that is just coming."""
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "640x480x24", "-nolisten", "tcp", "-noreset"]
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
            assert trayer.poll() is None, "the panel ended by itself"
        finally:
            trayer.terminate()
