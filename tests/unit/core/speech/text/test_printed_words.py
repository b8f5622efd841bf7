"""How the bench counts words that differ from the printed text."""

from __future__ import annotations

from swarmstt.core.transcript import Segment, WindowScore, Word
from tests.bench.words.printed import differences, heard_words


def test_a_word_in_two_parts_is_one_word() -> None:
    texts = (" letter,", " i", ".e.", " the", " L", "'Arouche", " low", "-country")
    words = tuple(
        Word(start=float(at), end=at + 1.0, text=text, probability=0.9, tokens="") for at, text in enumerate(texts)
    )
    segment = Segment(start=0.0, end=8.0, text="".join(texts).strip(), words=words)
    score = WindowScore(start=0.0, end=3.0, average_log_probability=-0.1, no_speech_probability=0.0)
    second = WindowScore(start=3.0, end=8.0, average_log_probability=-0.1, no_speech_probability=0.0)
    heard = heard_words([segment], [score, second])
    assert [word.text for word in heard] == ["letter,", "i.e.", "the", "L'Arouche", "low", "country"]
    assert [word.from_border for word in heard] == [1, 0, 0, 1, 2, 3]


def test_differences_are_counted_by_kind_and_place() -> None:
    texts = (" The", " Letter,", " and", " then", " the")
    starts = (0.0, 1.0, 3.0, 4.0, 5.0)
    words = tuple(
        Word(start=start, end=start + 1.0, text=text, probability=0.9)
        for start, text in zip(starts, texts, strict=True)
    )
    segment = Segment(start=0.0, end=6.0, text="".join(texts).strip(), words=words)
    scores = [
        WindowScore(start=start, end=end, average_log_probability=-0.1, no_speech_probability=0.0)
        for start, end in ((0.0, 4.0), (4.0, 6.0))
    ]
    found = differences("The letter; and. Then the", heard_words([segment], scores))
    assert dict(found.kinds) == {"sign": 2, "case": 1}
    assert str(found.places["at other pauses"]) == "100.0 % of 2"
    assert "at pauses of borders" not in found.places


def test_words_near_pauses_are_counted_apart_from_those_near_borders() -> None:
    starts = [float(at) for at in range(10)] + [at + 2.0 for at in range(10, 20)] + [at + 4.0 for at in range(20, 30)]
    words = tuple(Word(start=start, end=start + 1.0, text=" so", probability=0.9) for start in starts)
    segment = Segment(start=0.0, end=34.0, text="so " * 30, words=words)
    scores = [
        WindowScore(start=start, end=end, average_log_probability=-0.1, no_speech_probability=0.0)
        for start, end in ((0.0, 23.0), (23.0, 34.0))
    ]
    found = differences("so " * 30, heard_words([segment], scores))
    assert {place: share.words for place, share in found.places.items()} == {
        "near borders": 6,
        "elsewhere": 24,
        "near other pauses": 6,
        "at pauses of borders": 2,
        "at other pauses": 2,
    }


def test_no_words_are_no_words() -> None:
    assert heard_words([], []) == []
    assert differences("the", []).wrong == 1
