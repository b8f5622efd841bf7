"""Places that lack words are read again: their speech, without the long pauses in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.core.speech.missing.pace import Sound
from swarmstt.core.speech.quality import Hypothesis
from swarmstt.core.transcript import Word
from swarmstt.options import DecodeOptions
from swarmstt.speech.decoding import skipped
from swarmstt.speech.decoding.whisper import Look
from swarmstt.speech.decoding.windows import LONGEST_SAMPLES, Samples

MODEL: Any = None


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[Look]:
    """The looks that are taken; in none anything is heard."""
    taken: list[Look] = []

    class Deaf:
        def __init__(self, *_: object, searches: object) -> None:
            """Takes what Whisper takes."""

        def hypotheses(self, looks: Sequence[Look], samples: Samples) -> list[Hypothesis]:
            taken.extend(looks)
            return [Hypothesis(words=(), average_log_probability=-1.0, no_speech_probability=0.0) for _ in looks]

    monkeypatch.setattr(skipped, "Whisper", Deaf)
    return taken


def said(start: float, count: int) -> list[Word]:
    return [
        Word(start=start + 0.5 * at, end=start + 0.5 * at + 0.4, text=" hello", probability=0.9) for at in range(count)
    ]


def read_again(words: Sequence[Word], speech: Sequence[tuple[float, float]]) -> None:
    sound = Sound(speech=tuple(speech), windows=((0.0, speech[-1][1]),))
    samples = np.zeros(round(speech[-1][1] + 1) * SAMPLE_RATE, np.float32)
    assert skipped.with_skipped_phrases(words, sound, MODEL, samples, DecodeOptions(language="en")) == words


def test_music_between_speech_is_not_read(looks: list[Look]) -> None:
    words = [*said(0, 20), Word(start=10.0, end=72.0, text=" so", probability=0.9), *said(72, 20)]
    read_again(words, [(0.0, 12.0), (71.0, 82.0)])
    assert len(looks) == 3
    for look in looks:
        assert round(look.window.pieces[0].end / SAMPLE_RATE, 1) == 12.4
        assert round(look.window.pieces[1].start / SAMPLE_RATE, 1) == 70.6
        assert look.window.sample_count < 20 * SAMPLE_RATE


def test_what_does_not_go_into_one_window_is_passed_over(looks: list[Look]) -> None:
    """With the pauses that are kept, each 0.8 s."""
    pauses = [(10.0 + 2 * at, 11.2 + 2 * at) for at in range(20)]
    words = [*said(0, 20), Word(start=10.0, end=49.2, text=" so", probability=0.9), *said(50, 20)]
    read_again(words, [(0.0, 9.9), *pauses, (50.0, 60.0)])
    assert all(look.window.sample_count <= LONGEST_SAMPLES for look in looks)
