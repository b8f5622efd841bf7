"""A tray that runs on a Windows of Wine: it starts a node, and *Quit* of its icon's menu ends both."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from tests.e2e.support.home import model_folder
from tests.e2e.support.waiting import eventually
from tests.windows.bench_of_wine import PYTHON, Bench, kill_hard
from tests.windows.windows_node import PATIENCE_SECONDS

PRESS_QUIT = Path(__file__).with_name("press_quit.py")


def tray_starts_a_node_and_quit_ends_both(bench: Bench, folder: Path, *program: str | Path) -> None:
    """Fails if it is not so. The data folder is `data` in this folder."""
    data_dir = folder / "data"
    with tempfile.TemporaryFile() as printed:
        tray = subprocess.Popen(
            bench.command(*program, "--data_dir", data_dir),
            env=bench.environment(
                SWARMSTT_PORT="0", WHISPER_MODEL=str(model_folder()), SWARMSTT_DROP_FOLDER=f"Z:{folder / 'drop'}"
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
    node_log = (data_dir / "node.log").read_text(encoding="utf-8", errors="replace")
    assert "was asked to end" in node_log, "it did not end the node gently"
