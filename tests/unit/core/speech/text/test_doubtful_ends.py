"""Full stops at borders of windows: those that Whisper hardly believes become commas."""

from __future__ import annotations

import pytest

from swarmstt.core.speech.text.doubtful_ends import WindowEnd, without_doubtful_stops
from swarmstt.core.transcript import Word


def words_of(text: str) -> list[Word]:
    return [
        Word(start=float(at), end=at + 0.9, text=f" {word}", probability=0.9) for at, word in enumerate(text.split())
    ]


def joined(text: str, *ends: WindowEnd) -> str:
    return "".join(word.text for word in without_doubtful_stops(words_of(text), ends)).strip()


def end(
    word: str = "way.", *, border: float = 2.0, probability: float = 0.7, sureness: float = -0.1, pause: float = 0.6
) -> WindowEnd:
    return WindowEnd(
        border=border, pause_seconds=pause, word=f" {word}", probability=probability, log_probability=sureness
    )


@pytest.mark.parametrize(
    ("doubted", "wanted"),
    [
        (end("way."), "way,"),
        (end("1720."), "1720,"),
        (end("way.", probability=0.9), "way."),
        (end("way.", sureness=-0.2), "way."),
        (end("way.", pause=1.2), "way."),
        (end("way?"), "way?"),
        (end("way..."), "way..."),
        (end("way"), "way"),
    ],
)
def test_full_stops_that_are_hardly_likely_become_commas(doubted: WindowEnd, wanted: str) -> None:
    assert joined(f"a{doubted.word} Instead of this.", doubted) == f"a {wanted} Instead of this."


def test_where_words_were_found_between_two_windows_nothing_changes() -> None:
    assert joined("a way. so. Instead of this.", end(border=3.0)) == "a way. so. Instead of this."


def test_the_end_of_a_chunk_stays_and_so_do_windows_without_words() -> None:
    ends = [end(border=border) for border in (0.0, 9.0)]
    assert joined("a way.", *ends) == "a way."
    assert joined("", *ends) == ""
