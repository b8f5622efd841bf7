"""Sounds for `python -m tests.bench repeats`: a voice that says things, clips of readers, and what is no speech.

All are mono, float32 at 16 kHz, and the same each time. A phrase is cut from a reader at times that are written here.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from faster_whisper.audio import decode_audio
from scipy.signal import butter, lfilter, resample_poly

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.speech.decoding.windows import Samples
from tests.bench.books import SHARED
from tests.e2e.support.voice import spoken


@cache
def say(text: str, speed: float = 1.0) -> Samples:
    """The text by a synthetic voice."""
    return np.asarray(resample_poly(spoken(text, speed), 2, 3), dtype=np.float32)


@cache
def clip(name: str, start: float = 0.0, end: float | None = None) -> Samples:
    """A stretch of a reader's clip in ../shared/speech, with soft edges."""
    samples = np.asarray(decode_audio(str(SHARED / name), sampling_rate=SAMPLE_RATE), dtype=np.float32)
    cut: Samples = samples[round(start * SAMPLE_RATE) : None if end is None else round(end * SAMPLE_RATE)].copy()
    edge = SAMPLE_RATE // 200
    cut[:edge] *= np.linspace(0, 1, edge, dtype=np.float32)
    cut[-edge:] *= np.linspace(1, 0, edge, dtype=np.float32)
    return cut


def silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * SAMPLE_RATE), dtype=np.float32)


def joined(*parts: Samples, pause: float = 0.0) -> Samples:
    """The parts one after the other, with a pause between each two."""
    spaced = [piece for part in parts for piece in (part, silence(pause))]
    return np.concatenate(spaced[:-1])


def times(sound: Samples, count: int, pause: float = 0.0) -> Samples:
    """The very same sound so many times."""
    return joined(*[sound] * count, pause=pause)


def varied(sound: Samples, count: int, pause: float = 0.0) -> Samples:
    """So many turns, of which each is a little faster or slower, louder or softer than the others."""
    rates = (100, 96, 103, 93, 106, 98, 101)
    turns = [resample_poly(sound, rates[n % 7], 100) * (1.0 - 0.12 * (n % 5)) for n in range(count)]
    return joined(*[turn.astype(np.float32) for turn in turns], pause=pause)


def faster(sound: Samples, percent: int) -> Samples:
    """The sound played at that percentage of its speed, higher or lower by as much."""
    return np.asarray(resample_poly(sound, 100, percent), dtype=np.float32)


def backwards(sound: Samples) -> Samples:
    return np.array(sound[::-1], dtype=np.float32)


def snippets(sound: Samples, seconds: float, seed: int = 1) -> Samples:
    """The sound cut into snippets, in any order: speech that no language has."""
    size = round(seconds * SAMPLE_RATE)
    pieces = [sound[at : at + size] for at in range(0, len(sound) - size, size)]
    return np.concatenate([pieces[at] for at in np.random.default_rng(seed).permutation(len(pieces))])


def over(first: Samples, second: Samples, part: float = 0.5) -> Samples:
    """The second sound, so loud, over the first."""
    return np.asarray(first + part * np.resize(second, len(first)), dtype=np.float32)


def hum(seconds: float, hertz: float = 120.0) -> Samples:
    at = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    tones = [np.sin(2 * np.pi * hertz * number * at) / number for number in range(1, 6)]
    return np.asarray(0.2 * np.sum(tones, axis=0), dtype=np.float32)


def noise(seconds: float, seed: int = 1) -> Samples:
    return np.random.default_rng(seed).normal(0, 0.1, round(seconds * SAMPLE_RATE)).astype(np.float32)


def babble(seconds: float, seed: int = 1) -> Samples:
    """Noise with the pitch, the formants and the syllables of a voice that says nothing."""
    random = np.random.default_rng(seed)
    parts = []
    for _ in range(int(seconds / 0.25)):
        at = np.arange(round(0.25 * SAMPLE_RATE)) / SAMPLE_RATE
        pitch = random.uniform(90, 180)
        source = np.sign(np.sin(2 * np.pi * pitch * at)) + random.normal(0, 0.3, len(at))
        out = np.zeros_like(at)
        for low, high in ((300, 800), (900, 2200), (2300, 3000)):
            middle = random.uniform(low, high) / (SAMPLE_RATE / 2)
            b, a = butter(2, (middle * 0.85, min(0.99, middle * 1.15)), "bandpass")
            out += lfilter(b, a, source)
        parts.append(out * np.hanning(len(at)) * 0.25)
    return np.concatenate(parts).astype(np.float32)


def music(seconds: float, seed: int = 1, beat: float = 0.4) -> Samples:
    """A tune over chords with a drum, whose turns do not repeat."""
    random = np.random.default_rng(seed)
    scale = 220.0 * 2 ** (np.array([0, 2, 4, 5, 7, 9, 11, 12, 14, 16]) / 12)
    parts = []
    for number in range(int(seconds / beat)):
        at = np.arange(round(beat * SAMPLE_RATE)) / SAMPLE_RATE
        fall = np.exp(-3 * at / beat)
        tune = random.choice(scale)
        chord = scale[number // 4 % 4], scale[number // 4 % 4 + 2], scale[number // 4 % 4 + 4]
        note = sum(np.sin(2 * np.pi * tune * n * at) / n for n in (1, 2, 3)) * fall
        held = sum(np.sin(np.pi * each * at) for each in chord) * 0.3
        drum = random.normal(0, 1, len(at)) * np.exp(-40 * at)
        parts.append(0.12 * (note + held + drum))
    return np.concatenate(parts).astype(np.float32)
