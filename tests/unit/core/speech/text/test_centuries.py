"""Centuries in words, as English books print them."""

from __future__ import annotations

import pytest

from swarmstt.core.speech.text.centuries import with_written_centuries
from swarmstt.core.transcript import Segment, Word


def written(text: str) -> str:
    """What becomes of a text whose words are cut at spaces, and before hyphens as Whisper cuts them."""
    parts = text.replace("-", " ~-").split()
    words = tuple(
        Word(start=at, end=at + 1.0, text=part[1:] if part.startswith("~") else f" {part}", probability=0.9)
        for at, part in enumerate(parts)
    )
    segment = Segment(start=0.0, end=float(len(words)), text=text, words=words)
    (mended,) = with_written_centuries([segment])
    assert mended.text == "".join(word.text for word in mended.words).strip()
    return mended.text


@pytest.mark.parametrize(
    ("heard", "wanted"),
    [
        ("of the 15th century, they", "of the fifteenth century, they"),
        ("the 21st century's books", "the twenty-first century's books"),
        ("the 15th and the 16th centuries.", "the fifteenth and the sixteenth centuries."),
        (
            "of the 16th, 17th, and early 18th centuries",
            "of the sixteenth, seventeenth, and early eighteenth centuries",
        ),
        ("a 17th-century letter", "a seventeenth-century letter"),
        ("and so. 19th century letters", "and so. Nineteenth century letters"),
        ("12th century", "Twelfth century"),
        ("It was a (19th century) book", "It was a (nineteenth century) book"),
    ],
)
def test_ordinals_of_centuries_are_words(heard: str, wanted: str) -> None:
    assert written(heard) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "on the 4th of July",
        "20th Century Fox",
        "the 15th",
        "the 45th century",
        "the 0th century",
        "on the 4th a century",
    ],
)
def test_other_ordinals_stay(text: str) -> None:
    assert written(text) == text


def test_without_words_nothing_changes() -> None:
    told = [Segment(start=0.0, end=1.0, text="In the 15th century.")]
    assert with_written_centuries(told) == told
