"""A book on two PCs while a stranger, a guest or a member attacks the first: how much longer it takes, and what the
node spends.

The three are in network namespaces of their own, on one bridge, and the two have found each other by their doors. The
attacker's members were let in by the first, and one of them was removed. They remove nobody who takes part: that would
work. Rounds without an attack and with each attack alternate. A real attacker has a PC of its own, but here all share a
few cores: so in the round beside an attack a harmless process computes as much as the attacker did. What else ran on
this PC meanwhile is told: a round with much of it says nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from pathlib import Path
from statistics import median

import psutil
from rich.console import Console
from rich.table import Table

from swarmstt.core.membership.addresses import Address
from tests.bench.books import base_model, machine_spoken
from tests.e2e.membership.attacking import ALL_ATTACKS, attacked
from tests.e2e.membership.member_attacks import BY_MEMBERS, GONE, come_in
from tests.e2e.membership.more_attacks import BY_GUESTS
from tests.e2e.membership.rate_attacks import BY_RATE
from tests.e2e.support.network import Namespace, Network, what_lacks
from tests.e2e.support.processes import Running
from tests.e2e.support.swarms import SWARM_PORT, Pc
from tests.support.computing import computing

NONE = "none"
HOST = "10.78.0.1"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--minutes", type=float, default=6.0, help="length of the book (default 6)")
    parser.add_argument("--rounds", type=int, default=3, help="times that each attack is made (default 3)")
    parser.add_argument("--rate", type=float, default=1.0, help="a part of the full rate (default 1)")
    parser.add_argument("--attacks", nargs="+", choices=list(ALL_ATTACKS), default=list(ALL_ATTACKS))
    parser.add_argument("--together", action="store_true", help="those of strangers at once, of guests, of members")
    parser.add_argument("--model", choices=("tiny.en", "base"), default="tiny.en")
    parser.add_argument("--most_minutes", type=float, help="begin no round that would end later than this")


@dataclass(slots=True, kw_only=True)
class Rounds:
    """What was measured, round by round. Shares are of one core; ratios to the round beside it without an attack."""

    seconds: list[float] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)
    node_shares: list[float] = field(default_factory=list)
    stranger_shares: list[float] = field(default_factory=list)
    memory_mb: list[float] = field(default_factory=list)
    other_shares: list[float] = field(default_factory=list)
    did: dict[str, float] = field(default_factory=dict)


def run(given: argparse.Namespace) -> int:
    if lack := what_lacks():
        print(lack, file=sys.stderr)
        return 1
    began_at, longest = time.monotonic(), 0.0
    attacks = _groups(given.attacks) if given.together else {name: (name,) for name in given.attacks}
    measured = {name: Rounds() for name in (NONE, *attacks)}
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        audio = machine_spoken(folder, minutes=given.minutes).path
        model = ("--model", str(base_model(folder / "base"))) if given.model == "base" else ()
        network = Network(stack)
        anna, ben = (_pc(stack, network, number, folder, model) for number in (1, 2))
        stranger = network.pc(3)
        anna.until_helped_by("pc1", "pc2")
        options = ["--host", HOST, "--own_address", "10.78.0.3", "--invitation", _invitation(anna)]
        options += ["--program", _program(anna)]
        options += ["--members", _members(anna, stranger, folder / "members")]
        anna.do(lambda node: _transcribe(node, audio, folder))  # what is read for the first time takes longer
        for number, attack in product(range(given.rounds), attacks):
            pair_began_at = time.monotonic()
            if given.most_minutes and pair_began_at + longest > began_at + 60 * given.most_minutes:
                print("the time is over: what follows was not done", file=sys.stderr)
                break
            # Each attack has a round without one beside it, before it or after it in turn.
            for each in (NONE, attack) if number % 2 else (attack, NONE):
                if each == NONE:
                    context = computing(measured[attack].stranger_shares[-1], *stranger.wrapper)
                else:
                    context = attacked(
                        SWARM_PORT, *attacks[attack], rate=given.rate, wrapper=stranger.wrapper, options=options
                    )
                spent = partial(_seconds_of_all, [anna, ben])
                do = partial(_one_round, audio=audio, folder=folder, attack=context, spent=spent, into=measured[each])
                anna.do(do)
            measured[attack].ratios.append(measured[attack].seconds[-1] / measured[NONE].seconds[-1])
            others = ", ".join(f"{measured[each].other_shares[-1]:.2f}" for each in (attack, NONE))
            ratio = f"{attack}: {measured[attack].ratios[-1]:.2f}"
            print(f"{ratio} (cores that something else took: {others})", file=sys.stderr, flush=True)
            longest = max(longest, time.monotonic() - pair_began_at)
        assert ben.node is not None
    done = {name: rounds for name, rounds in measured.items() if rounds.seconds}
    Console(width=140).print(_table(done))
    ratios = [each for rounds in done.values() for each in rounds.ratios]
    middles = [median(rounds.ratios) for rounds in done.values() if rounds.ratios]
    print(f"{len(middles)} attacks, a middle one: {median(middles):.2f}, the worst one: {max(middles):.2f}")
    print(f"{len(ratios)} rounds, a middle one: {median(ratios):.2f}, the worst one: {max(ratios):.2f}")
    return 0


def _groups(names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Returns the attacks that are made at once, by who makes them."""
    groups: dict[str, tuple[str, ...]] = {}
    for name in names:
        who = "members" if name in BY_MEMBERS else "guests" if name in (*BY_GUESTS, *BY_RATE) else "strangers"
        groups[who] = (*groups.get(who, ()), name)
    return groups


def _pc(stack: ExitStack, network: Network, number: int, folder: Path, options: Sequence[str]) -> Pc:
    pc = Pc(f"pc{number}", network.pc(number), folder, None)
    pc.up(*options)
    stack.callback(pc.kill)
    return pc


def _invitation(pc: Pc) -> str:
    made = pc.do(lambda node: node.ask("/invitations", "POST", {}))
    assert made.status == 201, made
    return str(made.json["url"])


def _program(pc: Pc) -> str:
    made = pc.do(lambda node: node.ask("/programs", "POST", {"name": "Eve"}))
    assert made.status == 201, made
    return str(made.json["url"])


def _members(pc: Pc, stranger: Namespace, folder: Path) -> str:
    """Has members come in that are going to attack, and removes one of them."""
    assert pc.do(lambda node: node.ask("/door", "POST")).status == 200
    address, node_id = Address(HOST, SWARM_PORT), pc.node_id
    ids = stranger.inside(lambda: asyncio.run(come_in(folder, address, node_id)))
    assert pc.do(lambda node: node.ask(f"/peers/{ids[GONE]}", "DELETE")).status == 200
    assert not pc.get("/door")["open"]
    return str(folder)


def _transcribe(node: Running, audio: Path, folder: Path) -> float:
    """Seconds from POST /books to done; the book is forgotten afterwards, so that the next is no repetition."""
    began_at = time.perf_counter()
    book_id = node.add(audio, output_dir=str(folder / "transcripts"), chunk_seconds=30, beam_size=5, language="en")
    node.wait_for_book(book_id)
    seconds = time.perf_counter() - began_at
    assert node.ask(f"/books/{book_id}", "DELETE").status == 200
    return seconds


def _one_round(
    node: Running,
    audio: Path,
    folder: Path,
    attack: AbstractContextManager[dict[str, float]],
    spent: Callable[[], float],
    into: Rounds,
) -> None:
    process = psutil.Process(node.process.pid)
    with attack as did:
        time.sleep(2.0)  # until the attack is at its full rate
        before, began_at = process.cpu_times(), time.perf_counter()
        busy_before, spent_before = _busy_seconds(), spent()
        into.seconds.append(_transcribe(node, audio, folder))
        after, seconds = process.cpu_times(), time.perf_counter() - began_at
        into.node_shares.append((after.user + after.system - before.user - before.system) / seconds)
        into.memory_mb.append(process.memory_info().rss / 2**20)
        into.other_shares.append((_busy_seconds() - busy_before - (spent() - spent_before)) / seconds)
    into.stranger_shares.append(did.get("cpu_seconds", 0.0) / did.get("seconds", 1.0))
    into.did = did


def _busy_seconds() -> float:
    """How long all cores together have computed."""
    times = psutil.cpu_times()
    return sum(times) - times.idle - getattr(times, "iowait", 0.0) - getattr(times, "guest", 0.0)


def _seconds_of_all(pcs: Sequence[Pc]) -> float:
    """What the nodes have computed, with all that they started, and this process with its attacker."""
    processes = [psutil.Process()]
    processes += [psutil.Process(pc.node.process.pid) for pc in pcs if pc.node is not None]
    every = {each for process in processes for each in (process, *process.children(recursive=True))}
    seconds = 0.0
    for each in every:
        with suppress(psutil.Error):  # it has ended
            times = each.cpu_times()
            seconds += times.user + times.system + times.children_user + times.children_system
    return seconds


def _table(measured: dict[str, Rounds]) -> Table:
    title = "a book on two nodes, one of them attacked; middle of the rounds"
    table = Table(title=title)
    columns = (
        "attack",
        "seconds",
        "ratio",
        "worst",
        "rounds",
        "node's CPU",
        "stranger's CPU",
        "node's MB",
        "a second it did",
    )
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
            f"{max(rounds.ratios or [1.0]):.2f}",
            each,
            *shares,
            f"{max(rounds.memory_mb):.0f}",
            did,
        )
    return table
