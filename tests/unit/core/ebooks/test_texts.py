"""The two texts that are aligned."""

from __future__ import annotations

import pytest

from swarmstt.core.ebooks.texts import EbookDocument, EbookText, words_of_segments
from swarmstt.core.transcript import Word


def test_what_has_no_word_is_in_no_sentence() -> None:
    """A line of stars between scenes, and marks alone between sentences."""
    blocks = ("* * *", "He left. … ! She stayed.", "", "The end.")
    text = EbookText.of([EbookDocument(title="One", blocks=blocks)], "en")
    said = [blocks[each.block][each.start : each.end] for each in text.sentences]
    assert [sentence.strip(" …!") for sentence in said] == ["He left.", "She stayed.", "The end."]
    assert [word.key for word in text.words] == ["he", "left", "she", "stayed", "the", "end"]
    assert text.begins == [0, 2, 4]


def test_words_keep_their_own_times_and_a_text_without_any_is_spread_by_its_letters() -> None:
    words = [{"start": 0.5, "end": 0.9, "word": " Come", "probability": 0.9}]
    segments = [
        {"start": 0.0, "end": 1.0, "text": "Come", "words": words},
        {"start": 2.0, "end": 12.0, "text": "in herewith", "words": []},
        {"start": 12.0, "end": 13.0, "text": " "},
    ]
    come, in_, herewith = words_of_segments(segments)
    assert come == Word(start=0.5, end=0.9, text=" Come", probability=0.9)
    assert [each.text for each in (in_, herewith)] == [" in", " herewith"]
    assert [each.start for each in (in_, herewith)] == pytest.approx([2.0, 4.0])
    assert [each.end for each in (in_, herewith)] == pytest.approx([4.0, 12.0])
