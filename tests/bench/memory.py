"""A long book through one node: memory of the node and its children, and how fast the audio is read.

The book is silence with a beep now and then, so that decoding takes little of the time: what is measured is reading,
planning, storing and merging.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
from rich.console import Console
from rich.table import Table

from tests.bench.books import base_model, machine_spoken, write_mp3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--hours", type=float, nargs="+", default=[1.0, 10.0], help="lengths of the books (default 1 10)"
    )


def run(given: argparse.Namespace) -> int:
    table = Table(title="memory in MB, highest seen")
    for column in ("hours", "node", "reader", "engine", "writer", "seconds in all"):
        table.add_column(column)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = base_model(folder / "model")
        for hours in given.hours:
            peaks, seconds = _measure(folder, model, hours)
            table.add_row(
                f"{hours:g}",
                *(str(peaks.get(role, 0)) for role in ("node", "reader", "engine", "writer")),
                f"{seconds:.0f}",
            )
    Console(width=120).print(table)
    return 0


def _measure(folder: Path, model: Path, hours: float) -> tuple[dict[str, int], float]:
    """Runs a book of that length and watches the processes."""
    spoken = machine_spoken(folder, minutes=1)
    book = folder / f"{hours:g} hours.mp3"
    _stretch(spoken.path, book, hours)
    command = [sys.executable, "-m", "swarmstt", "transcribe", "--model", str(model), "--beam_size", "1"]
    command += [
        "--data_dir",
        str(folder / f"data{hours:g}"),
        "--output_dir",
        str(folder),
        "--language",
        "en",
        str(book),
    ]
    began_at = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        peaks: dict[str, int] = {}
        while process.poll() is None:
            _look(psutil.Process(process.pid), peaks)
            time.sleep(0.2)
    return peaks, time.perf_counter() - began_at


def _stretch(minute: Path, book: Path, hours: float) -> None:
    """An MP3 of that length: a spoken minute, then nine of silence, again and again."""
    quiet = minute.parent / "quiet.mp3"
    write_mp3(quiet, np.zeros(9 * 60 * 24_000, np.float32), 24_000)
    block = minute.read_bytes() + quiet.read_bytes()
    with book.open("wb") as out:
        for _ in range(max(1, round(hours * 6))):
            out.write(block)


def _look(node: psutil.Process, peaks: dict[str, int]) -> None:
    try:
        processes = [("node", node), *((_role(child), child) for child in node.children())]
        for role, process in processes:
            peaks[role] = max(peaks.get(role, 0), process.memory_info().rss // 2**20)
    except psutil.Error:
        return  # one of them has just ended


def _role(child: psutil.Process) -> str:
    return child.cmdline()[-1]
