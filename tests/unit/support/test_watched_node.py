"""What tells what holds an event loop tells that, and nothing else."""

from __future__ import annotations

import asyncio
import io
import json
import sys
import time
from contextlib import closing

import pytest

from tests.support.watched_node import Looker, Report, Turns, watched_selector

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how long a thread waits")
SECONDS = 0.08


def busy() -> None:
    until = time.thread_time() + SECONDS
    while time.thread_time() < until:
        pass


def keep_the_lock() -> None:
    """As a parser in C does, which lets no other thread run until it is done."""
    sum(range(20_000_000))


def held(work: str) -> dict[str, float]:
    """Returns the longest time of each kind while an event loop does that."""
    file = io.StringIO()
    report = Report(file)
    turns = Turns(report)
    looker = Looker(report, turns)

    async def act() -> None:
        if work == "in the loop":
            busy()
        elif work == "in a thread":
            await asyncio.to_thread(busy)
        elif work == "with the lock":
            await asyncio.to_thread(keep_the_lock)
        seen = looker.looks
        while looker.looks < seen + 2:  # while the thread that worked is still there
            await asyncio.sleep(0.005)

    looker.start()
    with closing(asyncio.SelectorEventLoop(watched_selector(turns)())) as loop:
        loop.run_until_complete(act())
        loop.run_until_complete(loop.shutdown_default_executor())
    looker.end()
    noted = [json.loads(line) for line in file.getvalue().splitlines()]
    return {each["kind"]: max(one["seconds"] for one in noted if one["kind"] == each["kind"]) for each in noted}


@pytest.mark.parametrize(
    ("work", "kinds"),
    [("in the loop", {"turn"}), ("with the lock", {"lock"}), ("in a thread", set()), ("nothing", set())],
)
def test_what_holds_a_loop_is_told(work: str, kinds: set[str]) -> None:
    """It looks now and then, so that a thread may have ended just before: in one of some tries it is seen."""
    for _ in range(20):
        found = held(work)
        if {kind for kind, seconds in found.items() if seconds >= SECONDS / 2} == kinds:
            return
    pytest.fail(f"never seen as it is: {found}")
