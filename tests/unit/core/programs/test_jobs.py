"""How long a program's recording is known, and whether it goes on after the program hung up."""

from __future__ import annotations

import pytest

from swarmstt.core.programs.jobs import KEPT_SECONDS, JobTimes, goes_on, job_id_of
from swarmstt.ids import BookId


def test_a_job_is_the_same_for_the_same_program_and_another_for_any_other() -> None:
    book_id = BookId("aaaa0000")
    assert job_id_of("1", book_id) == job_id_of("1", book_id)
    assert len({job_id_of("1", book_id), job_id_of("2", book_id), job_id_of("1", BookId("bbbb0000"))}) == 3
    assert book_id not in job_id_of("1", book_id)


def test_what_is_not_done_is_never_forgotten() -> None:
    assert not JobTimes(asked_at=0.0, finished_at=None).is_over(10 * KEPT_SECONDS)


def test_what_is_done_is_known_for_an_hour_after_somebody_asked_last() -> None:
    assert not JobTimes(asked_at=0.0, finished_at=100.0).is_over(KEPT_SECONDS)
    assert JobTimes(asked_at=0.0, finished_at=100.0).is_over(100.0 + KEPT_SECONDS)
    assert not JobTimes(asked_at=2000.0, finished_at=100.0).is_over(100.0 + KEPT_SECONDS)


@pytest.mark.parametrize(
    ("is_short", "is_finished", "others_wait", "goes"),
    [(True, False, False, False), (False, False, False, True), (True, True, False, True), (True, False, True, True)],
)
def test_only_a_short_one_that_nobody_waits_for_ends(
    is_short: bool, is_finished: bool, others_wait: bool, goes: bool
) -> None:
    assert goes_on(is_short=is_short, is_finished=is_finished, others_wait=others_wait) is goes
