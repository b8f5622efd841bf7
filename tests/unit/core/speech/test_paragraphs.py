"""What a text says where something is missing."""

from __future__ import annotations

from typing import Any

from swarmstt.core.speech.paragraphs import gap_text, missing, readable_chapters, with_gaps
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


def read(*segments: dict[str, Any], title: str = "Chapter I", **how: bool) -> list[list[str]]:
    """The texts of the only chapter, paragraph by paragraph."""
    chapters = [{"title": title, "start": 0.0, "end": 99.0}]
    [chapter] = readable_chapters({"segments": list(segments), "chapters": chapters}, **how)
    assert chapter.title == title
    return [[each["text"] for each in paragraph] for paragraph in chapter.paragraphs]


def test_a_title_that_is_said_need_not_stand_there_twice() -> None:
    said = segment(0, 1, "CHAPTER I."), segment(2, 3, "It rained.")
    assert read(*said, with_titles=False) == [["It rained."]]
    assert read(*said) == [["CHAPTER I.", "It rained."]]
    named = segment(0, 1, "Chapter one."), segment(2, 3, "The Carpet-Bag."), segment(5, 6, "I left.")
    assert read(*named, title="Chapter one: The Carpet-Bag", with_titles=False) == [["I left."]]
    assert read(*named, title="The Carpet-Bag", with_titles=False) == read(*named)
    assert read(segment(0, 1, "Chapter I"), with_titles=False) == []
    assert read(segment(0, 1, "..."), title="", with_titles=False) == [["..."]]


def test_a_heading_of_an_ebook_is_a_paragraph() -> None:
    heading, text = segment(0, 1, "The Nightingale"), segment(2.5, 4, "In China, you must know,")
    assert read(heading, text) == [["The Nightingale", "In China, you must know,"]]
    assert read({**heading, "text_from": "ebook"}, text) == [["The Nightingale"], ["In China, you must know,"]]
    assert len(read({**heading, "text_from": "ebook"}, {**text, "start": 1.5})) == 1


def test_a_heading_stays_one_though_a_name_in_it_was_edited() -> None:
    heading, text = (
        {**segment(0, 1, "The Nightingale"), "text_from": "edited"},
        segment(2.5, 4, "In China, you must know,"),
    )
    assert read(heading, text) == [["The Nightingale", "In China, you must know,"]]
    assert read(heading, {**text, "text_from": "ebook"}) == [["The Nightingale"], ["In China, you must know,"]]
