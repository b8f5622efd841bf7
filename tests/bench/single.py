"""One PC against whisper-ctranslate2 and faster-whisper: whole processes, the same books, word error rates.

Each way is a process of its own, from its start to its end, in turn and `--rounds` times; the best of each counts.
Programs' bytecode is kept, as where they are installed: what runs first makes it before anything is measured.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import av
import psutil
from rich.console import Console
from rich.table import Table

from tests.bench.books import BOOK_NAMES, CTRANSLATE2_COMMAND, SpokenBook, base_model, book_named
from tests.bench.wer import WordErrors, word_errors

_PLAIN = """
import sys
from faster_whisper import WhisperModel
model = WhisperModel(sys.argv[1], device="cpu", compute_type="int8", cpu_threads=2)
segments, info = model.transcribe(sys.argv[2], beam_size=5)
text = " ".join(segment.text.strip() for segment in segments)
open(sys.argv[3] + "/" + sys.argv[2].rsplit("/", 1)[1].rsplit(".", 1)[0] + ".txt", "w").write(text)
"""
_OWN = "swarmstt"
_SAMPLE = SpokenBook(name="sample", path=Path(str(files("swarmstt") / "sample" / "spoken.mp3")), text="")


class Run(NamedTuple):
    """How long one took, by the clock and of all cores together, what it heard, and how long other programs had a core
    meanwhile: the clock tells little of a run that had to share."""

    seconds: float
    cpu_seconds: float
    text: str
    others_seconds: float


@dataclass(slots=True, kw_only=True)
class Way:
    """One way to transcribe, and its quickest run of each book."""

    name: str
    command: list[str]
    runs: dict[str, Run] = field(default_factory=dict)

    def note(self, book: SpokenBook, run: Run) -> None:
        self.runs[book.name] = min(run, self.runs.get(book.name, run))
        print(
            f"{book.name}: {self.name}: {run.seconds:.1f} s, {run.cpu_seconds:.1f} CPU s", file=sys.stderr, flush=True
        )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=2, help="how often each way is run (default 2)")
    parser.add_argument("--only", help="run only the ways whose names contain this")
    parser.add_argument(
        "--book", choices=BOOK_NAMES, action="append", help="measure with this book (default lj001 and six); repeatable"
    )


def run(given: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = base_model(folder / "model")
        books = [book_named(each, folder) for each in given.book or ("lj001", "six")]
        ways = [way for way in _ways(model) if not given.only or given.only in way.name]
        for way in ways:
            _measured(way, _SAMPLE, folder)
        for _ in range(given.rounds):
            for book in books:
                for way in ways:
                    way.note(book, _measured(way, book, folder))
        _print(ways, books)
    return 0


def _ways(model: Path) -> list[Way]:
    options = ["--model_directory", str(model), "--device", "cpu", "--compute_type", "int8", "--output_format", "txt"]
    other = [*CTRANSLATE2_COMMAND, *options]
    return [
        Way(name=_OWN, command=[sys.executable, "-m", "swarmstt", "transcribe", "--model", str(model)]),
        Way(name="whisper-ctranslate2", command=other),
        Way(name="whisper-ctranslate2 --batched True", command=[*other, "--batched", "True"]),
        Way(name="faster-whisper", command=[sys.executable, "-c", _PLAIN, str(model)]),
    ]


def _measured(way: Way, book: SpokenBook, folder: Path) -> Run:
    with tempfile.TemporaryDirectory(dir=folder) as output:
        command = [*way.command, str(book.path)]
        if way.name == _OWN:
            data = ["--data_dir", f"{output}/data", "--device", "cpu", "--compute_type", "int8"]
            command += ["--output_dir", output, "--output_format", "txt", *data]
        elif way.name == "faster-whisper":
            command.append(output)
        else:
            command += ["--output_dir", output]
        began_at, cpu_before, all_before = time.perf_counter(), _cpu_seconds_of_children(), _cpu_seconds_of_all()
        subprocess.run(command, check=True, capture_output=True, env=_environment())
        seconds, used = time.perf_counter() - began_at, _cpu_seconds_of_children() - cpu_before
        return Run(
            seconds=seconds,
            cpu_seconds=used,
            text=(Path(output) / f"{book.path.stem}.txt").read_text(encoding="utf-8"),
            others_seconds=_cpu_seconds_of_all() - all_before - used,
        )


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "HF_HUB_OFFLINE": "1"}


def _cpu_seconds_of_children() -> float:
    """What children that have ended, and theirs, used of all cores: other programs disturb it less than the clock."""
    times = os.times()
    return times.children_user + times.children_system


def _cpu_seconds_of_all() -> float:
    """What all programs used of all cores since the PC started, and what of a virtual PC's cores its host used."""
    times = psutil.cpu_times()
    return sum(times) - times.idle - getattr(times, "iowait", 0.0)


def _print(ways: list[Way], books: list[SpokenBook]) -> None:
    for book in books:
        with av.open(str(book.path)) as audio:
            length = (audio.duration or 0) / av.time_base
        table = Table(title=f"{book.name}, {length / 60:.1f} minutes, model base, int8, beam 5")
        for column in ("way", "seconds", "× realtime", "swarmstt is", "CPU seconds", "others'", "words wrong"):
            table.add_column(column)
        for way in ways:
            run, errors = way.runs[book.name], _errors(way, book)
            table.add_row(
                way.name,
                f"{run.seconds:.1f}",
                f"{length / run.seconds:.1f}",
                f"{_ratio(ways[0], way, book):.2f} × as fast",
                f"{run.cpu_seconds:.1f}",
                f"{run.others_seconds:.1f}",
                f"{errors.wrong}: {errors}",
            )
        Console(width=140).print(table)
    for way in ways[1:]:
        ratios = [_ratio(ways[0], way, book) for book in books]
        print(
            f"{ways[0].name} to {way.name}: {min(ratios):.2f} at worst, {statistics.median(ratios):.2f} in the median"
        )
    for way in ways:
        print(f"{way.name}: {sum(_errors(way, book).wrong for book in books)} words wrong in all")
    print(json.dumps({way.name: {name: run.seconds for name, run in way.runs.items()} for way in ways}))


def _ratio(own: Way, other: Way, book: SpokenBook) -> float:
    return other.runs[book.name].seconds / own.runs[book.name].seconds


def _errors(way: Way, book: SpokenBook) -> WordErrors:
    return word_errors(book.text, way.runs[book.name].text, book.language)
