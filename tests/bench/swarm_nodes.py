"""Real nodes for the benches of the swarm: processes on loopback that have one swarm key."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.e2e.support.processes import Running
from tests.e2e.support.waiting import eventually

MEET_SECONDS = 120.0
"""Far more than peers take to find one another, on a busy machine too."""


@contextmanager
def pinned(core: int | None) -> Iterator[None]:
    """What this thread starts meanwhile runs on that core only."""
    if core is None:
        yield
        return
    if sys.platform == "darwin":
        raise SystemExit("macOS pins no program on a core: measure this on Linux or Windows.")
    own = psutil.Process()
    before = own.cpu_affinity()
    own.cpu_affinity([core])
    try:
        yield
    finally:
        own.cpu_affinity(before)


def helpers_of(node: Running) -> list[str]:
    """The names of linked peers that could decode for the node now."""
    status = node.get("/status")
    able = {each["name"] for each in status["workers"] if each["slots"] > 0 and each["state"] != "away"}
    return sorted(each["name"] for each in status["peers"] if each["state"] == "linked" and each["name"] in able)


def wait_for_peers(*nodes: Running) -> None:
    """Until each of them has all others as helpers."""
    eventually(
        lambda: all(len(helpers_of(node)) == len(nodes) - 1 for node in nodes),
        "all peers",
        MEET_SECONDS,
        pause_seconds=0.02,
    )


def machine() -> str:
    """What was measured on, in words."""
    return f"{_processor()}, {psutil.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def middle(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]
