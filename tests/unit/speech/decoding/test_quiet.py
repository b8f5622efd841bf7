"""Quiet passages are made louder for the listening for speech, and nothing else is."""

from __future__ import annotations

from importlib.resources import as_file, files

import numpy as np
import pytest

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.speech.audio.audio_file import AudioFile
from swarmstt.speech.decoding.quiet import levelled
from swarmstt.speech.decoding.windows import find_speech, speech_probabilities
from tests.unit.speech.media import voice

SPOKEN = (voice(12) / 2**15).astype(np.float32)


def sample() -> np.ndarray:
    """A few spoken sentences."""
    with as_file(files("swarmstt") / "sample" / "spoken.mp3") as path, AudioFile(path) as file:
        samples = np.concatenate([block.samples for block in file.blocks()])
    found: np.ndarray = (samples / 2**15).astype(np.float32)
    return found


def speech_seconds(samples: np.ndarray) -> float:
    spans = find_speech(speech_probabilities(samples), len(samples))
    return sum(span.length for span in spans) / SAMPLE_RATE


@pytest.mark.parametrize("decibels", [50, 60, 65])
def test_speech_far_below_what_silero_hears_is_heard(decibels: int) -> None:
    spoken = sample()
    steps = np.rint(spoken * 10 ** (-decibels / 20) * 2**15) / 2**15  # as 16 bits hold it
    assert speech_seconds(steps.astype(np.float32)) == pytest.approx(speech_seconds(spoken), rel=0.2)


def test_quiet_speech_behind_a_loud_noise_is_heard() -> None:
    spoken = sample()
    quiet = np.concatenate([[0.9, -0.9], np.zeros(12 * SAMPLE_RATE), spoken * 10 ** (-55 / 20)]).astype(np.float32)
    assert speech_seconds(quiet) == pytest.approx(speech_seconds(spoken), rel=0.2)


def test_quiet_speech_among_clicks_is_heard() -> None:
    spoken = sample()
    quiet = (spoken * 10 ** (-55 / 20)).astype(np.float32)
    quiet[::30_000] = 0.9
    assert speech_seconds(quiet) == pytest.approx(speech_seconds(spoken), rel=0.3)


@pytest.mark.parametrize("decibels", [0, 20, 30])
def test_usual_speech_with_its_pauses_stays_as_it_is(decibels: int) -> None:
    usual = np.concatenate([SPOKEN, np.full(9 * SAMPLE_RATE, 0.001), SPOKEN]).astype(np.float32)
    usual *= np.float32(10 ** (-decibels / 20))
    assert levelled(usual) is usual


@pytest.mark.parametrize("level", [0.0, 1 / 2**15, 3 / 2**15])
def test_silence_stays_silence(level: float) -> None:
    noise = np.random.default_rng(0).uniform(-level, level, size=30 * SAMPLE_RATE).astype(np.float32)
    assert levelled(noise) is noise


def test_noise_is_not_taken_for_speech() -> None:
    noise = np.random.default_rng(0).normal(size=40 * SAMPLE_RATE).astype(np.float32) * np.float32(5e-4)
    hum = 0.002 * np.sin(np.arange(40 * SAMPLE_RATE) / SAMPLE_RATE * 2 * np.pi * 100)
    assert speech_seconds(noise) == 0.0
    assert speech_seconds((noise + hum).astype(np.float32)) == 0.0


def test_no_samples_are_no_samples() -> None:
    assert len(levelled(np.zeros(0, dtype=np.float32))) == 0


def test_quiet_speech_over_an_offset_is_made_louder_and_the_offset_is_not() -> None:
    voice = np.random.default_rng(2).normal(size=40 * SAMPLE_RATE).astype(np.float32) * np.float32(5e-4)
    louder = levelled(voice + np.float32(0.3))
    assert 0.05 < np.abs(louder).max() < 0.5
    assert np.corrcoef(louder, voice)[0, 1] > 0.99
