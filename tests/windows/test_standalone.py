"""The standalone build for Windows: made under Wine by the bench's own Python, and used from its folder."""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path

import pytest

from tests.e2e.support.home import model_folder
from tests.windows.bench_of_wine import PYTHON, ROOT, Bench
from tests.windows.windows_node import PATIENCE_SECONDS, up
from tests.windows.windows_tray import tray_starts_a_node_and_quit_ends_both

pytestmark = [pytest.mark.windows, pytest.mark.timeout(2400)]

BUILD = ROOT / "tray" / "installer" / "build.py"
SPOKEN = ROOT / "swarmstt" / "sample" / "spoken.mp3"


@pytest.fixture(scope="module")
def build(bench: Bench) -> Path:
    """Without a model, of what the bench has: the releases of the lock. Made once, in the folder that
    SWARMSTT_WINDOWS_BUILD names: it takes minutes, for which .ci/run has no time yet."""
    there = os.environ.get("SWARMSTT_WINDOWS_BUILD")
    if there is None:
        pytest.skip("SWARMSTT_WINDOWS_BUILD names no folder for a build, which takes minutes to make")
    made = Path(there, "swarmstt")
    if not made.exists():
        print(bench.run(PYTHON, BUILD, "--installed", "--output", there, seconds=2000))
    # Windows has it, and Wine 8's lacks functions of complex numbers that numpy calls.
    shutil.copy(bench.path("C:\\Python311\\ucrtbase.dll"), made)
    return made


def test_the_zip_has_all_of_it(build: Path) -> None:
    (archive,) = build.parent.glob("swarmstt-windows-*.zip")
    with zipfile.ZipFile(archive) as packed:
        names = set(packed.namelist())
    there = {path.relative_to(build.parent).as_posix() for path in build.rglob("*") if path.is_file()}
    assert there - names == {"swarmstt/ucrtbase.dll"}
    assert {"swarmstt/swarmstt.exe", "swarmstt/swarmstt-tray.exe", "swarmstt/licences/README.txt"} <= names


def test_it_transcribes(bench: Bench, build: Path, tmp_path: Path) -> None:
    printed = bench.run(
        *(build / "swarmstt.exe", "transcribe", SPOKEN, "--model", model_folder(), "--alone"),
        *("--data_dir", tmp_path / "data", "--output_dir", tmp_path),
    )
    assert "spoken.txt" in printed
    assert "listen to a book together" in (tmp_path / "spoken.txt").read_text(encoding="utf-8")


def test_a_service_of_it_has_no_console(bench: Bench, build: Path, tmp_path: Path) -> None:
    """The tray's program runs a node too, whose children find their standard streams."""
    with up(bench, tmp_path / "data", program=[build / "swarmstt-tray.exe"]) as node:
        node.until_done(node.add("Z:" + str(SPOKEN), output_dir="Z:" + str(tmp_path / "texts")))
        node.post("/shutdown")
        assert node.process.wait(timeout=PATIENCE_SECONDS) == 0, node.out
    assert "listen to a book together" in (tmp_path / "texts" / "spoken.txt").read_text(encoding="utf-8")


def test_its_tray_starts_its_node_and_quit_ends_both(bench: Bench, build: Path, tmp_path: Path) -> None:
    tray_starts_a_node_and_quit_ends_both(bench, tmp_path, build / "swarmstt-tray.exe")


def test_its_uninstaller_removes_its_own_service_only(bench: Bench, build: Path, tmp_path: Path) -> None:
    data_dir = ("--data_dir", tmp_path / "data")
    uninstall = (build / "swarmstt.exe", "service", "remove", "--own", *data_dir)
    bench.swarmstt("service", "install", *data_dir)
    assert "The service stays: it does not run " in bench.run(*uninstall, status=1)
    bench.run(build / "swarmstt.exe", "service", "install", *data_dir)
    assert "swarmstt no longer runs in the background." in bench.run(*uninstall)
    assert not (tmp_path / "data" / "service.xml").exists()
