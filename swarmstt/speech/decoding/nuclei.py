"""Where syllables are in a sound: the peaks of its loudness in the band of vowels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.speech.decoding.windows import Samples

_HOP_SAMPLES = SAMPLE_RATE // 100
_FRAME_SAMPLES = SAMPLE_RATE // 40
_LOWEST_HERTZ, _HIGHEST_HERTZ = 250, 2800
_SMOOTHED_FRAMES = 9
_LEAST_DIP_DECIBELS = 2.0
"""Between two syllables the loudness falls by so much."""
_MOST_BELOW_DECIBELS = 22.0
"""A peak so far below the louder ones of the chunk is breath or noise."""
_FRAMES_AT_ONCE = 4096


def nuclei_of(samples: Samples) -> tuple[float, ...]:
    """The times of the syllables in mono audio at 16 kHz, in seconds, ascending: most of them, and a few that are
    none."""
    loudness = _loudness(samples)
    peaks = _peaks(loudness)
    if not peaks:
        return ()
    least = float(np.percentile(loudness[peaks], 80)) - _MOST_BELOW_DECIBELS
    half = _FRAME_SAMPLES / 2
    return tuple((at * _HOP_SAMPLES + half) / SAMPLE_RATE for at in peaks if loudness[at] > least)


def _loudness(samples: Samples) -> npt.NDArray[np.float64]:
    """In decibels a hundredth of a second, smooth. Hundredths of a decibel: finer digits differ between PCs."""
    count = max(0, (len(samples) - _FRAME_SAMPLES) // _HOP_SAMPLES + 1)
    if count < _SMOOTHED_FRAMES:
        return np.zeros(0)
    frames = np.lib.stride_tricks.sliding_window_view(samples, _FRAME_SAMPLES)[::_HOP_SAMPLES][:count]
    hertz = np.fft.rfftfreq(512, 1 / SAMPLE_RATE)
    band = (hertz > _LOWEST_HERTZ) & (hertz < _HIGHEST_HERTZ)
    powers = [
        np.sum(
            np.abs(np.fft.rfft(frames[at : at + _FRAMES_AT_ONCE] * np.hanning(_FRAME_SAMPLES), 512)[:, band]) ** 2, 1
        )
        for at in range(0, count, _FRAMES_AT_ONCE)
    ]
    shape = np.hanning(_SMOOTHED_FRAMES)
    decibels: npt.NDArray[np.float64] = 10.0 * np.log10(np.concatenate(powers) + 1e-4)
    padded = np.pad(decibels, _SMOOTHED_FRAMES // 2, mode="edge")
    smooth: npt.NDArray[np.float64] = np.convolve(padded, shape / shape.sum(), "valid")
    return np.round(smooth, 2)


def _peaks(loudness: npt.NDArray[np.float64]) -> list[int]:
    """The frames that are loudest between two dips."""
    found: list[int] = []
    rising, extreme, at = True, -np.inf, 0
    for frame, value in enumerate(loudness.tolist()):
        if (value > extreme) if rising else (value < extreme):
            extreme, at = value, frame
        elif abs(value - extreme) > _LEAST_DIP_DECIBELS:
            if rising:
                found.append(at)
            rising, extreme, at = not rising, value, frame
    return found
