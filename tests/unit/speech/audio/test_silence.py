"""Pauses in clean, noisy and musical recordings, and independence of the blocks they come in."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.core.speech.chunk_plan import Pause
from swarmstt.speech.audio.silence import Heard, SilenceFinder
from tests.unit.speech.media import Samples, voice

SECONDS = 40


def find(samples: Samples, block: int = SAMPLE_RATE) -> tuple[list[Pause], list[Heard]]:
    finder = SilenceFinder()
    heard = [each for start in range(0, len(samples), block) for each in finder.feed(samples[start : start + block])]
    heard.append(finder.finish())
    return [pause for each in heard for pause in each.pauses], heard


def with_noise(level: float) -> Samples:
    noise = np.random.default_rng(1).normal(size=SECONDS * SAMPLE_RATE) * level * 32767
    mixed: Samples = np.clip(voice(SECONDS).astype(np.float64) + noise, -32768, 32767).astype(np.int16)
    return mixed


def with_hum() -> Samples:
    times = np.arange(SECONDS * SAMPLE_RATE) / SAMPLE_RATE
    mixed: Samples = (voice(SECONDS) + 1500 * np.sin(2 * np.pi * 50 * times) + 2000).astype(np.int16)
    return mixed


def with_music() -> Samples:
    times = np.arange(SECONDS * SAMPLE_RATE) / SAMPLE_RATE
    chord = np.sum([np.sin(2 * np.pi * tone * times) for tone in (220, 277, 330)], axis=0)
    mixed: Samples = (voice(SECONDS) + 700 * chord).astype(np.int16)
    return mixed


RECORDINGS = {
    "clean": voice(SECONDS),
    "quiet": (voice(SECONDS) // 40).astype(np.int16),
    "hiss": with_noise(0.02),
    "much hiss": with_noise(0.06),
    "hum and offset": with_hum(),
    "music": with_music(),
}


@pytest.mark.parametrize("name", RECORDINGS)
def test_every_pause_is_found_and_no_other(name: str) -> None:
    pauses, _ = find(RECORDINGS[name])
    middles = [pause.middle_sample / SAMPLE_RATE for pause in pauses]
    assert middles == pytest.approx([3.7 + 4 * number for number in range(SECONDS // 4)], abs=0.1)


def test_silence_is_one_long_pause_told_in_pieces() -> None:
    pauses, heard = find(np.zeros(60 * SAMPLE_RATE, dtype=np.int16))
    assert pauses[0].start_sample == 0
    assert pauses[-1].end_sample == 60 * SAMPLE_RATE
    assert all(before.end_sample == after.start_sample for before, after in pairwise(pauses))
    assert all(pause.end_sample - pause.start_sample >= SAMPLE_RATE // 2 for pause in pauses)
    assert heard[-1].until_sample == 60 * SAMPLE_RATE


def test_steady_noise_has_no_pauses() -> None:
    noise = (np.random.default_rng(2).normal(size=30 * SAMPLE_RATE) * 2000).astype(np.int16)
    assert find(noise)[0] == []


@settings(max_examples=10, deadline=None)
@given(st.integers(1_000, 400_000), st.integers(1, 30 * SAMPLE_RATE))
def test_the_answer_does_not_depend_on_the_blocks(block: int, length: int) -> None:
    samples = RECORDINGS["hiss"][:length]
    assert find(samples, block)[1] == find(samples, 16_000)[1]


def test_what_is_told_is_told_in_time() -> None:
    _, heard = find(RECORDINGS["clean"])
    until = [each.until_sample for each in heard]
    assert until == sorted(until)
    before = 0
    for each in heard:
        assert all(before < pause.end_sample <= each.until_sample for pause in each.pauses)
        before = each.until_sample


def test_a_quiet_spot_is_told_for_each_second() -> None:
    _, heard = find(RECORDINGS["clean"])
    spots = [spot.sample // SAMPLE_RATE for each in heard for spot in each.spots]
    assert spots == list(range(SECONDS))


def test_nothing_has_no_pauses() -> None:
    assert find(np.zeros(0, dtype=np.int16))[0] == []
