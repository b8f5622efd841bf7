"""A ten-hour book through two real nodes, then a hundred books at once: memory, disk, answers, words.

The books are spoken by a machine, from sentences in an order of their own, so that what was said is known and no two
minutes are alike.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from tests.bench.books import SpokenBook, readme_sentences, stream_mp3
from tests.bench.long_watch import Watch, megabytes_in, sizes_in
from tests.bench.swarm_nodes import machine, wait_for_peers
from tests.bench.wer import word_errors
from tests.e2e.support.processes import Running
from tests.e2e.support.swarms import LocalSwarm
from tests.e2e.support.voice import RATE, SENTENCES, spoken

PCS = ("anna", "ben")
OPTIONS = ("--slots", "1", "--threads", "1", "--compute_type", "int8", "--device", "cpu")
MOST_SECONDS_A_BOOK_HOUR = 1800.0
OWN_WORDS_PERCENT = 50.0
"""A transcript with fewer wrong words than this is of this book: another's has far more."""

_SPEEDS = (0.9, 1.0, 1.1)
_PAUSES = (0.3, 1.5)
_SETTLE_SECONDS = 15.0
"""Until what is deleted after a book is deleted."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--hours", type=float, default=10.0, help="length of the long book (default 10)")
    parser.add_argument("--books", type=int, default=100, help="how many short books come at once (default 100)")
    parser.add_argument("--look_seconds", type=float, default=2.0, help="between two looks (default 2)")


def run(given: argparse.Namespace) -> int:
    Console(width=120).print(machine())
    with tempfile.TemporaryDirectory() as name:
        _long(_made(Path(name, "long")), given.hours, given.look_seconds)
        _many(_made(Path(name, "many")), given.books, given.look_seconds)
    return 0


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


# Books.


@cache
def _sentences() -> tuple[str, ...]:
    """What is said as it is written: nothing with figures, names of files or commands in it."""
    prose = [each for each in readme_sentences() if len(each) < 160 and "." not in each[:-1] and not _has_digit(each)]
    return (*SENTENCES, *prose)


def _has_digit(text: str) -> bool:
    return any(character.isdigit() for character in text)


class _Narrator:
    """Says each sentence slowly, quickly or as usual; each way is computed only once."""

    def __init__(self, seed: int) -> None:
        self._said: dict[tuple[str, float], NDArray[np.float32]] = {}
        self._dice = random.Random(seed)

    def speak(self, path: Path, seconds: float) -> SpokenBook:
        """A book of at least that length, written while it is spoken."""
        text: list[str] = []
        stream_mp3(path, self._pieces(seconds, text), RATE)
        return SpokenBook(name=path.stem, path=path, text=" ".join(text))

    def _pieces(self, seconds: float, text: list[str]) -> Iterator[NDArray[np.float32]]:
        """Sound; `text` is filled meanwhile. All sentences come before one comes again."""
        left: list[str] = []
        spoken_samples = 0
        while spoken_samples < seconds * RATE:
            left = left or self._dice.sample(_sentences(), len(_sentences()))
            sentence = left.pop()
            pause = np.zeros(round(self._dice.uniform(*_PAUSES) * RATE), np.float32)
            piece = np.concatenate([self._say(sentence, self._dice.choice(_SPEEDS)), pause])
            text.append(sentence)
            spoken_samples += len(piece)
            yield piece

    def _say(self, sentence: str, speed: float) -> NDArray[np.float32]:
        if (sentence, speed) not in self._said:
            self._said[sentence, speed] = spoken(sentence, speed)
        return self._said[sentence, speed]


@contextmanager
def _two_nodes(swarm: LocalSwarm) -> Iterator[dict[str, Running]]:
    with swarm.up(PCS[0], *OPTIONS) as first, swarm.up(PCS[1], *OPTIONS) as second:
        wait_for_peers(first, second)
        yield {PCS[0]: first, PCS[1]: second}


def _length(path: Path) -> float:
    with av.open(str(path)) as audio:
        return float((audio.duration or 0) / av.time_base)


# One long book.


def _long(folder: Path, hours: float, look_seconds: float) -> None:
    book = _Narrator(seed=1).speak(folder / "long.mp3", 3600 * hours)
    length = _length(book.path)
    _note(f"{length / 3600:.2f} hours are spoken")
    swarm = LocalSwarm(folder)
    data_dirs = [swarm.home(name).data_dir for name in PCS]
    with _two_nodes(swarm) as nodes:
        node, before = nodes[PCS[0]], megabytes_in(data_dirs)
        book_id = node.add(book.path, output_dir=str(folder / "texts"), language="en")
        watch = Watch(nodes, data_dirs, {"/": "/", "/status": "/status", "/books/ID": f"/books/{book_id}"})
        took = watch.until(lambda: _is_done(node, book_id), look_seconds, hours * MOST_SECONDS_A_BOOK_HOUR + 600)
        _note(f"done after {took:.0f} s")
        time.sleep(_SETTLE_SECONDS)
        left = megabytes_in(data_dirs)
        rows = [
            ("time from drop to transcript", f"{took:.0f} s, {length / took:.1f} × realtime"),
            ("parts done by each PC", _parts(node)),
            ("disk in both data folders: before, peak, left", f"{before:.1f}, {max(watch.disk):.1f}, {left:.1f} MB"),
            ("  what is left", _largest(data_dirs)),
            *_words(book, folder / "texts" / "long.txt"),
            *watch.answer_rows(),
        ]
    _print(f"a book of {length / 3600:.2f} hours, two nodes, tiny.en", rows, watch)


def _is_done(node: Running, book_id: str) -> bool:
    book = node.get(f"/books/{book_id}")
    assert book["state"] != "failed", book
    return bool(book["state"] == "done")


def _parts(node: Running) -> str:
    tasks: list[dict[str, Any]] = node.get("/tasks")
    assert all(task["status"] == "completed" for task in tasks), "a part is not done"
    who = [task["worker_name"] for task in tasks]
    return ", ".join(f"{name} {who.count(name)}" for name in PCS)


def _largest(folders: list[Path]) -> str:
    """The largest files that are left."""
    sizes = {f"{folder.parent.name} {name}": size for folder in folders for name, size in sizes_in(folder).items()}
    largest = sorted(sizes, key=lambda name: -sizes[name])[:4]
    return "\n".join(f"{name} {sizes[name] / 2**20:.1f} MB" for name in largest)


def _words(book: SpokenBook, transcript: Path) -> list[tuple[str, str]]:
    heard = transcript.read_text(encoding="utf-8")
    return [
        ("words said and heard", f"{len(book.text.split())} and {len(heard.split())}"),
        ("word error rate", str(word_errors(book.text, heard))),
    ]


# Many short ones.


def _many(folder: Path, count: int, look_seconds: float) -> None:
    narrator, dice = _Narrator(seed=2), random.Random(3)
    paths = [folder / f"book {number:03}.mp3" for number in range(count)]
    books = [narrator.speak(path, dice.uniform(20, 36)) for path in paths]
    _note(f"{count} books are spoken")
    swarm = LocalSwarm(folder)
    data_dirs = [swarm.home(name).data_dir for name in PCS]
    with _two_nodes(swarm) as nodes:
        node = nodes[PCS[0]]
        watch = Watch(nodes, data_dirs, {"/": "/", "/status": "/status"})
        with ThreadPoolExecutor(1) as beside:
            adding = beside.submit(swarm.home(PCS[0]).run, "add", *paths, seconds=60.0 * count)
            added = watch.until(adding.done, look_seconds, 60.0 * count)
        assert adding.result().code == 0, adding.result()
        took = watch.until(lambda: _are_done(node, count), look_seconds, 60.0 * count)
        _note(f"{count} books are done after {took:.0f} s")
        time.sleep(_SETTLE_SECONDS)
        rows = [
            ("time until all are added, and until all are done", f"{added:.1f} and {took:.0f} s"),
            ("parts done by each PC", _parts(node)),
            ("disk in both data folders: peak, left", f"{max(watch.disk):.1f}, {megabytes_in(data_dirs):.1f} MB"),
            *_own_words(books, node),
            *watch.answer_rows(),
        ]
    total = sum(_length(path) for path in paths)
    _print(f"{count} books of {total / count:.0f} s on average, added at once to one of two nodes", rows, watch)


def _are_done(node: Running, count: int) -> bool:
    books = node.get("/status")["books"]
    assert not [book for book in books if book["state"] == "failed"]
    return len(books) == count and all(book["state"] == "done" for book in books)


def _own_words(books: list[SpokenBook], node: Running) -> list[tuple[str, str]]:
    ids = {Path(each["filename"]).stem: each["book_id"] for each in node.get("/status")["books"]}
    heard = {name: node.ask(f"/results/{book_id}?format=txt").body.decode() for name, book_id in ids.items()}
    percents: Mapping[str, float] = {book.name: word_errors(book.text, heard[book.name]).percent for book in books}
    own = sum(percent < OWN_WORDS_PERCENT for percent in percents.values())
    together = word_errors(" ".join(book.text for book in books), " ".join(heard[book.name] for book in books))
    worst = max(percents, key=lambda name: percents[name])
    return [
        ("transcripts with their own words", f"{own} of {len(books)}"),
        ("word error rate", f"{together}; worst: {worst}, {percents[worst]:.1f} %"),
    ]


def _print(title: str, rows: list[tuple[str, str]], watch: Watch) -> None:
    table = Table(title=title)
    table.add_column("what")
    table.add_column("measured", justify="right")
    for row in rows:
        table.add_row(*row)
    Console(width=120).print(table, watch.memory_table())


def _note(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)
