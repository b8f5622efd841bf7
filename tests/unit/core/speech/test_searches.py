"""When one beam is enough."""

from __future__ import annotations

from swarmstt.core.speech.repetition import compression_ratio
from swarmstt.core.speech.searches import (
    SURE_LOG_PROBABILITY,
    begins_thoroughly,
    is_doubtful,
)

PLAIN = "It was a bright cold day in April, and the clocks were striking thirteen."


def test_words_that_are_likely_are_believed() -> None:
    assert not is_doubtful(PLAIN, SURE_LOG_PROBABILITY)


def test_words_that_are_less_likely_are_read_again() -> None:
    assert is_doubtful(PLAIN, SURE_LOG_PROBABILITY - 0.01)


def test_a_text_that_says_the_same_again_and_again_is_read_again_however_likely() -> None:
    assert is_doubtful("and so on and so on " * 10, -0.05)


def test_no_text_is_no_repetition() -> None:
    assert compression_ratio("") == 0.0
    assert not is_doubtful("", -0.05)


def test_a_chunk_whose_first_windows_are_doubtful_goes_on_with_five_beams() -> None:
    assert begins_thoroughly([True])
    assert begins_thoroughly([True, True, False, False])
    assert not begins_thoroughly([True, False, False, False])
    assert not begins_thoroughly([])
