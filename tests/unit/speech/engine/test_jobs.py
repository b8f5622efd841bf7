"""Which jobs may be in an engine's child at once."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator

import pytest

from swarmstt.speech.engine.jobs import Job, Jobs

SHARED_SECONDS = 120.0


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    made = asyncio.new_event_loop()
    yield made
    made.close()


def started(jobs: Jobs, slots: int = 2) -> list[int]:
    """The numbers of those that start now."""
    found = []
    while (job := jobs.next_to_start(slots, SHARED_SECONDS)) is not None:
        jobs.running[job.number] = job
        found.append(job.number)
    return found


class Asked:
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.jobs = Jobs()
        self._loop = loop
        self._count = 0

    def ask(self, *seconds: float, urgent: bool = False, deaths: int = 0) -> None:
        for each in seconds:
            self._count += 1
            self.jobs.waiting.append(
                Job(
                    number=self._count,
                    request={},
                    on_progress=lambda part: None,
                    future=self._loop.create_future(),
                    audio_seconds=each,
                    urgent=urgent,
                    deaths=deaths,
                )
            )


def test_long_chunks_have_a_slot_each(loop: asyncio.AbstractEventLoop) -> None:
    asked = Asked(loop)
    asked.ask(300.0, 300.0, 300.0)
    assert started(asked.jobs) == [1, 2]


def test_short_ones_share_slots_by_four(loop: asyncio.AbstractEventLoop) -> None:
    asked = Asked(loop)
    asked.ask(*[13.0] * 9)
    assert started(asked.jobs) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_no_more_share_than_there_is_memory_for(loop: asyncio.AbstractEventLoop) -> None:
    asked = Asked(loop)
    asked.ask(50.0, 50.0, 15.0, 15.0)
    assert started(asked.jobs) == [1, 2, 3]


def test_nothing_shares_with_a_job_of_unknown_length(loop: asyncio.AbstractEventLoop) -> None:
    asked = Asked(loop)
    asked.ask(math.inf, 15.0, 15.0)
    assert started(asked.jobs) == [1, 2]


def test_what_is_urgent_begins_beside_those_that_share(loop: asyncio.AbstractEventLoop) -> None:
    asked = Asked(loop)
    asked.ask(*[15.0] * 8)
    assert len(started(asked.jobs)) == 8
    asked.ask(5.0, 5.0, urgent=True)
    assert started(asked.jobs) == [9]


def test_what_saw_a_child_die_shares_with_nobody(loop: asyncio.AbstractEventLoop) -> None:
    asked = Asked(loop)
    asked.ask(15.0, deaths=1)
    asked.ask(15.0, 15.0)
    assert started(asked.jobs) == [1]


def test_while_one_leaves_none_is_begun_beyond_the_slots(loop: asyncio.AbstractEventLoop) -> None:
    asked = Asked(loop)
    asked.jobs.leaving.add(99)
    asked.ask(15.0, 15.0)
    assert started(asked.jobs) == [1]
