"""Real nodes for the benches of the swarm: processes on loopback that have one swarm key."""

from __future__ import annotations

import platform
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil

from tests.e2e.speaking import Home, Running, until

MEET_SECONDS = 120.0
"""Far more than peers take to find one another, on a busy machine too."""


class Town:
    """PCs of one swarm, each with folders of its own below `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.key = secrets.token_bytes(32)
        self.key_file = root / "swarm-key"
        self.key_file.write_text(self.key.hex())

    def home(self, name: str) -> Home:
        return Home(self.root / name)

    @contextmanager
    def up(self, name: str, *arguments: str | Path, core: int | None = None) -> Iterator[Running]:
        """The node of that home, up and answering; with a core given, it and its children run on that one only."""
        options = ("--name", name, "--swarm_key_file", self.key_file, "--interface", "127.0.0.1", *arguments)
        with ExitStack() as stack:
            with pinned(core):
                running = stack.enter_context(self.home(name).up(*options, SWARMSTT_NO_DISCOVERY="False"))
            yield running


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
    until(
        lambda: all(len(helpers_of(node)) == len(nodes) - 1 for node in nodes),
        "all peers",
        MEET_SECONDS,
        pause_seconds=0.02,
    )


def wait_for_state(node: Running, book_id: str, state: str, *, seconds: float, look_seconds: float) -> dict[str, Any]:
    """The book once it is in that state; looks so seldom that looking costs little."""
    deadline = time.monotonic() + seconds
    while True:
        book: dict[str, Any] = node.get(f"/books/{book_id}")
        if book["state"] == state:
            return book
        assert book["state"] != "failed", book
        assert time.monotonic() < deadline, f"The book was not {state} within {seconds} s."
        time.sleep(look_seconds)


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
