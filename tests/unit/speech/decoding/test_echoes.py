"""What of a sound is heard again: sounds made of syllables, each with chords of its own."""

from __future__ import annotations

from itertools import pairwise
from statistics import median

import numpy as np
import pytest

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.core.speech.echoes import MOST_DIFFERENCE, Echo
from swarmstt.speech.decoding import echoes as decoding_echoes
from swarmstt.speech.decoding.echoes import echoes_of
from swarmstt.speech.decoding.windows import Samples, Span, Window

SYLLABLE_SECONDS = 0.2


def syllables(*names: int) -> Samples:
    """For each name four short chords of its own, never twice with the same noise."""
    random = np.random.default_rng(len(names))
    at = np.arange(round(SYLLABLE_SECONDS / 4 * SAMPLE_RATE)) / SAMPLE_RATE
    parts = []
    for name in names:
        voice = np.random.default_rng(name)
        for _ in range(4):
            chord = sum(np.sin(2 * np.pi * tone * at) for tone in 150 * 40 ** voice.uniform(0, 1, 3))
            parts.append(chord * voice.uniform(0.1, 1) + random.normal(0, 0.02, len(at)))
    return np.concatenate(parts).astype(np.float32)


def echoes(sound: Samples, *speech: Span) -> tuple[Echo, ...]:
    whole = Span(0, len(sound))
    return echoes_of(Window(pieces=(whole,), speech=speech or (whole,)), sound)


def heard_again(found: tuple[Echo, ...]) -> float:
    """The part of the speech that is."""
    return sum(echo.difference < MOST_DIFFERENCE for echo in found) / len(found)


def test_what_is_said_again_is_heard_again_after_its_length() -> None:
    found = echoes(syllables(*[1, 2] * 8))
    assert heard_again(found) == 1.0
    assert median(echo.again_after for echo in found if echo.again_after is not None) == pytest.approx(0.4, abs=0.03)


def test_what_is_never_said_again_is_not_heard_again() -> None:
    assert heard_again(echoes(syllables(*range(30)))) < 0.3


def test_a_phrase_between_other_words_is_heard_again_and_they_are_not() -> None:
    found = echoes(syllables(*range(10, 20), *[1, 2, 3] * 5, *range(30, 40)))
    inside = tuple(echo for echo in found if echo.start >= 2.0 and echo.end <= 5.0)
    outside = tuple(echo for echo in found if echo.end < 1.5 or echo.start > 5.5)
    assert heard_again(inside) > 0.8
    assert heard_again(outside) < 0.3


def test_how_many_stretches_are_compared_at_once_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = syllables(*range(10, 20), *[1, 2, 3] * 5, *range(30, 40))
    found = echoes(sound)
    monkeypatch.setattr(decoding_echoes, "_STRETCHES_AT_ONCE", 1)
    monkeypatch.setattr(decoding_echoes, "_BLOCK_FRAMES", 1000)
    assert echoes(sound) == found


def test_noise_and_a_sound_that_stays_the_same_repeat_nothing() -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, 8 * SAMPLE_RATE).astype(np.float32)
    assert heard_again(echoes(noise)) == 0.0
    assert echoes(np.zeros(8 * SAMPLE_RATE, dtype=np.float32)) == ()


def test_only_speech_is_compared_and_times_are_those_of_the_chunk() -> None:
    sound = np.concatenate(
        [np.zeros(SAMPLE_RATE, np.float32), syllables(*[1, 2] * 8), np.zeros(SAMPLE_RATE, np.float32)]
    )
    found = echoes(sound, Span(SAMPLE_RATE, len(sound) - SAMPLE_RATE))
    assert found[0].start == pytest.approx(1.0, abs=0.02)
    assert found[-1].end == pytest.approx(1.0 + 16 * SYLLABLE_SECONDS, abs=0.02)
    assert all(one.end <= other.start + 0.001 for one, other in pairwise(found))


def test_too_little_speech_says_nothing() -> None:
    assert echoes(syllables(1, 2)) == ()
