"""A tray that runs on a Windows of Wine: it starts a node, shows notices, and *Quit* of its icon's menu ends both."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from swarmstt.page_address import PageAddress
from tests.e2e.support.home import model_folder
from tests.e2e.support.http_client import ask
from tests.e2e.support.waiting import eventually
from tests.windows.bench_of_wine import PYTHON, ROOT, Bench, kill_hard
from tests.windows.windows_node import PATIENCE_SECONDS

PRESS_QUIT = Path(__file__).with_name("press_quit.py")
WATCH_NOTICES = Path(__file__).with_name("watch_notices.py")
SPOKEN = ROOT / "swarmstt" / "sample" / "spoken.mp3"


@contextmanager
def notices(bench: Bench) -> Iterator[Callable[[], list[str]]]:
    """What this Windows has shown since in balloons."""
    with tempfile.TemporaryFile() as printed:
        watcher = subprocess.Popen(
            bench.command(PYTHON, WATCH_NOTICES),
            env=bench.environment(),
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.STDOUT,
        )

        def shown() -> list[str]:
            assert watcher.poll() is None
            printed.seek(0)
            return [json.loads(line) for line in printed.read().splitlines(keepends=True) if line.endswith(b"\n")]

        try:
            eventually(shown, "the desktop is watched", PATIENCE_SECONDS)
            yield shown
        finally:
            kill_hard(watcher)


def tray_starts_a_node_and_quit_ends_both(bench: Bench, folder: Path, *program: str | Path) -> None:
    """Fails if it is not so, or if it does not say that it is ready, and that a book is done. The data folder is `data`
    in this folder."""
    data_dir = folder / "data"
    with tempfile.TemporaryFile() as printed, notices(bench) as shown:

        def has_said(what: str) -> bool:
            return any(what in each for each in shown())

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
            eventually(
                lambda: has_said("Drop audiobooks on its page"), "the first notice", PATIENCE_SECONDS, explain=said
            )
            running = json.loads((data_dir / "running.json").read_bytes())
            address = PageAddress.parse(running["url"])
            book = {"paths": [f"Z:{SPOKEN}"], "options": {"output_dir": f"Z:{folder / 'texts'}"}}
            bench.inside(lambda: ask(f"{address.base}/books", "POST", book, address.headers))
            eventually(lambda: has_said("is ready to read."), "that a book is done", PATIENCE_SECONDS, explain=said)
            assert bench.run(PYTHON, PRESS_QUIT).strip() == "pressed"
            assert tray.wait(timeout=PATIENCE_SECONDS) == 0, said()
        finally:
            if tray.poll() is None:
                kill_hard(tray)
    assert not (data_dir / "running.json").exists()
    node_log = (data_dir / "node.log").read_text(encoding="utf-8", errors="replace")
    assert "was asked to end" in node_log, "it did not end the node gently"
