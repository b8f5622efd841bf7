"""What a text says where something is missing."""

from __future__ import annotations

from typing import Any

from swarmstt.core.speech.paragraphs import gap_text, missing, with_gaps
from swarmstt.phrases import WORDS_MISSING


def segment(start: float, end: float, text: str = "a") -> dict[str, Any]:
    return {"start": start, "end": end, "text": text}


def gap(start: float, end: float, reason: str = "damaged") -> dict[str, Any]:
    return {"start": start, "end": end, "reason": reason}


def texts(segments: list[dict[str, Any]]) -> list[tuple[float, float, str]]:
    return [(each["start"], each["end"], each["text"]) for each in segments]


def test_how_much_is_missing() -> None:
    assert gap_text(5.0, 5.0, "damaged" + missing(49.2)) == "49 seconds are missing here"
    assert gap_text(0.0, 1.2, "damaged") == "1 second is missing here"
    assert gap_text(0.0, 720.0, "It crashes.") == "12 minutes are missing here"
    assert gap_text(0.0, 7200.0, "It crashes.") == "2 hours are missing here"
    assert gap_text(5.0, 5.0, "damaged") == "Something is missing here"
    assert gap_text(5.0, 13.0, WORDS_MISSING) == "Words are missing here: 8 seconds"


def test_each_gap_stands_in_its_place() -> None:
    found = with_gaps([segment(0, 2), segment(10, 12)], [gap(2, 2, "damaged" + missing(49)), gap(300, 600)])
    assert texts(found) == [
        (0, 2, "a"),
        (2, 6.0, "[49 seconds are missing here]"),
        (10, 12, "a"),
        (300, 600, "[5 minutes are missing here]"),
    ]


def test_one_between_words_is_shown_until_the_next_and_a_second_at_least() -> None:
    assert texts(with_gaps([segment(0, 2), segment(4, 5)], [gap(2, 2)]))[1][:2] == (2, 4)
    assert texts(with_gaps([segment(0, 2), segment(2, 5)], [gap(2, 2)]))[1][:2] in ((2, 3.0), (2, 5))


def test_a_doubt_about_words_that_are_there_stands_nowhere() -> None:
    assert with_gaps([segment(0, 2)], [gap(0, 100, "The words are hardly likely.")]) == [segment(0, 2)]


def test_a_book_without_words_has_its_gap() -> None:
    assert texts(with_gaps([], [gap(0, 90)])) == [(0, 90, "[2 minutes are missing here]")]
