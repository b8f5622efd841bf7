"""Pauses grow, up to a limit."""

from swarmstt.backoff import backoff_seconds


def test_each_pause_is_twice_the_one_before_up_to_the_longest() -> None:
    pauses = [backoff_seconds(failures, first_seconds=0.25, longest_seconds=3.0) for failures in range(1, 7)]
    assert pauses == [0.25, 0.5, 1.0, 2.0, 3.0, 3.0]


def test_any_number_of_failures_has_a_pause() -> None:
    assert backoff_seconds(100_000, first_seconds=1.0, longest_seconds=60.0) == 60.0
