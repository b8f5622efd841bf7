"""Ten nodes of one swarm that have nothing to do: what they cost their PCs, and the network."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from tests.bench.swarm_nodes import machine, middle, wait_for_peers
from tests.e2e.support.processes import Running
from tests.e2e.support.swarms import LocalSwarm

MOST_PERCENT = 1.0
SETTLE_SECONDS = 15.0
"""Until nodes that have just met have told one another all there is to tell."""
_INSIDE = "--in_own_network"
_ENTER = 'ip link set lo up && ip link set lo multicast on && ip route add 224.0.0.0/4 dev lo; exec "$@"'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--nodes", type=int, default=10, help="idle: how many nodes (default 10)")
    parser.add_argument("--seconds", type=float, default=60.0, help="idle: how long (default 60)")
    parser.add_argument(_INSIDE, action="store_true", help=argparse.SUPPRESS)


def run_idle(given: argparse.Namespace) -> None:
    """In a network of its own where this machine can make one, so that only the nodes' bytes are counted."""
    if given.in_own_network or not _can_make_networks():
        _measure(given)
        return
    command = [sys.executable, "-m", "tests.bench", "swarm", "--only", "idle", _INSIDE]
    command += ["--nodes", str(given.nodes), "--seconds", str(given.seconds)]
    subprocess.run(["unshare", "--net", "sh", "-c", _ENTER, "sh", *command], check=True)


def _can_make_networks() -> bool:
    if sys.platform != "linux" or os.geteuid() != 0 or not (shutil.which("unshare") and shutil.which("ip")):
        return False
    return subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False).returncode == 0


def _measure(given: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        swarm = LocalSwarm(Path(name))
        nodes = [stack.enter_context(swarm.up(f"pc{number}")) for number in range(given.nodes)]
        wait_for_peers(*nodes)
        time.sleep(SETTLE_SECONDS)
        cpu_before, bytes_before, began_at = [_cpu_seconds(node) for node in nodes], _lo_bytes(), time.perf_counter()
        time.sleep(given.seconds)
        seconds = time.perf_counter() - began_at
        lo_bytes = _lo_bytes() - bytes_before
        used = [_cpu_seconds(node) - before for node, before in zip(nodes, cpu_before, strict=True)]
        memory = [psutil.Process(node.process.pid).memory_info().rss / 2**20 for node in nodes]
    shares = [100 * each / seconds for each in used]
    where = "in a network of their own" if given.in_own_network else "with all else on loopback"
    table = Table(title=f"{given.nodes} idle nodes for {seconds:.0f} seconds\n{machine()}")
    for column in ("what", "middle", "worst", "aim"):
        table.add_column(column, justify="right")
    aim = f"under {MOST_PERCENT:g}"
    table.add_row("% of a core a node", f"{middle(shares):.2f}", f"{max(shares):.2f}", aim)
    table.add_row("memory of a node, MB", f"{middle(memory):.0f}", f"{max(memory):.0f}", "")
    per_minute = lo_bytes / seconds * 60
    table.add_row(f"bytes a minute between all, {where}", f"{per_minute:,.0f}", "", "")
    table.add_row("  a node", f"{per_minute / given.nodes:,.0f}", "", "")
    Console(width=120).print(table)


def _cpu_seconds(node: Running) -> float:
    """Of the node and its children."""
    processes = [psutil.Process(node.process.pid), *node.children()]
    return sum(sum(each.cpu_times()[:2]) for each in processes)


def _lo_bytes() -> int:
    """What went over loopback: each byte is counted once."""
    counters = psutil.net_io_counters(pernic=True)
    name = next(each for each in ("lo", "lo0", "Loopback Pseudo-Interface 1") if each in counters)
    return counters[name].bytes_sent
