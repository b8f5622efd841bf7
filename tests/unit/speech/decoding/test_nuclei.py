"""Syllables are counted in a sound that is known."""

from __future__ import annotations

import numpy as np
import pytest

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.speech.decoding.nuclei import nuclei_of


@pytest.mark.parametrize("level", [0.3, 0.003])
def test_each_swell_of_a_vowel_is_a_syllable(level: float) -> None:
    times = np.arange(3 * SAMPLE_RATE) / SAMPLE_RATE
    swells = 0.5 - 0.5 * np.cos(2 * np.pi * 4 * times)
    sound = (level * swells * np.sin(2 * np.pi * 700 * times)).astype(np.float32)
    found = nuclei_of(sound)
    assert found == pytest.approx([0.125 + 0.25 * number for number in range(12)], abs=0.03)


def test_a_tone_has_no_more_than_one_and_silence_or_nothing_none() -> None:
    times = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    assert len(nuclei_of((0.1 * np.sin(2 * np.pi * 700 * times)).astype(np.float32))) <= 1
    assert nuclei_of(np.zeros(SAMPLE_RATE, np.float32)) == ()
    assert nuclei_of(np.zeros(0, np.float32)) == ()
    assert nuclei_of(np.zeros(300, np.float32)) == ()
