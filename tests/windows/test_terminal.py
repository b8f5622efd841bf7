"""A node in a terminal of Windows, as Wine plays it: Ctrl-C, Ctrl-Break, and a window that is closed."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.e2e.support.home import model_folder
from tests.e2e.support.waiting import eventually
from tests.windows.bench_of_wine import PYTHON, Bench, kill_hard
from tests.windows.windows_node import PATIENCE_SECONDS

pytestmark = [pytest.mark.windows, pytest.mark.timeout(900)]

PRESS_CTRL_BREAK = Path(__file__).with_name("press_ctrl_break.py")


def _heed_hang_up() -> None:
    """Whoever runs the tests with nohup has all their processes pass over that a terminal was closed."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


class Terminal:
    """A program in a terminal of its own, which Wine makes a console of."""

    def __init__(self, bench: Bench, *command: str | Path) -> None:
        self._near, far = pty.openpty()
        self.shown = b""
        self.process = subprocess.Popen(
            bench.in_terminal(*command),
            env=bench.environment(TERM="xterm"),
            stdin=far,
            stdout=far,
            stderr=far,
            start_new_session=True,
            preexec_fn=_heed_hang_up,
        )
        os.close(far)
        self._is_open = True
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        with suppress(OSError):  # the program is gone
            while self._is_open:
                if select.select([self._near], [], [], 0.2)[0]:
                    self.shown += os.read(self._near, 65536)

    def press_ctrl_c(self) -> None:
        os.write(self._near, b"\x03")

    def close(self) -> None:
        """Closes the window."""
        if self._is_open:
            self._is_open = False
            self._reader.join()
            os.close(self._near)


@contextmanager
def node_in_terminal(bench: Bench, data_dir: Path) -> Iterator[Terminal]:
    """A node that is up; what is left of it has ended when the context is left."""
    log_of(data_dir).unlink(missing_ok=True)  # of the one before it
    options: tuple[str | Path, ...] = ("--data_dir", data_dir, "--drop_folder", data_dir.with_name("drop"))
    terminal = Terminal(bench, PYTHON, "-m", "swarmstt", "up", *options, "--port", "0", "--model", model_folder())
    try:
        eventually(
            lambda: "is up. Ctrl-C ends it." in logged(data_dir),
            "the node is up",
            PATIENCE_SECONDS,
            explain=lambda: terminal.shown.decode("utf-8", "replace"),
        )
        yield terminal
    finally:
        terminal.close()
        if terminal.process.poll() is None:
            kill_hard(terminal.process)


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all: a node that was ended hard leaves it to the next."""
    return tmp_path_factory.mktemp("terminal") / "data"


def log_of(data_dir: Path) -> Path:
    return data_dir / "logs" / "swarmstt.log"


def logged(data_dir: Path) -> str:
    file = log_of(data_dir)
    return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""


def test_a_closed_window_costs_a_node_nothing(bench: Bench, data_dir: Path) -> None:
    """It ends at once, as if its PC had no power any more, and the next one begins as usual."""
    with node_in_terminal(bench, data_dir) as terminal:
        terminal.close()
        terminal.process.wait(timeout=PATIENCE_SECONDS)
    assert (data_dir / "running.json").exists(), "nobody asked it"


@pytest.mark.parametrize("key", ["Ctrl-C", "Ctrl-Break"])
def test_a_key_ends_a_node(bench: Bench, data_dir: Path, key: str) -> None:
    with node_in_terminal(bench, data_dir) as terminal:
        if key == "Ctrl-C":
            terminal.press_ctrl_c()
        else:
            process_id = json.loads((data_dir / "running.json").read_bytes())["pid"]
            assert bench.run(PYTHON, PRESS_CTRL_BREAK, str(process_id)).strip() == "pressed"
        assert terminal.process.wait(timeout=PATIENCE_SECONDS) == 0, terminal.shown
    assert "goes down" in logged(data_dir)
    assert not (data_dir / "running.json").exists()
