"""One PC against whisper-ctranslate2 and faster-whisper: whole processes, the same books, word error rates.

Each way is a process of its own, from its start to its end, in turn and `--rounds` times; the best of each counts.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import av
from rich.console import Console
from rich.table import Table

from tests.bench.books import SpokenBook, base_model, read_books
from tests.bench.wer import word_errors

_PLAIN = """
import sys
from faster_whisper import WhisperModel
model = WhisperModel(sys.argv[1], device="cpu", compute_type="int8", cpu_threads=2)
segments, info = model.transcribe(sys.argv[2], beam_size=5)
text = " ".join(segment.text.strip() for segment in segments)
open(sys.argv[3] + "/" + sys.argv[2].rsplit("/", 1)[1].rsplit(".", 1)[0] + ".txt", "w").write(text)
"""


@dataclass(slots=True, kw_only=True)
class Way:
    """One way to transcribe, and how long it took for each book, by the clock and of all cores together."""

    name: str
    command: list[str]
    seconds: dict[str, float] = field(default_factory=dict)
    cpu_seconds: dict[str, float] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=2, help="how often each way is run (default 2)")
    parser.add_argument("--only", help="run only the ways whose names contain this")
    parser.add_argument("--book", help="measure with this book only: lj001, six, or spoken")


def run(given: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        books, model = read_books(folder), base_model(folder / "model")
        books = [book for book in books if given.book in (None, book.name)]
        ways = [way for way in _ways(model) if not given.only or given.only in way.name]
        for _ in range(given.rounds):
            for book in books:
                for way in ways:
                    _run_once(way, book, folder)
        _print(ways, books)
    return 0


def _ways(model: Path) -> list[Way]:
    other = str(Path(sys.executable).parent / "whisper-ctranslate2")
    options = ["--model_directory", str(model), "--device", "cpu", "--compute_type", "int8", "--output_format", "txt"]
    return [
        Way(name="swarmstt", command=[sys.executable, "-m", "swarmstt", "transcribe", "--model", str(model)]),
        Way(name="whisper-ctranslate2", command=[other, *options]),
        Way(name="whisper-ctranslate2 --batched True", command=[other, *options, "--batched", "True"]),
        Way(name="faster-whisper", command=[sys.executable, "-c", _PLAIN, str(model)]),
    ]


def _run_once(way: Way, book: SpokenBook, folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder) as output:
        command = [*way.command, str(book.path)]
        if way.name == "swarmstt":
            data = ["--data_dir", f"{output}/data", "--device", "cpu", "--compute_type", "int8"]
            command += ["--output_dir", output, "--output_format", "txt", *data]
        elif way.name == "faster-whisper":
            command.append(output)
        else:
            command += ["--output_dir", output]
        began_at, cpu_before = time.perf_counter(), _cpu_seconds_of_children()
        subprocess.run(command, check=True, capture_output=True, env={**os.environ, "HF_HUB_OFFLINE": "1"})
        took = time.perf_counter() - began_at
        used = _cpu_seconds_of_children() - cpu_before
        way.seconds[book.name] = min(took, way.seconds.get(book.name, took))
        way.cpu_seconds[book.name] = min(used, way.cpu_seconds.get(book.name, used))
        way.texts[book.name] = (Path(output) / f"{book.path.stem}.txt").read_text(encoding="utf-8")
        print(f"{book.name}: {way.name}: {took:.1f} s", file=sys.stderr, flush=True)


def _cpu_seconds_of_children() -> float:
    """What children that have ended, and theirs, used of all cores: other programs disturb it less than the clock."""
    times = os.times()
    return times.children_user + times.children_system


def _print(ways: list[Way], books: list[SpokenBook]) -> None:
    for book in books:
        with av.open(str(book.path)) as audio:
            length = (audio.duration or 0) / av.time_base
        table = Table(title=f"{book.name}, {length / 60:.1f} minutes, model base, int8, beam 5")
        for column in ("way", "seconds", "× realtime", "swarmstt is", "CPU seconds", "word error rate"):
            table.add_column(column)
        for way in ways:
            took = way.seconds[book.name]
            ratio = f"{took / ways[0].seconds[book.name]:.2f} × as fast"
            table.add_row(
                way.name,
                f"{took:.1f}",
                f"{length / took:.1f}",
                ratio,
                f"{way.cpu_seconds[book.name]:.0f}",
                str(word_errors(book.text, way.texts[book.name])),
            )
        Console(width=140).print(table)
    print(json.dumps({way.name: way.seconds for way in ways}))
