"""Ten seconds of speech by a command of its own: processes, CPU seconds of each, and the clock, beside
whisper-ctranslate2 with the same model.

CPU seconds tell on a busy PC what the clock cannot. The programs' bytecode must be there: unset
PYTHONDONTWRITEBYTECODE, and run twice.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil
from rich.console import Console
from rich.table import Table

from tests.bench.books import CTRANSLATE2_COMMAND, base_model, write_mp3
from tests.e2e.support.voice import RATE, SENTENCES, Voice

CLIP_SECONDS = 10
_LOOK_SECONDS = 0.03


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=2, help="how often each program runs (default 2)")
    parser.add_argument("--language", help="tell both the language, so that neither finds it out")


def run(given: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clip, model = _clip(folder), base_model(folder / "model")
        table = Table("program", "seconds", "CPU seconds", "of its processes")
        for _ in range(given.rounds):
            for program, command in _commands(clip, model, folder, given.language).items():
                seconds, used = _measured(command)
                each = ", ".join(f"{role} {cpu:.2f}" for role, cpu in used)
                table.add_row(program, f"{seconds:.1f}", f"{sum(cpu for _, cpu in used):.2f}", each)
        Console(width=140).print(table)
    return 0


def _clip(folder: Path) -> Path:
    samples = Voice(folder).say(*SENTENCES[:6], pause_seconds=0.3)[: CLIP_SECONDS * RATE]
    path = folder / "clip.mp3"
    write_mp3(path, (samples / 32768).astype(np.float32), RATE)
    return path


def _commands(clip: Path, model: Path, folder: Path, language: str | None) -> dict[str, list[str]]:
    """Each with a data folder of its own: what was transcribed before would be answered at once."""
    output = tempfile.mkdtemp(dir=folder)
    same = ["--device", "cpu", "--compute_type", "int8", "--output_dir", output, "--output_format", "txt"]
    same += ["--language", language] if language else []
    own = [sys.executable, "-m", "swarmstt", "transcribe", "--model", str(model), "--data_dir", f"{output}/data"]
    other = [*CTRANSLATE2_COMMAND, "--model_directory", str(model)]
    return {"swarmstt": [*own, *same, str(clip)], "whisper-ctranslate2": [*other, *same, str(clip)]}


def _measured(command: list[str]) -> tuple[float, list[tuple[str, float]]]:
    """Seconds until a command has ended, and the processes that it was, each with its CPU seconds as last seen."""
    began_at = time.perf_counter()
    environment: Mapping[str, str] = {**os.environ, "HF_HUB_OFFLINE": "1"}
    started = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    root = psutil.Process(started.pid)
    seen: dict[int, tuple[str, float]] = {}
    while started.poll() is None:
        for process in _family(root):
            with suppress(psutil.Error):
                times = process.cpu_times()
                role = "itself" if process.pid == root.pid else _role(process) or seen.get(process.pid, ("", 0.0))[0]
                seen[process.pid] = (role, times.user + times.system)
        time.sleep(_LOOK_SECONDS)
    if started.returncode != 0:
        raise SystemExit(f"{command[0]} failed.")
    return time.perf_counter() - began_at, list(seen.values())


def _family(root: psutil.Process) -> list[psutil.Process]:
    try:
        return [root, *root.children(recursive=True)]
    except psutil.Error:
        return []


def _role(process: psutil.Process) -> str:
    """What a process is called: the role of a child, else its program; nothing if it is about to end."""
    words = process.cmdline()
    return words[-1] if "swarmstt.speech.child_main" in words else process.name() if words else ""
