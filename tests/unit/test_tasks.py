"""Background tasks end with their owner."""

from __future__ import annotations

import asyncio

from swarmstt.tasks import TaskSet


async def test_what_is_started_after_the_end_never_begins() -> None:
    begun = []

    async def begin() -> None:
        begun.append(True)
        await asyncio.Event().wait()

    tasks = TaskSet()
    await tasks.close()
    task = tasks.start(begin())
    await asyncio.wait({task})
    assert task.cancelled()
    assert not begun


async def test_closing_ends_all() -> None:
    tasks = TaskSet()
    task = tasks.start(asyncio.Event().wait())
    await tasks.close()
    assert task.cancelled()


async def test_closing_ends_where_a_task_has_just_ended() -> None:
    """Its callback, which takes it out, comes in the next turn of the loop: from Python 3.12 on `gather` does not wait
    for that."""
    tasks = TaskSet()
    task = tasks.start(asyncio.sleep(0))
    while not task.done():
        await asyncio.sleep(0)
    await tasks.close()
