"""The command line and the tray say things as a person, and as the page, says them."""

from __future__ import annotations

import pytest

from swarmstt.phrases import about_time, clock, percent, speed


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (44, "less than a minute"),
        (80, "about a minute"),
        (150, "about 3 minutes"),
        (14 * 60, "about 14 minutes"),
        (27 * 60, "about 25 minutes"),
        (3600, "about an hour"),
        (9000, "about 2½ hours"),
        (86400 * 3, "about 3 days"),
    ],
)
def test_times(seconds: float, words: str) -> None:
    assert about_time(seconds) == words


def test_places_in_a_book() -> None:
    assert (clock(7.4), clock(61), clock(3723)) == ("0:07", "1:01", "1:02:03")


def test_speeds() -> None:
    assert [speed(each) for each in (0.42, 2.0, 9.94, 25.04)] == [
        "0.4 × realtime",
        "2 × realtime",
        "9.9 × realtime",
        "25 × realtime",
    ]


def test_only_what_is_whole_is_100_percent() -> None:
    assert [percent(each) for each in (0.0, 42.7, 99.9, 100.0)] == ["0 %", "42 %", "99 %", "100 %"]
