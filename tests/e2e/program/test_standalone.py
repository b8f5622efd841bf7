"""The standalone build: made here, and used on a Linux with nothing but the C library and zlib: with no Python.

It takes minutes: `python -m pytest -m packages` runs it, as `.ci/run` does.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from swarmstt_tray.icon import BLUE
from tests.bench.wer import word_errors
from tests.e2e.support.desktops import needs_desktop, new_desktop
from tests.e2e.support.home import Home
from tests.e2e.support.processes import Running
from tests.e2e.support.traps import Traps
from tests.e2e.support.waiting import eventually

MISSING = [program for program in ("unzip", "ldd", "unshare") if shutil.which(program) is None]

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.packages,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(platform.system() != "Linux", reason="has a root of its own by mount namespaces"),
    pytest.mark.skipif(
        bool(MISSING) and os.environ.get("CI") != "true", reason=f"needs the programs {' and '.join(MISSING)}"
    ),
]

ROOT = Path(__file__).resolve().parents[3]
SAMPLE = ROOT / "swarmstt" / "sample"

C_LIBRARY = ("c", "m", "dl", "pthread", "rt", "util", "resolv", "nss_files", "nss_dns", "anl")
EVERYWHERE = (*C_LIBRARY, "z")
BIND = 'for each in proc dev; do mount --rbind /$each "$1/$each"; done; root=$1; shift; exec chroot "$root" "$@"'


def unshare() -> list[str]:
    """What runs a program where it may mount."""
    return ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]


class BareLinux:
    """A root folder in which nothing is but what no Linux lacks, and what a person unpacked."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for each in ("proc", "dev", "tmp", "home", "opt"):
            (root / each).mkdir(parents=True)

    def unpack(self, archive: Path) -> None:
        """As a person does: Python's own unpacking would lose rights and links."""
        subprocess.run(["unzip", "-q", str(archive), "-d", str(self.root / "opt")], check=True)

    def add_libraries(self) -> None:
        """Those of EVERYWHERE, from where the unpacked program would find them here."""
        program = self.root / "opt" / "swarmstt" / "swarmstt"
        listed = subprocess.run(["ldd", str(program)], check=True, capture_output=True, text=True).stdout.split()
        needed = {Path(word) for word in listed if word.startswith("/")}
        loader = {path for path in needed if path.name.startswith("ld-")}
        folders = {path.parent for path in needed - loader if self.root not in path.parents}
        libraries = {each for folder in folders for name in EVERYWHERE for each in folder.glob(f"lib{name}.so.*")}
        for path in loader | libraries:
            target = self.root / path.relative_to("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)

    def command(self, program: str, *arguments: str) -> list[str]:
        """What runs a program of the standalone build in there."""
        return [*unshare(), "sh", "-ec", BIND, "sh", str(self.root), f"/opt/swarmstt/{program}", *arguments]

    @contextmanager
    def started(self, program: str, *arguments: str, **environment: str) -> Iterator[Running]:
        inside = {
            "HOME": "/home",
            "SWARMSTT_DATA_DIR": "/home/data",
            "SWARMSTT_OUTPUT_DIR": "/home/heard",
            "SWARMSTT_DROP_FOLDER": "/home/drop",
            "SWARMSTT_PORT": "0",
        }
        home = Home(self.root.parent / "outside")
        with home.started(self.command(program, *arguments), environment={**inside, **environment}) as running:
            yield running


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> BareLinux:
    """With the build in /opt, made and unpacked."""
    if subprocess.run([*unshare(), "true"], check=False, capture_output=True).returncode:
        pytest.skip("mount namespaces are not allowed here")
    output = tmp_path_factory.mktemp("built")
    subprocess.run(
        [sys.executable, str(ROOT / "tray/installer/build.py"), "--model", "base", "--output", str(output)], check=True
    )
    (archive,) = output.glob("swarmstt-linux-*-base.zip")
    with zipfile.ZipFile(archive) as packed:
        assert {"swarmstt/swarmstt", "swarmstt/swarmstt-tray"} <= set(packed.namelist())
    made = BareLinux(output / "root")
    made.unpack(archive)
    made.add_libraries()
    return made


@pytest.fixture
def traps(bare: BareLinux) -> Iterator[Traps]:
    """In the folder that the build's programs are started in, its root; gone again afterwards."""
    made = Traps(bare.root / "tmp" / "book")
    laid = [Path(shutil.move(each, bare.root)) for each in made.folder.iterdir()]
    yield made
    for each in laid:
        shutil.rmtree(each) if each.is_dir() else each.unlink()


def assert_is_the_sample(heard: str) -> None:
    said = (SAMPLE / "spoken.txt").read_text(encoding="utf-8")
    assert word_errors(said, heard).percent < 10, heard


def test_no_python_is_there(bare: BareLinux) -> None:
    """Nothing that is not the build's own is anything but those libraries."""
    build = bare.root / "opt"
    others = [path for path in bare.root.rglob("*") if path.is_file() and build not in path.parents]
    assert len(others) > 2
    assert all(path.name.startswith(("ld-", *(f"lib{name}.so." for name in EVERYWHERE))) for path in others), others
    assert not [path for path in build.rglob("python*") if path.is_file() and os.access(path, os.X_OK)]


def test_it_brings_the_licences_of_what_is_in_it(bare: BareLinux) -> None:
    folder = bare.root / "opt" / "swarmstt" / "licences"
    packages = {path.name.rpartition("-")[0] for path in folder.iterdir() if path.is_dir()}
    assert {"swarmstt", "Python", "av", "zeroconf", "ctranslate2", "onnxruntime", "pyinstaller"} <= packages
    assert list((folder / "System-libraries").glob("libX11*")) or not shutil.which("dpkg-query")
    for each in folder.iterdir():
        assert each.is_file() or [path for path in each.rglob("*") if path.is_file()], each
    assert {path.name for path in folder.glob("av-*/*.txt")} >= {"GPL-3.0.txt", "GPL-2.0.txt", "LGPL-3.0.txt"}
    said = (folder / "README.txt").read_text(encoding="utf-8")
    assert "General Public License" in said.splitlines()[0]
    with bare.started("swarmstt", "licences") as running:
        assert running.process.wait(timeout=120) == 0, running.err
        assert said in running.out


def test_it_has_the_releases_of_the_lock(bare: BareLinux) -> None:
    """And not those that happen to be installed where it is built."""
    internal = bare.root / "opt" / "swarmstt" / "_internal"
    lock = (ROOT / "tray" / "installer" / "requirements-build.lock").read_text(encoding="utf-8")
    there = {path.name.removesuffix(".dist-info") for path in internal.glob("*.dist-info")}
    for name in ("aiohttp", "cryptography", "zeroconf"):
        (release,) = [each for each in there if each.startswith(f"{name}-")]
        assert re.search(rf"^{re.escape(release.replace('-', '=='))} ", lock, re.MULTILINE), release


def test_it_writes_down_a_sample(bare: BareLinux, traps: Traps) -> None:
    """Also where the current folder, and an empty part of PYTHONPATH, would have other modules run."""
    shutil.copy(SAMPLE / "spoken.mp3", bare.root / "home")
    with bare.started("swarmstt", "transcribe", "/home/spoken.mp3", PYTHONPATH=":/") as running:
        assert running.process.wait(timeout=300) == 0, running.err
    assert traps.sprung() == []
    assert_is_the_sample((bare.root / "home" / "heard" / "spoken.txt").read_text(encoding="utf-8"))


def test_its_node_serves_its_page_and_does_a_book_dropped_there(bare: BareLinux) -> None:
    with bare.started("swarmstt", "up", SWARMSTT_DATA_DIR="/home/data-of-a-node") as running:
        running.wait_for_page()
        page = running.ask("/")
        assert page.status == 200
        assert b"<title>swarmstt</title>" in page.body
        answer = running.upload(("dropped.mp3", (SAMPLE / "spoken.mp3").read_bytes()))
        running.wait_for_book(answer.json["book_id"])
        assert_is_the_sample(running.get(f"/results/{answer.json['book_id']}")["full_text"])
        running.children()
        running.process.terminate()
        assert running.process.wait(timeout=120) == 0, running.err


def test_its_tray_says_that_there_is_no_desktop(bare: BareLinux) -> None:
    with bare.started("swarmstt-tray", DISPLAY="", WAYLAND_DISPLAY="") as running:
        assert running.process.wait(timeout=120) == 1
        assert running.err.startswith("swarmstt-tray: No desktop is here")


class TestOnADesktop:
    pytestmark = needs_desktop

    def test_its_tray_shows_its_icon_and_starts_its_node(self, bare: BareLinux, tmp_path: Path) -> None:
        told = bare.root / "home" / "data-of-a-tray" / "running.json"
        options = ["--data_dir", "/home/data-of-a-tray"]
        with (
            new_desktop(tmp_path) as desktop,
            bare.started("swarmstt-tray", *options, DISPLAY=desktop.display) as running,
        ):
            eventually(told.exists, "the node that the tray starts")
            eventually(desktop.shows(BLUE), "the idle icon", explain=lambda: f"\n{running.err[-4000:]}")
            running.children()
            running.process.terminate()
            assert running.process.wait(timeout=120) == 0, running.err
            assert not told.exists(), "the node was not ended cleanly"
