"""How long a helper may go on."""

from __future__ import annotations

from swarmstt.node.guests.time_left import TimeLeft


async def test_it_is_over_after_its_seconds() -> None:
    left = TimeLeft(0.01)
    left.begin()
    await left.over()
    assert not left.is_enough()


async def test_without_an_end_there_is_always_enough() -> None:
    left = TimeLeft(None)
    left.begin()
    left.took(1e9)
    assert left.is_enough()
    left.end()
    await left.over()
