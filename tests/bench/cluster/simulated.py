"""Many books on a cluster of many workers, simulated."""

from __future__ import annotations

import argparse
import sys

import psutil
from rich.console import Console
from rich.table import Table

from tests.bench.swarm_nodes import machine
from tests.swarm.cluster.many_books import ManyBooks, Sizes

_LOOKS = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--books", type=int, default=100_000, help="books: how many (default 100000)")
    parser.add_argument("--workers", type=int, default=1000, help="books: on how many workers (default 1000)")
    parser.add_argument("--hours", type=float, default=1.0, help="books: length of each, on average (default 1)")
    parser.add_argument("--at_once", type=int, help="books: in work at a time (default: as many as --list has)")


def run_books(given: argparse.Namespace) -> None:
    """The decisions alone: the real core, the real choice of workers, short transcripts, a virtual clock."""
    process, memory = psutil.Process(), []

    def watch(done: int) -> None:
        if done % max(1, given.books // _LOOKS) == 0:
            memory.append((done, process.memory_info().rss / 10**6, simulation.kept))
            print(f"{done:,} books: {memory[-1][1]:.0f} MB, {simulation.kept:,} things kept", file=sys.stderr)

    sizes = Sizes(books=given.books, workers=given.workers, hours=given.hours, books_at_once=given.at_once)
    simulation = ManyBooks(sizes, seed=1, watch=watch)
    took = simulation.run()
    title = f"{given.books:,} simulated books, {given.hours:g} hours on average, {given.workers:,} workers\n{machine()}"
    table = Table(title=title)
    for column in ("what", "measured"):
        table.add_column(column, justify="right")
    table.add_row("makespan ÷ bound", f"{took / simulation.bound_seconds:.4f}")
    table.add_row("chunks, events", f"{simulation.chunks:,}, {simulation.events:,}")
    table.add_row("events a second of core time", f"{simulation.events / simulation.core_seconds:,.0f}")
    table.add_row("chunks a second that the cluster did", f"{simulation.chunks / took:.1f}")
    table.add_row("chunks a second that the core could do", f"{simulation.chunks / simulation.core_seconds:,.0f}")
    table.add_row(f"memory after {memory[0][0]:,} books, MB", f"{memory[0][1]:.0f}")
    table.add_row("memory after any later tenth, worst, MB", f"{max(each[1] for each in memory[1:] or memory):.0f}")
    Console(width=120).print(table)
