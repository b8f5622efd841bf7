"""`swarmstt service` on Windows, as Wine plays it. Wine's Task Scheduler keeps a task without what it starts, and never
starts it; so what it was told to start is started here as it would be, by its command line."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from swarmstt.cli.system.units import MARK
from tests.e2e.support.home import model_folder
from tests.e2e.support.waiting import eventually
from tests.windows.bench_of_wine import PYTHON, Bench, kill_hard
from tests.windows.windows_node import PATIENCE_SECONDS

pytestmark = [pytest.mark.windows, pytest.mark.timeout(900)]

TASK = "C:\\windows\\system32\\tasks\\swarmstt"
DATA_DIR = "C:\\a service\\data"
AT_LOGIN = "import subprocess, sys; sys.exit(subprocess.call(sys.argv[1]))"
"""Starts a program by its command line, whole, as the Task Scheduler has it."""


@pytest.fixture
def data_dir(bench: Bench) -> Iterator[Path]:
    path = bench.path(DATA_DIR)
    shutil.rmtree(path.parent, ignore_errors=True)
    path.parent.mkdir()
    yield path
    shutil.rmtree(path.parent, ignore_errors=True)
    bench.path(TASK).unlink(missing_ok=True)


def service(bench: Bench, action: str, *more: str | Path) -> str:
    return bench.swarmstt("service", action, "--data_dir", DATA_DIR, *more)


def parts_of_a_task(file: Path) -> dict[str, str]:
    task = ElementTree.fromstring(file.read_bytes())
    return {each.tag.partition("}")[2]: each.text or "" for each in task.iter()}


def command_line_of_the_task(bench: Bench) -> str:
    assert MARK in parts_of_a_task(bench.path(TASK))["Description"], "it is registered"
    parts = parts_of_a_task(bench.path(f"{DATA_DIR}\\service.xml"))
    assert parts["Command"] == "C:\\Python311\\pythonw.exe", "it opens no console"
    return f'"{parts["Command"]}" {parts["Arguments"]}'


def test_it_is_installed_starts_at_login_and_is_removed(bench: Bench, data_dir: Path) -> None:
    assert service(bench, "status").startswith("The service is not installed.")
    options = ("--port", "0", "--slots", "1", "--drop_folder", "C:\\a service\\drop", "--model", model_folder())
    assert "swarmstt runs in the background: C:\\a service\\data\\service.xml" in service(bench, "install", *options)
    with tempfile.TemporaryFile() as printed:
        login = subprocess.Popen(
            bench.command(PYTHON, "-c", AT_LOGIN, command_line_of_the_task(bench)),
            env=bench.environment(),
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.STDOUT,
        )
        try:
            eventually((data_dir / "running.json").exists, "the service's node is up", PATIENCE_SECONDS)
            assert "The service runs.\nA node runs on this PC: http://127.0.0.1:" in service(bench, "status")
            assert "swarmstt no longer runs in the background." in service(bench, "remove")
            assert login.wait(timeout=PATIENCE_SECONDS) == 0, "it was asked to end, and has"
        finally:
            if login.poll() is None:
                kill_hard(login)
    assert not (data_dir / "running.json").exists()
    assert not bench.path(TASK).exists()
    assert service(bench, "status") == "The service is not installed.\nNo node runs on this PC.\n"
