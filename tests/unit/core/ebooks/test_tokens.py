"""Words as they are compared."""

from __future__ import annotations

import pytest

from swarmstt.core.ebooks.tokens import tokens_of


def keys(text: str, language: str = "en") -> list[str]:
    return [token.key for token in tokens_of(text, language)]


@pytest.mark.parametrize(
    ("one", "other", "language"),
    [
        ("“Don’t!” he said—loudly.", "Don't he said loudly", "en"),
        ("CHAPTER TWENTY-ONE", "chapter 21", "en"),
        ("the 3rd man", "the third man", "en"),
        ("Kapitel 21", "Kapitel einundzwanzig", "de"),
        ("naïve café", "nai\u0308ve cafe", "fr"),
        ("syl\u00adla\u00adble", "syllable", "en"),
        ("ﬁne", "fine", "en"),
        ("07 hours", "seven hours", "en"),
    ],
)
def test_alike(one: str, other: str, language: str) -> None:
    assert keys(one, language) == keys(other, language) != []


def test_places_are_those_of_the_text() -> None:
    text = "  «Vingt et un» jours"
    assert [text[token.start : token.end] for token in tokens_of(text, "fr")] == ["Vingt et un", "jours"]


def test_scripts_without_spaces_are_compared_letter_by_letter() -> None:
    assert keys("今日は、iPhone", "ja") == ["今", "日", "は", "iphone"]


def test_marks_of_letters_part_no_word() -> None:
    assert len(keys("हिन्दी किताब", "hi")) == 2
    assert keys("— * _ …") == []
