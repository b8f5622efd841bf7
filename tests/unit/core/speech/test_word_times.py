"""Words lose the silence that alignment gave them."""

from __future__ import annotations

import pytest

from swarmstt.core.speech.quality import LONGEST_WORD_SECONDS
from swarmstt.core.speech.word_times import SHORT_PAUSE_SECONDS, fit_to_speech
from swarmstt.core.transcript import Word


def times(start: float, end: float, *speech: tuple[float, float]) -> tuple[float, float]:
    [word] = fit_to_speech([Word(start=start, end=end, text="so", probability=0.5)], speech)
    assert (word.text, word.probability) == ("so", 0.5)
    return word.start, word.end


def test_the_silence_before_and_after_a_word_is_taken_off() -> None:
    assert times(0.0, 3.0, (1.0, 1.5)) == (1.0, 1.5)


def test_of_two_stretches_the_word_is_where_more_of_it_is() -> None:
    assert times(0.0, 3.0, (0.2, 0.4), (1.0, 2.0)) == (1.0, 2.0)
    assert times(0.0, 3.0, (0.0, 1.0), (2.6, 3.0)) == (0.0, 1.0)


def test_a_short_pause_may_be_inside_a_word() -> None:
    pause = SHORT_PAUSE_SECONDS / 2
    assert times(0.0, 2.0, (0.5, 0.8), (0.8 + pause, 1.2)) == (0.5, 1.2)


def test_a_word_where_no_speech_was_found_stays_where_it_is() -> None:
    assert times(5.0, 5.5, (0.0, 1.0)) == (5.0, 5.5)


def test_no_word_lasts_longer_than_words_do() -> None:
    start, end = times(1.0, 9.0)
    assert start == 1.0
    assert end == pytest.approx(1.0 + LONGEST_WORD_SECONDS)
