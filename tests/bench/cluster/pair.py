"""Two one-core workers of a cluster against two one-core nodes, in turns."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench.books import base_model, read_books
from tests.bench.swarm_nodes import helpers_of, machine, middle, pinned
from tests.e2e.cluster.dask_cluster import dask_cluster, wait_for_workers
from tests.e2e.support.home import Home, model_folder
from tests.e2e.support.processes import Running
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
"""What docs/cluster.md advises for workers of one thread."""
_Kind = Callable[[Path, Path], AbstractContextManager[Running]]
"""Brings up a coordinator and its two helpers, in a folder, with a model."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--book", default="lj001", help="pair: lj001, six, or a file")
    parser.add_argument("--model", default="base", help="pair: base, tiny.en, or a folder")
    parser.add_argument("--rounds", type=int, default=3, help="pair: how often each, in turns (default 3)")


def run_pair(given: argparse.Namespace) -> None:
    """From the drop (POST /books) to the written transcript. The coordinator decodes nothing and has no own core.
    Models are loaded, by a first book."""
    nodes: list[float] = []
    workers: list[float] = []
    texts: set[str] = set()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = base_model(folder / "model") if given.model == "base" else _model(given.model)
        book = _book(folder, given.book)
        for number in range(given.rounds):
            for kind, seconds in ((_nodes, nodes), (_workers, workers)):
                place = folder / f"{kind.__name__}{number}"
                place.mkdir()
                took, text = _timed(kind, place, book, model)
                seconds.append(took)
                texts.add(text)
                print(f"{kind.__name__[1:]}: {took:.1f} s", file=sys.stderr, flush=True)
    ratios = [worker / node for node, worker in zip(nodes, workers, strict=True)]
    table = Table(title=f"{book.stem}, model {given.model}, one core, slot and thread each\n{machine()}")
    for column in ("what", "middle, s", "worst, s", "÷ two nodes, middle", "worst", "aim"):
        table.add_column(column, justify="right")
    table.add_row("two nodes", f"{middle(nodes):.1f}", f"{max(nodes):.1f}", "1", "", "")
    shown = f"{middle(ratios):.3f}", f"{max(ratios):.3f}", f"at most {MOST_SLOWER}"
    table.add_row("two workers", f"{middle(workers):.1f}", f"{max(workers):.1f}", *shown)
    table.caption = "the same text" if len(texts) == 1 else "THE TEXTS DIFFER"
    Console(width=120).print(table)


def _timed(
    kind: Callable[[Path, Path], AbstractContextManager[Running]], place: Path, book: Path, model: Path
) -> tuple[float, str]:
    with kind(place, model) as node:
        first = node.add(book, output_dir=str(place / "first"), language="en", beam_size=1, chunk_seconds=1800)
        node.wait_for_book(first, seconds=_BOOK_SECONDS)
        began_at = time.perf_counter()
        book_id = node.add(book, output_dir=str(place / "out"), language="en", beam_size=5)
        node.wait_for_book(book_id, seconds=_BOOK_SECONDS)
        took = time.perf_counter() - began_at
    return took, (place / "out" / f"{book.stem}.txt").read_text(encoding="utf-8")


@contextmanager
def _nodes(place: Path, model: Path) -> Iterator[Running]:
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
        yield coordinator


@contextmanager
def _workers(place: Path, model: Path) -> Iterator[Running]:
    """A coordinator with two workers of a core each."""
    with dask_cluster(place / "cluster") as cluster:
        for core in range(2):
            with pinned(core):
                cluster.start_worker(f"worker{core}", SWARMSTT_COMPUTE_TYPE="int8", SWARMSTT_DEVICE="cpu", **_CALM)
        options = ("--model", model, "--no_helping", "--cluster", cluster.file)
        with Home(place / "coordinator").up(*options, **cluster.tls) as node:
            wait_for_workers(node, 2)
            yield node


def _book(folder: Path, name: str) -> Path:
    found = {each.name: each.path for each in read_books(folder)} if not Path(name).is_file() else {}
    return found[name] if name in found else Path(name).absolute()


def _model(name: str) -> Path:
    return model_folder() if name == "tiny.en" else Path(name).absolute()
