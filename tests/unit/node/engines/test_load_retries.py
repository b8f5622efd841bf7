"""When a model is loaded again after that was broken off."""

from __future__ import annotations

import asyncio

from swarmstt.node.engines.load_retries import LoadRetries
from tests.support.waiting import settled

NEVER = 1e6


async def test_it_waits_and_each_time_longer() -> None:
    retries = LoadRetries(first_seconds=1e-3, longest_seconds=NEVER)
    for _ in range(3):
        await retries.wait("a")
    assert retries._failures == {"a": 3}
    retries.loaded("a")
    await retries.wait("a")
    assert retries._failures == {"a": 1}


async def test_all_who_wait_for_a_model_go_on_at_once_when_a_person_asks() -> None:
    retries = LoadRetries(first_seconds=NEVER, longest_seconds=NEVER)
    waiting = [asyncio.ensure_future(retries.wait(each)) for each in ("a", "a", "b")]
    await settled()
    assert not any(each.done() for each in waiting)
    retries.end_all()
    await asyncio.gather(*waiting)
    assert retries._failures == {"a": 1, "b": 1}
    retries.end_all()


async def test_who_goes_away_takes_nobody_along() -> None:
    retries = LoadRetries(first_seconds=NEVER, longest_seconds=NEVER)
    first, second = (asyncio.ensure_future(retries.wait("a")) for _ in range(2))
    await settled()
    first.cancel()
    await settled()
    retries.end_all()
    await second
