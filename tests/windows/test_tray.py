"""The tray on Windows, as Wine plays it: it starts a node, and *Quit* of its icon's menu ends both."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.e2e.support.home import model_folder
from tests.e2e.support.waiting import eventually
from tests.windows.bench_of_wine import PYTHON, Bench, kill_hard
from tests.windows.windows_node import PATIENCE_SECONDS

pytestmark = [pytest.mark.windows, pytest.mark.timeout(900)]

PRESS_QUIT = Path(__file__).with_name("press_quit.py")


def test_the_tray_starts_a_node_and_quit_ends_both(bench: Bench, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with tempfile.TemporaryFile() as printed:
        tray = subprocess.Popen(
            bench.command(PYTHON, "-m", "swarmstt_tray", "--data_dir", data_dir),
            env=bench.environment(
                SWARMSTT_PORT="0", WHISPER_MODEL=str(model_folder()), SWARMSTT_DROP_FOLDER=f"Z:{tmp_path / 'drop'}"
            ),
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.STDOUT,
        )

        def said() -> str:
            printed.seek(0)
            logs = [each.read_text("utf-8", "replace") for each in data_dir.glob("*.log")]
            return "\n".join([printed.read().decode("utf-8", "replace"), *logs])

        try:
            eventually((data_dir / "running.json").exists, "the tray's node is up", PATIENCE_SECONDS, explain=said)
            assert bench.run(PYTHON, PRESS_QUIT).strip() == "pressed"
            assert tray.wait(timeout=PATIENCE_SECONDS) == 0, said()
        finally:
            if tray.poll() is None:
                kill_hard(tray)
    assert not (data_dir / "running.json").exists()
    assert "was asked to end" in said_by_node(data_dir), "it ended the node gently"


def said_by_node(data_dir: Path) -> str:
    return (data_dir / "node.log").read_text(encoding="utf-8", errors="replace")
