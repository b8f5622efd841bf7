"""The tray on a desktop of its own: Xvfb, a panel that shows tray icons (trayer), and xdotool for a person's hands."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
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
import psutil
import pytest
from PIL import ImageGrab

from swarmstt_tray.icon import BLUE, GREY, WARM, Colour
from tests.e2e.speaking import SENTENCES, Home, Running, Voice, ask, model_folder, record, until

DEBIAN_PACKAGES = Path("/usr/lib/python3/dist-packages")

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(sys.platform != "linux", reason="needs an X server of its own"),
    pytest.mark.skipif(
        not all(map(shutil.which, ("Xvfb", "trayer", "xdotool"))), reason="needs Xvfb, trayer and xdotool"
    ),
]

PANEL_PIXELS = 22


def gi_of_this_python() -> list[Path]:
    """GObject's bindings, which pip would have to compile; the system's, where it has this very Python version."""
    if importlib.util.find_spec("gi") is not None:
        return []
    suffix = importlib.machinery.EXTENSION_SUFFIXES[0]
    compiled = DEBIAN_PACKAGES / "gi" / f"_gi{suffix}"
    if not compiled.exists():
        pytest.skip(f"there is no {compiled}: pystray has a menu with GTK only")
    return [DEBIAN_PACKAGES / "gi"]


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


@pytest.fixture(scope="module")
def desktop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desktop]:
    reading, writing = os.pipe()
    quiet: Mapping[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "640x480x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=[writing], **quiet) as server:
        os.close(writing)
        try:
            with os.fdopen(reading) as stream:
                display = f":{stream.readline().strip()}"
            panel = ["trayer", "--edge", "bottom", "--align", "left", "--height", str(PANEL_PIXELS), "--widthtype"]
            environment = {**os.environ, "DISPLAY": display, "HOME": str(tmp_path_factory.mktemp("panel"))}
            with subprocess.Popen([*panel, "request", "--tint", "0xffffff"], env=environment, **quiet) as trayer:
                try:
                    yield Desktop(display)
                finally:
                    trayer.terminate()
        finally:
            server.terminate()


@contextmanager
def tray(home: Home, desktop: Desktop, backend: str, modules: list[Path]) -> Iterator[Running]:
    """The tray with no notification service, and with an `xdg-open` that keeps what it was to open."""
    programs, python = home.root / "bin", home.root / "python"
    for folder in (programs, python):
        folder.mkdir()
    for module in modules:
        (python / module.name).symlink_to(module)
    opener = programs / "xdg-open"
    opener.write_text(f'#!/bin/sh\necho "$1" >> "{home.root}/opened"\n', encoding="utf-8")
    opener.chmod(0o755)
    environment = {
        "DISPLAY": desktop.display,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(python),
        "PYSTRAY_BACKEND": backend,
        "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere",
        "NO_AT_BRIDGE": "1",
        "SWARMSTT_PORT": "0",
        "SWARMSTT_MODEL": str(model_folder()),
        "SWARMSTT_OUTPUT_DIR": str(home.output),
    }
    command = [sys.executable, "-m", "swarmstt_tray", "--data_dir", str(home.data_dir)]
    with home.started(command, environment=environment) as running:
        yield running


def running_node(home: Home) -> dict[str, Any]:
    """Process and address of the node of this home, once it has one."""
    try:
        told: dict[str, Any] = json.loads((home.data_dir / "running.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told


def opened(home: Home) -> list[str]:
    try:
        return (home.root / "opened").read_text(encoding="utf-8").split()
    except OSError:
        return []


def test_a_person_uses_the_tray(home: Home, desktop: Desktop, voice: Voice) -> None:
    with tray(home, desktop, "gtk", gi_of_this_python()) as running:
        url = until(lambda: running_node(home).get("url"), "the node that the tray starts")
        running.url = url
        until(desktop.shows(BLUE), "the idle icon")

        idle = desktop.picture()

        desktop.click(1)
        until(lambda: opened(home) == [f"{url}/"], "the page")

        desktop.choose("Down", "Down")
        until(lambda: str(home.drop) in opened(home), "the drop folder")

        desktop.choose("Down", "Down", "Down", "Right", "Down")
        until(lambda: running.get("/status")["node"]["paused_until"], "the pause of an hour")
        until(desktop.shows(GREY), "the paused icon")

        book_id = running.add(record(home.root / "in" / "book.mp3", voice.say(*SENTENCES)), chunk_seconds=30)
        running.wait_until_read(book_id)
        desktop.choose("Down", "Down", "Down", "Right")
        until(lambda: desktop.shows_ring(idle), "the icon with a ring")
        running.wait_for_book(book_id)
        until(desktop.shows(BLUE), "the idle icon again")

        desktop.choose("Down", "Down", "Down", "Down")
        until(lambda: running.get("/status")["door"]["open"], "the open door")
        desktop.choose("Up", "Up")
        entry = Path(running_config(home), "autostart", "swarmstt-tray.desktop")
        until(entry.exists, "the autostart entry")

        node = psutil.Process(running_node(home)["pid"])
        running.children()
        node.kill()
        until(desktop.shows(BLUE, WARM), "the icon of trouble")
        again = until(
            lambda: running_node(home).get("pid") not in (None, node.pid) and running_node(home), "a new node"
        )
        until(desktop.shows(BLUE), "the idle icon after all")

        running.children()
        desktop.choose("Up")
        assert running.process.wait(timeout=60) == 0
        assert not psutil.pid_exists(again["pid"])
        assert running_node(home) == {}, "the node was not ended cleanly"
        assert "Traceback" not in running.err


def running_config(home: Home) -> Path:
    """The folder for settings: `Home` leaves XDG_CONFIG_HOME out."""
    return home.root / "home" / ".config"


def test_without_gtk_a_click_opens_the_page_and_sigterm_ends_the_node(home: Home, desktop: Desktop) -> None:
    with tray(home, desktop, "xorg", []) as running:
        url = until(lambda: running_node(home).get("url"), "the node that the tray starts")
        until(desktop.shows(BLUE), "the idle icon")
        desktop.click(1)
        until(lambda: opened(home) == [f"{url}/"], "the page")
        running.children()
        running.process.terminate()
        assert running.process.wait(timeout=60) == 0
        assert running_node(home) == {}, "the node was not ended cleanly"


def test_a_node_that_runs_is_left_running(home: Home, desktop: Desktop) -> None:
    with home.up() as node, tray(home, desktop, "xorg", []) as running:
        until(desktop.shows(BLUE), "the idle icon")
        until(lambda: running.process.poll() is None and not running.children(), "no second node")
        running.process.terminate()
        assert running.process.wait(timeout=60) == 0
        assert ask(f"{node.url}/status").status == 200


def test_without_a_desktop_it_says_so(home: Home) -> None:
    environment = {"DISPLAY": "", "WAYLAND_DISPLAY": ""}
    with home.started([sys.executable, "-m", "swarmstt_tray"], environment=environment) as running:
        assert running.process.wait(timeout=60) == 1
        assert len(running.err.splitlines()) == 1
        assert running.err.startswith("swarmstt-tray: No desktop is here")
