"""Real nodes on loopback: two PCs against one, and how soon the chunk of a lost helper goes to another."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from tests.bench.books import base_model, machine_spoken, read_books
from tests.bench.swarm_nodes import machine, middle, pinned, wait_for_peers
from tests.e2e.support.home import model_folder
from tests.e2e.support.processes import Running
from tests.e2e.support.swarms import LocalSwarm
from tests.e2e.support.voice import SENTENCES, Voice, record
from tests.e2e.support.waiting import eventually

LEAST_PAIR_RATIO = 1.85
MOST_KILLED_SECONDS = 2.0
MOST_STOPPED_SECONDS = 15.0

_BOOK_SECONDS = 7200.0
_PIECE_SECONDS = 30
_SENTENCES_A_PIECE = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--book", default="lj001", help="pair: lj001, six, short (two minutes), or a file")
    parser.add_argument("--model", default="base", help="pair: base, tiny.en, or a folder")
    parser.add_argument("--rounds", type=int, default=5, help="loss: how often helpers are killed and stopped")


# Two PCs against one.


def run_pair(given: argparse.Namespace) -> None:
    """From the drop (POST /books) to the written transcript. Nodes are up and linked; no model is loaded before."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        book, model = _book(folder, given.book), _model(folder, given.model)
        alone_seconds, alone_text, _ = _transcribed(LocalSwarm(_made(folder / "one")), book, model, pcs=1)
        pair_seconds, pair_text, parts = _transcribed(LocalSwarm(_made(folder / "two")), book, model, pcs=2)
    ratio = alone_seconds / pair_seconds
    table = Table(title=f"{book.stem}, model {given.model}, each PC one core, a slot and a thread\n{machine()}")
    for column in ("PCs", "seconds from drop to transcript", "one PC's time ÷ this", "parts by each PC"):
        table.add_column(column, justify="right")
    table.add_row("1", f"{alone_seconds:.1f}", "1.00", "–")
    shares = " + ".join(map(str, parts))
    table.add_row("2", f"{pair_seconds:.1f}", f"{ratio:.2f} (aim: at least {LEAST_PAIR_RATIO})", shares)
    table.caption = "the same text" if alone_text == pair_text else "THE TEXTS DIFFER"
    Console(width=120).print(table)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _book(folder: Path, name: str) -> Path:
    if name == "short":
        return machine_spoken(folder, minutes=2).path
    found = {each.name: each.path for each in read_books(folder)} if not Path(name).is_file() else {}
    if not found:
        return Path(name).absolute()
    return found[name] if name in found else next(iter(found.values()))


def _model(folder: Path, name: str) -> Path:
    if name == "base":
        return base_model(folder / "model")
    return model_folder() if name == "tiny.en" else Path(name).absolute()


def _transcribed(swarm: LocalSwarm, book: Path, model: Path, *, pcs: int) -> tuple[float, str, list[int]]:
    """Seconds, the text, and how many parts each PC decoded. The first PC has the book."""
    options = ("--model", model, "--slots", "1", "--threads", "1", "--compute_type", "int8", "--device", "cpu")
    with ExitStack() as stack:
        nodes = []
        for core in range(pcs):
            with pinned(core):
                nodes.append(stack.enter_context(swarm.up(f"pc{core}", *options)))
        wait_for_peers(*nodes)
        output = swarm.home("pc0").output
        began_at = time.perf_counter()
        book_id = nodes[0].add(book, output_dir=str(output), language="en")
        nodes[0].wait_for_book(book_id, seconds=_BOOK_SECONDS)
        seconds = time.perf_counter() - began_at
        who = [task["worker_name"] for task in nodes[0].get("/tasks") if task["status"] == "completed"]
        text = (output / f"{book.stem}.txt").read_text(encoding="utf-8")
    print(f"{pcs} PCs: {seconds:.1f} s", file=sys.stderr, flush=True)
    return seconds, text, [who.count(f"pc{core}") for core in range(pcs)]


# Lost helpers.


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """A way to lose a helper, and how it comes back."""

    name: str
    most_seconds: float
    lose: Callable[[Running], None]
    restore: Callable[[Running], None]
    comes_back: bool


def run_loss(given: argparse.Namespace) -> None:
    """From the loss of a helper that decodes to the lease of its chunk by another, which has nothing else to do."""
    ways = [_Way(name="kill -9", most_seconds=MOST_KILLED_SECONDS, lose=_kill, restore=_kill, comes_back=False)]
    if sys.platform != "win32":
        ways.append(
            _Way(name="SIGSTOP", most_seconds=MOST_STOPPED_SECONDS, lose=_stop, restore=_go_on, comes_back=True)
        )
    table = Table(title=f"from the loss of a helper to its chunk's lease elsewhere, {given.rounds} times\n{machine()}")
    for column in ("loss", "middle, s", "worst, s", "aim, s"):
        table.add_column(column, justify="right")
    with tempfile.TemporaryDirectory() as name:
        for way in ways:
            seconds = _losses(_made(Path(name, way.name.strip("-"))), way, given.rounds)
            table.add_row(way.name, f"{middle(seconds):.2f}", f"{max(seconds):.2f}", f"under {way.most_seconds:g}")
    Console(width=120).print(table)


def _losses(folder: Path, way: _Way, rounds: int) -> list[float]:
    swarm, voice, lost = LocalSwarm(folder), Voice(folder), []
    options = ("--slots", "1", "--threads", "1", "--compute_type", "int8", "--device", "cpu")
    with ExitStack() as stack:
        coordinator = stack.enter_context(swarm.up("coordinator", "--no_helping"))
        helpers = {name: stack.enter_context(swarm.up(name, *options)) for name in ("anna", "ben")}
        for number in range(rounds):
            eventually(lambda: _free_helpers(coordinator) == 2, "both helpers are free")
            pieces = [SENTENCES[(number + each) % len(SENTENCES)] for each in range(_SENTENCES_A_PIECE)]
            book = record(folder / f"{number}.mp3", voice.say(*pieces, pause_seconds=0.2))
            book_id = coordinator.add(
                book, output_dir=str(folder), language="en", beam_size=20, chunk_seconds=_PIECE_SECONDS
            )
            name = str(eventually(partial(_holder, coordinator, book_id), "a helper has the chunk", pause_seconds=0.02))
            lost.append(_seconds_to_other(coordinator, book_id, name, partial(way.lose, helpers[name])))
            print(f"{way.name}: {lost[-1]:.2f} s", file=sys.stderr, flush=True)
            coordinator.wait_for_book(book_id, seconds=_BOOK_SECONDS)
            way.restore(helpers[name])
            if not way.comes_back:
                helpers[name] = stack.enter_context(swarm.up(name, *options))
    return lost


def _free_helpers(coordinator: Running) -> int:
    return sum(each["slots"] > 0 and each["state"] == "idle" for each in coordinator.get("/status")["workers"])


def _holder(coordinator: Running, book_id: str) -> str | None:
    """Who decodes the book's only chunk."""
    tasks = coordinator.get(f"/tasks?book_id={book_id}")
    assert len(tasks) <= 1, "the piece became several chunks"
    assert all(task["status"] != "completed" for task in tasks), "it was decoded before the helper was lost"
    return next((task["worker_name"] for task in tasks if task["status"] == "in_progress"), None)


def _seconds_to_other(coordinator: Running, book_id: str, name: str, lose: Callable[[], None]) -> float:
    def other() -> bool:
        (task,) = coordinator.get(f"/tasks?book_id={book_id}")
        assert not (task["status"] == "completed" and task["worker_name"] == name), "it was done before the loss"
        return task["worker_name"] not in (None, name)

    began_at = time.perf_counter()
    lose()
    eventually(other, "another helper has the chunk", pause_seconds=0.02)
    return time.perf_counter() - began_at


def _kill(node: Running) -> None:
    """The node itself; its children then see that it has gone."""
    node.children()
    node.process.kill()
    node.process.wait()


def _stop(node: Running) -> None:
    """As a PC that sleeps: nothing of it runs."""
    for each in _tree(node):
        each.send_signal(signal.SIGSTOP)


def _go_on(node: Running) -> None:
    for each in _tree(node):
        each.send_signal(signal.SIGCONT)


def _tree(node: Running) -> list[psutil.Process]:
    return [psutil.Process(node.process.pid), *node.children()]
