"""How the bench counts words that differ from the printed text."""

from __future__ import annotations

from swarmstt.core.transcript import Segment, WindowScore, Word
from tests.bench.words.printed import heard_words


def test_a_word_in_two_parts_is_one_word() -> None:
    texts = (" letter,", " i", ".e.", " the", " L", "'Arouche", " low", "-country")
    words = tuple(
        Word(start=float(at), end=at + 1.0, text=text, probability=0.9, tokens="") for at, text in enumerate(texts)
    )
    segment = Segment(start=0.0, end=8.0, text="".join(texts).strip(), words=words)
    score = WindowScore(start=0.0, end=3.0, average_log_probability=-0.1, no_speech_probability=0.0)
    second = WindowScore(start=3.0, end=8.0, average_log_probability=-0.1, no_speech_probability=0.0)
    heard, from_border = heard_words([segment], [score, second])
    assert heard == ["letter,", "i.e.", "the", "L'Arouche", "low", "country"]
    assert from_border == [1, 0, 0, 1, 2, 3]


def test_no_words_are_no_words() -> None:
    assert heard_words([], []) == ([], [])
