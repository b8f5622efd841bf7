"""How long a child has worked is counted while it works, and only then."""

from __future__ import annotations

from swarmstt.speech.engine.session import MOST_WORKING_SECONDS, EngineTiming, WorkingTime


def test_only_working_counts_and_jobs_at_the_same_time_count_once() -> None:
    clock = 100.0
    working = WorkingTime(lambda: clock)
    clock = 150.0
    assert working.seconds is None
    working.note(True)
    clock = 160.0
    working.note(True)
    clock = 175.0
    assert working.seconds == 25.0
    working.note(False)
    working.note(False)
    clock = 1000.0
    assert working.seconds == 25.0
    working.note(True)
    clock = 1001.0
    assert working.seconds == 26.0


def test_a_child_is_replaced_well_before_the_two_hours_after_which_some_gave_empty_text() -> None:
    longest_chunk_seconds = 20 * 60.0
    assert EngineTiming().most_working_seconds == MOST_WORKING_SECONDS < 2 * 3600.0 - longest_chunk_seconds
