"""Two one-core workers of a cluster against two one-core nodes, in turns."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench.books import base_model, first_book, read_books
from tests.bench.cluster.spent import KINDS, Party, Spent
from tests.bench.swarm_nodes import helpers_of, machine, middle, pinned
from tests.e2e.cluster.dask_cluster import dask_cluster, wait_for_workers
from tests.e2e.support.home import Home, model_folder
from tests.e2e.support.swarms import LocalSwarm
from tests.e2e.support.waiting import eventually

MOST_SLOWER = 1.03
"""A cluster's time ÷ that of as many nodes."""
_BOOK_SECONDS = 7200.0
_CALM = {
    "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
    "DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL": "500ms",
    "DASK_DISTRIBUTED__WORKER__MEMORY__MONITOR_INTERVAL": "1s",
}
"""What docs/cluster.md advises for workers of one thread, and a scheduler that shares a PC with them."""
_Kind = Callable[[Path, Path], AbstractContextManager[Party]]
"""Brings up a coordinator and its two helpers, in a folder, with a model."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--book", default="six", help="pair: six, lj001, or a file")
    parser.add_argument("--model", default="base", help="pair: base, tiny.en, or a folder")
    parser.add_argument("--rounds", type=int, default=3, help="pair: how often each, in turns (default 3)")


def run_pair(given: argparse.Namespace) -> None:
    """From the drop (POST /books) to the written transcript. The coordinator decodes nothing, and like the scheduler it
    has no core of its own: what both use, the helpers lack. Models are loaded, and speeds known, by a first book."""
    runs: dict[_Kind, list[Spent]] = {_nodes: [], _workers: []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = base_model(folder / "model") if given.model == "base" else _model(given.model)
        book, first = _book(folder, given.book), first_book(folder)
        for number in range(given.rounds):
            kinds = [_nodes, _workers] if number % 2 == 0 else [_workers, _nodes]  # a PC that gets warm slows the later
            for kind in kinds:
                place = folder / f"{kind.__name__}{number}"
                place.mkdir()
                spent = _timed(kind, place, (first, book), model)
                runs[kind].append(spent)
                print(f"{kind.__name__[1:]}: {_line(spent)}", file=sys.stderr, flush=True)
    console = Console(width=120)
    title = f"{book.stem}, model {given.model}, one core, slot and thread each\n{machine()}"
    console.print(_of_times(title, runs[_nodes], runs[_workers]))
    console.print(_of_causes(runs))


def _of_times(title: str, nodes: list[Spent], workers: list[Spent]) -> Table:
    ratios = [worker.seconds / node.seconds for node, worker in zip(nodes, workers, strict=True)]
    table = Table(title=title)
    for column in ("what", "middle, s", "worst, s", "÷ two nodes, middle", "worst", "aim"):
        table.add_column(column, justify="right")
    shown = f"{middle(ratios):.3f}", f"{max(ratios):.3f}", f"at most {MOST_SLOWER}"
    for what, runs, rest in (("two nodes", nodes, ("1", "", "")), ("two workers", workers, shown)):
        seconds = [each.seconds for each in runs]
        table.add_row(what, f"{middle(seconds):.2f}", f"{max(seconds):.2f}", *rest)
    table.caption = "the same text" if len({each.text for each in nodes + workers}) == 1 else "THE TEXTS DIFFER"
    return table


def _of_causes(runs: Mapping[_Kind, list[Spent]]) -> Table:
    table = Table(title="of these, CPU seconds by process, and seconds without a chunk of both engines; middle")
    for column in ("what", *KINDS, "without a chunk"):
        table.add_column(column, justify="right")
    for kind, spent in runs.items():
        cpu = [f"{middle([each.cpu[name] for each in spent]):.2f}" for name in KINDS]
        table.add_row(f"two {kind.__name__[1:]}", *cpu, f"{middle([each.waited for each in spent]):.2f}")
    return table


def _line(spent: Spent) -> str:
    cpu = ", ".join(f"{name} {seconds:.2f}" for name, seconds in spent.cpu.items())
    return f"{spent.seconds:.2f} s (CPU: {cpu}; without a chunk {spent.waited:.2f})"


def _timed(kind: _Kind, place: Path, books: tuple[Path, Path], model: Path) -> Spent:
    warming, book = books
    with kind(place, model) as party:
        node = party.coordinator
        first = node.add(warming, output_dir=str(place / "first"), language="en", chunk_seconds=30)
        node.wait_for_book(first, seconds=_BOOK_SECONDS)
        before, began_at = party.cpu_seconds(), time.perf_counter()
        book_id = node.add(book, output_dir=str(place / "out"), language="en")
        node.wait_for_book(book_id, seconds=_BOOK_SECONDS)
        took, after = time.perf_counter() - began_at, party.cpu_seconds()
        decoding = sum(each["processing_time"] for each in node.get(f"/tasks?book_id={book_id}"))
    return Spent(
        seconds=took,
        cpu={name: after[name] - before[name] for name in KINDS},
        waited=len(party.helpers) * took - decoding,
        text=(place / "out" / f"{book.stem}.txt").read_text(encoding="utf-8"),
    )


@contextmanager
def _nodes(place: Path, model: Path) -> Iterator[Party]:
    """A coordinator with two nodes of a core each."""
    swarm = LocalSwarm(place)
    options = ("--model", model, "--slots", "1", "--threads", "1", "--compute_type", "int8", "--device", "cpu")
    with ExitStack() as stack:
        coordinator = stack.enter_context(swarm.up("coordinator", "--model", model, "--no_helping"))
        helpers = []
        for core in range(2):
            with pinned(core):
                helpers.append(stack.enter_context(swarm.up(f"pc{core}", *options)))
        eventually(lambda: len(helpers_of(coordinator)) == 2, "both nodes help", pause_seconds=0.05)
        yield Party(coordinator=coordinator, helpers=tuple(helpers))


@contextmanager
def _workers(place: Path, model: Path) -> Iterator[Party]:
    """A coordinator with two workers of a core each, and their scheduler."""
    with dask_cluster(place / "cluster", **_CALM) as cluster:
        for core in range(2):
            with pinned(core):
                cluster.start_worker(f"worker{core}", SWARMSTT_COMPUTE_TYPE="int8", SWARMSTT_DEVICE="cpu", **_CALM)
        options = ("--model", model, "--no_helping", "--cluster", cluster.file)
        with Home(place / "coordinator").up(*options, **cluster.tls) as node:
            wait_for_workers(node, 2)
            helpers = cluster.running["worker0"], cluster.running["worker1"]
            yield Party(coordinator=node, helpers=helpers, scheduler=cluster.running["scheduler"])


def _book(folder: Path, name: str) -> Path:
    found = {each.name: each.path for each in read_books(folder)} if not Path(name).is_file() else {}
    return found[name] if name in found else Path(name).absolute()


def _model(name: str) -> Path:
    return model_folder() if name == "tiny.en" else Path(name).absolute()
