"""The tray on a desktop of its own."""

from __future__ import annotations

import html
import importlib.machinery
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from swarmstt_tray.icon import BLUE, GREY, WARM
from tests.e2e.support.desktops import Desktop, needs_desktop, new_desktop, new_panel, new_screen
from tests.e2e.support.home import Home, model_folder
from tests.e2e.support.http_client import ask
from tests.e2e.support.processes import Running
from tests.e2e.support.voice import SENTENCES, Voice, record
from tests.e2e.support.waiting import eventually

DEBIAN_PACKAGES = Path("/usr/lib/python3/dist-packages")

IS_CI = os.environ.get("CI") == "true"

pytestmark = [pytest.mark.e2e, pytest.mark.slow, *needs_desktop]


def gi_of_this_python() -> list[Path]:
    """GObject's bindings, which pip would have to compile; the system's, where it has this very Python version."""
    if importlib.util.find_spec("gi") is not None:
        return []
    suffix = importlib.machinery.EXTENSION_SUFFIXES[0]
    compiled = DEBIAN_PACKAGES / "gi" / f"_gi{suffix}"
    if not compiled.exists():
        assert not IS_CI or (DEBIAN_PACKAGES / "gi").exists(), "python3-gi is not installed"
        pytest.skip(f"there is no {compiled}: pystray has a menu with GTK only")
    return [DEBIAN_PACKAGES / "gi"]


@pytest.fixture(scope="module")
def desktop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desktop]:
    with new_desktop(tmp_path_factory.mktemp("panel")) as made:
        yield made


BUS = """
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={path}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy>
</busconfig>
"""


class Bus:
    """A session bus of a test's own that starts no services by itself."""

    def __init__(self, process: subprocess.Popen[str], address: str) -> None:
        self.address = address
        self._process = process

    def end(self) -> None:
        self._process.terminate()
        self._process.wait()


@contextmanager
def session_bus() -> Iterator[Bus]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "bus.conf")
        file.write_text(BUS.format(path=Path(folder, "bus")), encoding="utf-8")
        command = ["dbus-daemon", f"--config-file={file}", "--nofork", "--nopidfile", "--print-address"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
            assert process.stdout is not None
            bus = Bus(process, process.stdout.readline().strip())
            try:
                yield bus
            finally:
                bus.end()


class Notifications:
    """A desktop's notification service, and the person who clicks."""

    def __init__(self, process: subprocess.Popen[str], said: Path) -> None:
        self._process = process
        self._said = said

    def shown(self, title: str) -> list[dict[str, Any]]:
        lines = self._said.read_text(encoding="utf-8").splitlines()
        return [told for told in map(json.loads, lines) if told.get("title") == title]

    @property
    def is_ready(self) -> bool:
        return "ready" in self._said.read_text(encoding="utf-8")

    def click(self, notice: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        print(notice["id"], file=self._process.stdin, flush=True)


@contextmanager
def notification_service(home: Home, bus: Bus) -> Iterator[Notifications]:
    """Runs with the modules that `tray` has put beside it."""
    environment = home.environment(DBUS_SESSION_BUS_ADDRESS=bus.address, PYTHONPATH=str(home.root / "python"))
    said = home.root / "notifications"
    program = Path(__file__).with_name("notifications.py")
    with (
        said.open("w", encoding="utf-8") as out,
        subprocess.Popen(
            [sys.executable, str(program)], env=environment, stdin=subprocess.PIPE, stdout=out, text=True
        ) as process,
    ):
        try:
            service = Notifications(process, said)
            eventually(lambda: service.is_ready, "the notification service")
            yield service
        finally:
            process.terminate()


@contextmanager
def tray(
    home: Home, desktop: Desktop, backend: str, modules: list[Path], bus_address: str = "unix:path=/nowhere"
) -> Iterator[Running]:
    """The tray, with no session bus if none is named, and with an `xdg-open` that keeps what it was to open."""
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
        "PYTHONPATH": os.pathsep.join([str(python), *filter(None, [os.environ.get("PYTHONPATH")])]),
        "PYSTRAY_BACKEND": backend,
        "DBUS_SESSION_BUS_ADDRESS": bus_address,
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
        url = eventually(lambda: running_node(home).get("url"), "the node that the tray starts")
        running.url = url
        desktop.wait_for_icon(home, running, BLUE, what="the idle icon")

        idle = desktop.picture()

        eventually(lambda: opened(home) == [f"{url}/"], "the page, at the very first start")
        desktop.click(1)
        eventually(lambda: opened(home) == 2 * [f"{url}/"], "the page")

        desktop.choose("Down", "Down")
        eventually(lambda: str(home.drop) in opened(home), "the drop folder")

        desktop.choose("Down", "Down", "Down", "Right")
        eventually(lambda: running.get("/status")["node"]["paused_until"], "the pause of an hour")
        desktop.wait_for_icon(home, running, GREY, what="the paused icon")

        book_id = running.add(record(home.root / "in" / "book.mp3", voice.say(*SENTENCES)), chunk_seconds=30)
        running.wait_until_read(book_id)
        desktop.choose("Down", "Down", "Down", "Right")
        engine = eventually(running.engines, "what decodes", pause_seconds=0.02)[0]
        engine.suspend()  # or it could be done before the icon is looked at
        eventually(lambda: desktop.shows_ring(idle), "the icon with a ring")
        with suppress(psutil.NoSuchProcess):  # the node gives up one that is silent for too long
            engine.resume()
        running.wait_for_book(book_id)
        desktop.wait_for_icon(home, running, BLUE, what="the idle icon again")

        desktop.choose("Down", "Down", "Down", "Down")
        eventually(lambda: running.get("/status")["door"]["open"], "the open door")
        desktop.choose("Up", "Up")
        entry = Path(running_config(home), "autostart", "swarmstt-tray.desktop")
        eventually(entry.exists, "the autostart entry")

        node = psutil.Process(running_node(home)["pid"])
        running.children()
        node.kill()
        desktop.wait_for_icon(home, running, BLUE, WARM, what="the icon of trouble")
        again = eventually(
            lambda: running_node(home).get("pid") not in (None, node.pid) and running_node(home), "a new node"
        )
        desktop.wait_for_icon(home, running, BLUE, what="the idle icon after all")

        running.children()
        desktop.choose("Up")
        assert running.process.wait(timeout=120) == 0
        assert not psutil.pid_exists(again["pid"])
        assert running_node(home) == {}, "the node was not ended cleanly"
        assert "Traceback" not in running.err


def test_what_is_news_is_notified_and_a_service_that_goes_does_not_hurt(
    home: Home, desktop: Desktop, voice: Voice, tmp_path: Path
) -> None:
    modules = gi_of_this_python()
    audio = [record(home.root / "in" / f"{n}.mp3", voice.say(SENTENCES[n])) for n in range(3)]
    with session_bus() as bus, tray(home, desktop, "gtk", modules, bus.address) as running:
        running.url = eventually(lambda: running_node(home).get("url"), "the node that the tray starts")
        desktop.wait_for_icon(home, running, BLUE, what="the idle icon")
        with notification_service(home, bus) as notifications:
            book_id = running.add(audio[0])
            running.wait_for_book(book_id)
            [done] = eventually(lambda: notifications.shown("A book is done"), "the book is said to be done")
            assert done["text"] == "0 is ready to read."
            notifications.click(done)
            eventually(lambda: f"{running.url}/read/{book_id}" in opened(home), "the book is opened")

            address = running.get("/status")["node"]["swarm_address"]
            with Home(tmp_path / "ben").up("--name", "Ben's <laptop>", "--no_helping", "--peer", address):
                [joined] = eventually(lambda: notifications.shown("A new PC"), "the new PC is told of")
                assert "<" not in joined["text"]  # it would be markup
                text = html.unescape(joined["text"])
                [pairing] = running.get("/door")["joining"]
                assert text == f"Ben's <laptop> joined. Both PCs show: {' · '.join(pairing['words'])}"
                assert joined["actions"] == []

            home.drop.rename(home.root / "elsewhere")
            [trouble] = eventually(lambda: notifications.shown("swarmstt needs attention"), "the trouble is told")
            assert str(home.drop) in trouble["text"]
            desktop.wait_for_icon(home, running, BLUE, WARM, what="the icon of trouble")
            (home.root / "elsewhere").rename(home.drop)
            desktop.wait_for_icon(home, running, BLUE, what="the idle icon again")

        running.wait_for_book(running.add(audio[1]))  # now there is a bus without that service
        bus.end()
        running.wait_for_book(running.add(audio[2]))  # and now no bus
        desktop.wait_for_icon(home, running, BLUE, what="the icon after all")
        desktop.click(1)
        eventually(lambda: f"{running.url}/" in opened(home), "the page")
        running.children()
        running.process.terminate()
        assert running.process.wait(timeout=120) == 0
        assert "Traceback" not in running.err


def running_config(home: Home) -> Path:
    """The folder for settings: `Home` leaves XDG_CONFIG_HOME out."""
    return home.root / "home" / ".config"


def test_without_gtk_a_click_opens_the_page_and_sigterm_ends_the_node(home: Home, desktop: Desktop) -> None:
    with tray(home, desktop, "xorg", []) as running:
        url = eventually(lambda: running_node(home).get("url"), "the node that the tray starts")
        desktop.wait_for_icon(home, running, BLUE, what="the idle icon")
        eventually(lambda: opened(home) == [f"{url}/"], "the page, at the very first start")
        desktop.click(1)
        eventually(lambda: opened(home) == 2 * [f"{url}/"], "the page")
        running.children()
        running.process.terminate()
        assert running.process.wait(timeout=120) == 0
        assert running_node(home) == {}, "the node was not ended cleanly"


WHO_SPEAKS_TO_X = """
import threading
from PIL import Image
from Xlib.protocol.display import Display
from swarmstt_tray.xorg_icon import XorgIcon

speakers = set()

talk = Display.send_and_recv

def watched(*given, **named):
    speakers.add(threading.current_thread())
    return talk(*given, **named)

Display.send_and_recv = watched

def use(icon):
    icon.visible = True
    for shade in range(50):
        icon.icon = Image.new("RGB", (16, 16), (shade, 0, 0))
        icon.title = f"shade {shade}"
    icon.visible = False
    icon.stop()
    icon.visible = True

XorgIcon("watched", Image.new("RGB", (16, 16)), "watched").run(use)
print(speakers == {threading.main_thread()})
"""


def test_only_the_loop_of_an_icon_speaks_to_the_x_server(desktop: Desktop) -> None:
    """And who asks for something after its end is not kept waiting."""
    environment = {**os.environ, "DISPLAY": desktop.display, "PYSTRAY_BACKEND": "xorg"}
    command = [sys.executable, "-c", WHO_SPEAKS_TO_X]
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True, timeout=120)
    assert (done.stdout, done.stderr, done.returncode) == ("True\n", "", 0)


def test_the_icon_appears_in_a_panel_that_comes_later_and_in_the_next_one(home: Home, tmp_path: Path) -> None:
    with new_screen() as screen, tray(home, screen, "xorg", []) as running:
        eventually(lambda: running_node(home).get("url"), "the node that the tray starts")
        assert not any(screen.colours().values())
        for _ in range(2):
            with new_panel(screen, tmp_path):
                screen.wait_for_icon(home, running, BLUE, what="the idle icon")
            eventually(lambda: not any(screen.colours().values()), "no panel")
        running.children()
        running.process.terminate()
        assert running.process.wait(timeout=120) == 0
        assert "Traceback" not in running.err


def test_a_node_that_runs_is_left_running(home: Home, desktop: Desktop) -> None:
    with home.up() as node, tray(home, desktop, "xorg", []) as running:
        desktop.wait_for_icon(home, running, BLUE, what="the idle icon")
        eventually(lambda: running.process.poll() is None and not running.children(), "no second node")
        running.process.terminate()
        assert running.process.wait(timeout=120) == 0
        assert ask(f"{node.url}/status").status == 200


def test_a_screen_of_these_tests_outlives_its_last_client() -> None:
    """Else the server may turn away whoever comes as a look at the screen ends: the panel, or the tray."""
    from Xlib.display import Display
    from Xlib.X import PropModeReplace
    from Xlib.Xatom import STRING

    with new_screen() as screen:
        for is_there in (False, True):
            client = Display(screen.display)
            root, mark = client.screen().root, client.intern_atom("_SWARMSTT_MARK")
            assert (root.get_full_property(mark, STRING) is not None) is is_there
            root.change_property(mark, STRING, 8, b"here", PropModeReplace)
            client.sync()
            client.close()


def test_without_a_desktop_it_says_so(home: Home) -> None:
    environment = {"DISPLAY": "", "WAYLAND_DISPLAY": ""}
    with home.started([sys.executable, "-m", "swarmstt_tray"], environment=environment) as running:
        assert running.process.wait(timeout=120) == 1
        assert len(running.err.splitlines()) == 1
        assert running.err.startswith("swarmstt-tray: No desktop is here")
