"""The program under Windows, as Wine plays it: its unit tests there, its setup program, and what the system is told."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from releasing.windows_installer import make
from swarmstt import __version__
from swarmstt.cli.system.units import scheduled_task
from tests.windows.bench_of_wine import PYTHON, ROOT, Bench
from tests.windows.unit_tests import RUN

pytestmark = [pytest.mark.windows, pytest.mark.timeout(2400)]


def test_unit_tests(bench: Bench) -> None:
    options = ["-q", "-n", "0", "--capture=sys", "-p", "no:cacheprovider", "-o", "addopts=--import-mode=importlib"]
    said = bench.run(PYTHON, "-m", "pytest", *options, *RUN, cwd=ROOT, seconds=2000)
    assert " passed" in said


def test_the_tray_starts_at_login(bench: Bench) -> None:
    code = (
        "from swarmstt_tray.autostart import RunKey; start = RunKey(['C:\\\\a b\\\\pythonw.exe', '-P']); "
        "before = start.is_on(); start.turn_on(); on = start.is_on(); start.turn_off(); start.turn_off(); "
        "print(before, on, start.is_on())"
    )
    assert bench.python(code) == "False True False"


def test_the_task_scheduler_takes_the_task(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "task.xml").write_bytes(scheduled_task([PYTHON, "-c"], '-c "pass"', "root"))
    bench.run("schtasks", "/Create", "/TN", "swarmstt", "/XML", tmp_path / "task.xml", "/F")
    bench.run("schtasks", "/Delete", "/TN", "swarmstt", "/F")


def test_memory_of_a_reader_is_bounded(bench: Bench) -> None:
    code = (
        "from swarmstt.speech.process.windows_job import limit_this_process; "
        "print(limit_this_process(3 * 2**30), len(bytearray(2**20)))"
    )
    assert bench.python(code) == "True 1048576"


def test_a_reader_that_has_gone_is_nothing_to_tell_of(bench: Bench) -> None:
    """As in `swarmstt models | more` that a person ends: Windows says something else of it than other systems."""
    code = (
        "import subprocess, sys; swarmstt = subprocess.Popen([sys.executable, '-m', 'swarmstt', '--help'], "
        "stdout=subprocess.PIPE, stderr=subprocess.PIPE); swarmstt.stdout.close(); "
        "print(swarmstt.stderr.read(), swarmstt.wait())"
    )
    assert bench.python(code) == "b'' 0"


@pytest.mark.skipif(shutil.which("makensis") is None, reason="there is no NSIS")
def test_the_installer_installs_for_one_person_and_takes_it_all_back(bench: Bench, tmp_path: Path) -> None:
    """What it packs is played here by the bench's own Python: the build itself needs PyInstaller on Windows."""
    build, own = tmp_path / "build", bench.path("C:\\users") / os.environ.get("USER", "root")
    (build / "_internal").mkdir(parents=True)
    installed = own / "AppData" / "Local" / "Programs" / "swarmstt"
    shutil.rmtree(installed, ignore_errors=True)  # of a bench that was kept
    for name in ("swarmstt.exe", "swarmstt-tray.exe"):
        shutil.copy(bench.path(PYTHON), build / name)
    (build / "_internal" / "a.dll").write_bytes(b"a")
    installer = make(build, tmp_path)
    assert installer.name == f"swarmstt-{__version__}-setup.exe"
    entry = own / "AppData/Roaming/Microsoft/Windows/Start Menu/Programs/swarmstt.lnk"
    bench.run(installer, "/S")
    (installed / "_internal" / "of_an_earlier_version.dll").touch()
    bench.run(installer, "/S")
    assert {path.name for path in installed.iterdir()} == {
        *("_internal", "swarmstt-tray.exe", "swarmstt.exe", "swarmstt.ico", "uninstall.exe"),
    }
    assert [path.name for path in (installed / "_internal").iterdir()] == ["a.dll"]
    assert entry.is_file()
    (installed / "mine.txt").write_text("a person's own", encoding="utf-8")
    bench.run(installed / "uninstall.exe", "/S")
    until = time.monotonic() + 180  # it goes on in a copy of itself
    while entry.exists() or (installed / "swarmstt.exe").exists():
        assert time.monotonic() < until
        time.sleep(0.2)
    assert [path.name for path in installed.iterdir()] == ["mine.txt"]
