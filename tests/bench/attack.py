"""A book on two PCs while a stranger attacks the swarm port: how much longer it takes, and what the node spends.

Rounds without an attack and with each attack alternate. The stranger is one process that gives way to all others, but
where all share a few cores it still takes some of what is measured: so its CPU time is told beside the node's.
"""

from __future__ import annotations

import argparse
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from tests.bench.books import machine_spoken
from tests.e2e.attacking import ATTACKS, attacked
from tests.e2e.speaking import Home, Running, until

NONE = "none"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--minutes", type=float, default=6.0, help="length of the book (default 6)")
    parser.add_argument("--rounds", type=int, default=3, help="times that each attack is made (default 3)")
    parser.add_argument("--rate", type=float, default=1.0, help="a part of the full rate (default 1)")
    parser.add_argument("--attacks", nargs="+", choices=list(ATTACKS), default=list(ATTACKS))


@dataclass(slots=True, kw_only=True)
class Rounds:
    """What was measured, round by round. Shares are of one core; ratios to the round beside it without an attack."""

    seconds: list[float] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)
    node_shares: list[float] = field(default_factory=list)
    stranger_shares: list[float] = field(default_factory=list)
    memory_mb: list[float] = field(default_factory=list)
    did: dict[str, float] = field(default_factory=dict)


def run(given: argparse.Namespace) -> int:
    measured = {name: Rounds() for name in (NONE, *given.attacks)}
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        audio = machine_spoken(folder, minutes=given.minutes).path
        anna, ben = (stack.enter_context(node) for node in _two_nodes(folder))
        until(lambda: _able(anna) == _able(ben) == 2, "both help each other")
        _transcribe(anna, audio, folder)  # what is read for the first time takes longer
        for number in range(given.rounds):
            for attack in given.attacks:
                # Each attack has a round without one beside it, before it or after it in turn.
                for each in (NONE, attack) if number % 2 else (attack, NONE):
                    _one_round(anna, audio, folder, each, given.rate, measured[each])
                measured[attack].ratios.append(measured[attack].seconds[-1] / measured[NONE].seconds[-1])
    Console(width=140).print(_table(measured))
    return 0


def _two_nodes(folder: Path) -> Iterator[Any]:
    key = folder / "swarm-key"
    key.write_text(secrets.token_hex(32))
    for name in ("anna", "ben"):
        options = ("--name", name, "--slots", "1", "--swarm_key_file", key)
        yield Home(folder / name).up(*options, SWARMSTT_NO_DISCOVERY="False")


def _able(node: Running) -> int:
    return sum(worker["slots"] > 0 and worker["state"] != "away" for worker in node.get("/status")["workers"])


def swarm_port(node: Running) -> int:
    place = until(lambda: next((line for line in node.out.splitlines() if line.startswith("This PC:")), ""), "its port")
    return int(place.rpartition(":")[2])


def _transcribe(node: Running, audio: Path, folder: Path) -> float:
    """Seconds from POST /books to done; the book is forgotten afterwards, so that the next is no repetition."""
    began_at = time.perf_counter()
    book_id = node.add(audio, output_dir=str(folder / "transcripts"), chunk_seconds=30, beam_size=5, language="en")
    node.wait_for_book(book_id)
    seconds = time.perf_counter() - began_at
    assert node.ask(f"/books/{book_id}", "DELETE").status == 200
    return seconds


def _one_round(node: Running, audio: Path, folder: Path, attack: str, rate: float, into: Rounds) -> None:
    process = psutil.Process(node.process.pid)
    calm: AbstractContextManager[dict[str, float]] = nullcontext({})
    with calm if attack == NONE else attacked(swarm_port(node), attack, rate=rate) as did:
        time.sleep(2.0)  # until the attack is at its full rate
        before, began_at = process.cpu_times(), time.perf_counter()
        into.seconds.append(_transcribe(node, audio, folder))
        after, seconds = process.cpu_times(), time.perf_counter() - began_at
        into.node_shares.append((after.user + after.system - before.user - before.system) / seconds)
        into.memory_mb.append(process.memory_info().rss / 2**20)
    into.stranger_shares.append(did.get("cpu_seconds", 0.0) / did.get("seconds", 1.0))
    into.did = did


def _table(measured: dict[str, Rounds]) -> Table:
    title = "a book on two nodes, attacked by one stranger; middle of the rounds"
    table = Table(title=title)
    columns = ("attack", "seconds", "ratio", "rounds", "node's CPU", "stranger's CPU", "node's MB", "a second it did")
    for column in columns:
        table.add_column(column)
    for name, rounds in measured.items():
        seconds = median(rounds.seconds)
        did = ", ".join(
            f"{count / rounds.did['seconds']:,.0f} {what}"
            for what, count in rounds.did.items()
            if what not in ("seconds", "cpu_seconds")
        )
        each = " ".join(f"{one:.1f}" for one in rounds.seconds)
        shares = (f"{100 * median(share):.0f} %" for share in (rounds.node_shares, rounds.stranger_shares))
        table.add_row(
            name,
            f"{seconds:.1f}",
            f"{median(rounds.ratios or [1.0]):.2f}",
            each,
            *shares,
            f"{max(rounds.memory_mb):.0f}",
            did,
        )
    return table
