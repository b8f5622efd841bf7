"""Speech without words."""

from __future__ import annotations

from swarmstt.core.speech.wordless import wordless
from swarmstt.core.transcript import Word, Wordless


def word(start: float, end: float, text: str = " word") -> Word:
    return Word(start=start, end=end, text=text, probability=0.9)


def spoken(count: int, start: float = 0.0) -> list[Word]:
    """Words of half a second, one after the other."""
    return [word(start + at / 2, start + at / 2 + 0.5) for at in range(count)]


def test_speech_that_has_its_words_lacks_none() -> None:
    assert wordless(spoken(20), [(0.0, 10.0)]) == ()


def test_speech_between_two_words_lacks_words() -> None:
    words = [*spoken(4), *spoken(4, start=9.0)]
    assert wordless(words, [(0.0, 2.0), (3.0, 8.0), (9.0, 11.0)]) == (Wordless(start=3.0, end=8.0),)


def test_a_pause_between_two_words_lacks_none() -> None:
    assert wordless([*spoken(4), *spoken(4, start=60.0)], [(0.0, 2.0), (60.0, 62.0)]) == ()


def test_speech_that_alignment_gave_to_the_words_beside_it_lacks_words() -> None:
    words = [*spoken(4), word(2.0, 4.0, " the"), word(4.0, 8.8, " invention"), *spoken(4, start=8.8)]
    assert wordless(words, [(0.0, 4.0), (4.3, 6.0), (8.8, 10.8)]) == ()
    assert wordless(words, [(0.0, 4.0), (4.3, 7.6), (8.8, 10.8)]) == (Wordless(start=2.0, end=7.6),)


def test_speech_before_the_first_and_after_the_last_word_lacks_words() -> None:
    found = wordless(spoken(4, start=5.0), [(1.0, 4.0), (5.0, 7.0), (8.0, 12.0)])
    assert found == (Wordless(start=1.0, end=4.0), Wordless(start=8.0, end=12.0))


def test_speech_without_any_word_lacks_all() -> None:
    assert wordless([], [(1.0, 6.0)]) == (Wordless(start=1.0, end=6.0),)


def test_silence_lacks_nothing() -> None:
    assert wordless([], []) == ()


def test_a_slow_reader_lacks_no_words() -> None:
    assert wordless([word(at, at + 0.9) for at in range(20)], [(0.0, 20.0)]) == ()
