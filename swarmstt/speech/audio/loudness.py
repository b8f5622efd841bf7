"""How loud a stretch of sound is, whatever clicks in it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from swarmstt.core.books import SAMPLE_RATE

_FRAME_SAMPLES = SAMPLE_RATE // 50
_CLICK_FRAMES = 4
"""A click, a knock on the microphone or a pop lasts for no more frames; a voice does in any second."""


def steady_peak(samples: npt.NDArray[Any]) -> float:
    """Returns the peak that more frames reach than a click has; samples of 16 kHz, in one or more channels."""
    frames = len(samples) // _FRAME_SAMPLES
    if frames <= _CLICK_FRAMES:
        return _peak(samples)
    framed = samples[: frames * _FRAME_SAMPLES].reshape(frames, -1)
    peaks = np.maximum(framed.max(axis=1).astype(np.float64), -framed.min(axis=1).astype(np.float64))
    return float(np.partition(peaks, frames - 1 - _CLICK_FRAMES)[frames - 1 - _CLICK_FRAMES])


def _peak(samples: npt.NDArray[Any]) -> float:
    return max(float(samples.max()), -float(samples.min())) if len(samples) else 0.0
