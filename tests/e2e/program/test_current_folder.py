"""Whichever way a process of ours is started: nothing in the folder that it is started in is imported.

Each program is started in a folder of traps, modules of other names than one wants to see run. A control makes sure
that the traps work.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from swarmstt_tray.autostart import tray_command
from swarmstt_tray.icon import BLUE
from swarmstt_tray.node_process import node_command
from tests.e2e.support.desktops import Desktop, needs_desktop, new_desktop
from tests.e2e.support.home import Home, model_folder
from tests.e2e.support.processes import Running
from tests.e2e.support.traps import OURS, PACKAGES, Traps
from tests.e2e.support.voice import Voice, record
from tests.e2e.support.waiting import eventually

pytestmark = pytest.mark.e2e

SCRIPTS = Path(sysconfig.get_path("scripts"))


@pytest.fixture
def traps(tmp_path: Path) -> Traps:
    return Traps(tmp_path / "book")


@pytest.fixture
def book(traps: Traps, voice: Voice) -> Path:
    """In the folder of the traps."""
    return record(traps.folder / "01 - Chapter.mp3", voice.say("The book lies beside a trap."))


def script(name: str) -> str:
    return str(SCRIPTS / (f"{name}.exe" if sys.platform == "win32" else name))


def command(home: Home, *words: str) -> list[str]:
    """Of the program that is installed."""
    return [script("swarmstt"), *words, "--data_dir", str(home.data_dir)]


def test_the_traps_work(traps: Traps) -> None:
    subprocess.run([sys.executable, "-c", "import swarmstt, psutil"], cwd=traps.folder, check=True)
    assert {"swarmstt.__init__", "psutil"} <= set(traps.sprung())


def test_a_book_beside_traps_is_transcribed(home: Home, traps: Traps, book: Path) -> None:
    """By its bare name, as one types it there. Reader, prober, engine and writer are children of this command."""
    words = command(home, "transcribe", book.name, "--model", str(model_folder()), "--output_dir", str(home.output))
    with home.started(words, cwd=traps.folder) as running:
        assert running.process.wait(timeout=120) == 0, running.err
    assert "trap" in home.transcript("01 - Chapter")["full_text"]
    assert traps.sprung() == []


def test_an_empty_part_of_pythonpath_means_no_current_folder(home: Home, book: Path, tmp_path: Path) -> None:
    """As `export PYTHONPATH=$PYTHONPATH:more` leaves it. What Python itself loads before us is beyond us."""
    traps = Traps(
        tmp_path / "packages", tuple(name for name in PACKAGES if name not in ("sitecustomize", "usercustomize"))
    )
    words = command(home, "transcribe", str(book), "--model", str(model_folder()), "--output_dir", str(home.output))
    with home.started(words, cwd=traps.folder, environment={"PYTHONPATH": os.pathsep}) as running:
        assert running.process.wait(timeout=120) == 0, running.err
    assert traps.sprung() == []


def test_a_node_a_guest_and_the_commands_beside_traps(home: Home, traps: Traps, book: Path, tmp_path: Path) -> None:
    up = command(home, "up", "--port", "0", "--no_helping", "--model", str(model_folder()))
    anna = Home(tmp_path / "anna")
    with home.started(up, cwd=traps.folder) as node:
        node.wait_for_page()
        for words in (("status",), ("peers",), ("door",), ("add", book.name)):
            with home.started(command(home, *words), cwd=traps.folder) as running:
                assert running.process.wait(timeout=120) == 0, running.err
        with home.started(command(home, "invite"), cwd=traps.folder) as running:
            assert running.process.wait(timeout=120) == 0, running.err
            url = next(word for word in running.out.split() if "/join/" in word)
        guest = command(anna, "help", url)
        with anna.started(guest, cwd=traps.folder, environment={"WHISPER_MODEL": str(model_folder())}):
            (listed,) = eventually(lambda: node.get("/status")["books"], "the book")
            node.wait_for_book(listed["book_id"])
    assert traps.sprung() == []


@pytest.mark.parametrize("module", OURS)
def test_python_m_beside_traps(home: Home, tmp_path: Path, module: str) -> None:
    """A folder of our own name is Python's to take: `python -m swarmstt` is for our own checkout and our own tests."""
    traps = Traps(tmp_path / "book", PACKAGES)
    environment = {"DISPLAY": "", "WAYLAND_DISPLAY": ""}
    words = [sys.executable, "-m", module, *(["status"] if module == "swarmstt" else [])]
    with home.started([*words, "--data_dir", str(home.data_dir)], cwd=traps.folder, environment=environment) as running:
        assert running.process.wait(timeout=120) == 1
    assert traps.sprung() == []


def test_the_node_that_a_tray_starts(home: Home, traps: Traps) -> None:
    with home.started(node_command(home.data_dir), cwd=traps.folder, environment={"SWARMSTT_PORT": "0"}) as running:
        running.wait_for_page()
    assert traps.sprung() == []


class TestOnADesktop:
    pytestmark = needs_desktop

    @pytest.mark.parametrize("started", ["by a person", "at login"])
    def test_a_tray_beside_traps(self, home: Home, traps: Traps, tmp_path: Path, started: str) -> None:
        words = [script("swarmstt-tray")] if started == "by a person" else tray_command()
        with new_desktop(tmp_path) as desktop, tray(home, desktop, words, traps) as running:
            desktop.wait_for_icon(home, running, BLUE, what="the icon of a node that runs")
        assert traps.sprung() == []


@contextmanager
def tray(home: Home, desktop: Desktop, words: list[str], traps: Traps) -> Iterator[Running]:
    environment = {"DISPLAY": desktop.display, "PYSTRAY_BACKEND": "xorg", "SWARMSTT_PORT": "0", "NO_AT_BRIDGE": "1"}
    with home.started([*words, "--data_dir", str(home.data_dir)], cwd=traps.folder, environment=environment) as running:
        yield running
        running.children()


def test_an_installation_that_is_a_copy(home: Home, traps: Traps, book: Path, tmp_path: Path) -> None:
    """As pip without -e makes it: a Python of its own, with the packages of this one and a copy of ours."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv")], check=True)
    python = tmp_path / "venv" / ("Scripts" if sys.platform == "win32" else "bin") / Path(sys.executable).name
    asked = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = Path(subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip())
    root = Path(__file__).resolve().parents[3]
    for source in (root / "swarmstt", root / "tray" / "swarmstt_tray"):
        shutil.copytree(source, packages / source.name)
    (packages / "others.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    installed = tmp_path / "venv" / "swarmstt"
    installed.write_text("import sys; from swarmstt.cli import main; sys.exit(main())", encoding="utf-8")
    options = ["--model", str(model_folder()), "--output_dir", str(home.output), "--data_dir", str(home.data_dir)]
    with home.started([str(python), str(installed), "transcribe", book.name, *options], cwd=traps.folder) as running:
        assert running.process.wait(timeout=120) == 0, running.err
    assert traps.sprung() == []
