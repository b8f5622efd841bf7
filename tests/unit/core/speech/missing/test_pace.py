"""Where more is spoken than words can fill: phrases cut out are found, untouched readings are left alone."""

from __future__ import annotations

import random

import pytest

from swarmstt.core.speech.missing.pace import Sound, SpeechClock, unaccounted, units
from swarmstt.core.speech.missing.skipped import LEAST_SCORE
from swarmstt.core.speech.quality import Stretch, speech_within
from swarmstt.core.speech.wordless import gaps_left
from swarmstt.core.transcript import Word
from tests.bench.words.skipped import Reading, cut, is_found

_SAID = """
"It is a truth universally acknowledged, that a single man in possession of a good fortune, must be in want of
a wife. However little known the feelings or views of such a man may be on his first entering a neighbourhood,
this truth is so well fixed in the minds of the surrounding families, that he is considered as the rightful
property of some one or other of their daughters. My dear Mr. Bennet, said his lady to him one day, have you
heard that Netherfield Park is let at last? Mr. Bennet replied that he had not. But it is, returned she, for
Mrs. Long has just been here, and she told me all about it. Mr. Bennet made no answer. Do not you want to know
who has taken it? cried his wife impatiently.
"""


def reading(seed: int, pace_seconds: float = 0.045) -> Reading:
    """A reading of that text: words a little longer and shorter than their letters ask, as in real ones (a tenth of a
    second, root mean square, between neighbours), and pauses behind signs."""
    choice = random.Random(seed)
    words: list[Word] = []
    speech: list[Stretch] = []
    nuclei: list[float] = []
    at = begun = 0.5
    for text in _SAID.split():
        lasts = max(0.06, pace_seconds * units(text) + choice.gauss(0, 1.8 * pace_seconds))
        words.append(Word(start=at, end=at + lasts, text=f" {text}", probability=0.9))
        syllables = max(1, round(0.3 * len(text)))
        nuclei += [at + lasts * (each + 0.5) / syllables for each in range(syllables)]
        at += lasts
        if text[-1] in ".,?":
            speech.append((begun, at))
            at += choice.uniform(0.2, 0.7)
            begun = at
    middle = words[len(words) // 2].end
    windows = ((words[0].start, middle), (middle, words[-1].end))
    return Reading(words=tuple(words), sound=Sound(speech=tuple(speech), nuclei=tuple(nuclei), windows=windows))


@pytest.mark.parametrize(("pace_seconds", "least_found"), [(0.04, 0.85), (0.05, 0.9), (0.065, 0.95)])
def test_phrases_cut_out_are_found(pace_seconds: float, least_found: float) -> None:
    choice = random.Random(7)
    tried = [(lacking, whole) for whole in _readings(pace_seconds) for lacking in [cut(whole, choice)] if lacking]
    found = sum(is_found(lacking, whole) for lacking, whole in tried)
    assert len(tried) >= 180
    assert found / len(tried) >= least_found


def test_untouched_readings_have_next_to_no_false_alarms() -> None:
    alarms = sum(
        len(unaccounted(whole.words, whole.sound, LEAST_SCORE)) for seed in range(60) for whole in [reading(seed)]
    )
    assert alarms <= 1  # of 120 windows


def test_a_long_phrase_that_is_lacking_is_a_gap() -> None:
    whole = reading(1)
    lacking = whole.words[:40] + whole.words[52:]
    start, end = whole.words[40].start, whole.words[51].end
    lacking = (*lacking[:39], _longer(lacking[39], end), *lacking[40:])
    assert [gap.start < end and gap.end > start for gap in gaps_left(lacking, whole.sound)] == [True]
    assert gaps_left(whole.words, whole.sound) == ()


def test_a_phrase_whose_time_two_words_share_is_found_though_neither_is_long() -> None:
    whole = reading(2)
    start, end = whole.words[20].start, whole.words[29].end
    middle = (start + end) / 2
    lacking = (
        *whole.words[:20],
        Word(start=start, end=middle, text=whole.words[28].text, probability=0.9),
        Word(start=middle, end=end, text=whole.words[29].text, probability=0.9),
        *whole.words[30:],
    )
    assert all(speech_within(word.start, word.end, whole.sound.speech) < 2.0 for word in lacking)
    [place] = unaccounted(lacking, whole.sound, LEAST_SCORE)
    assert place.start < end
    assert place.end > start


def test_speech_without_any_word_is_unaccounted_for() -> None:
    [place] = unaccounted((), Sound(speech=((1.0, 2.0), (3.0, 6.0))), LEAST_SCORE)
    assert (place.start, place.end, place.seconds) == (0.0, 6.0, 4.0)


def test_without_speech_nothing_is_unaccounted_for() -> None:
    assert unaccounted((), Sound(speech=()), LEAST_SCORE) == []


def test_words_that_overlap_or_go_back_count_their_speech_once() -> None:
    words = [
        Word(start=0.0, end=0.6, text=" good", probability=0.9),
        Word(start=0.2, end=0.5, text=" morning", probability=0.9),
    ]
    assert unaccounted(words, Sound(speech=((0.0, 0.6),)), LEAST_SCORE) == []


def test_a_clock_counts_as_speech_within_does() -> None:
    choice = random.Random(3)
    edges = sorted(choice.uniform(0, 50) for _ in range(40))
    speech = list(zip(edges[::2], edges[1::2], strict=True))
    clock = SpeechClock(speech)
    for _ in range(300):
        start, end = choice.uniform(-1, 55), choice.uniform(-1, 55)
        assert clock.within(start, end) == pytest.approx(speech_within(start, end, speech))


def test_signs_alone_take_no_time() -> None:
    assert units(" –") == 0.0
    assert units(" 1492") > units(" word")


def test_what_is_short_for_longer_words_takes_longer() -> None:
    assert units(" MSS") > units(" mess")
    assert units(" etc") > units(" eta")


def test_the_dot_of_an_address_is_spoken() -> None:
    assert units(" LibriVox.org") > units(" LibriVox org")
    assert units(".org") > units(" org")
    assert units(" a.m.") == units(" am.")
    assert units(" end.") == units(" end,")


def _readings(pace_seconds: float) -> list[Reading]:
    return [reading(seed, pace_seconds) for seed in range(200)]


def _longer(word: Word, end: float) -> Word:
    return Word(start=word.start, end=end, text=word.text, probability=word.probability)
