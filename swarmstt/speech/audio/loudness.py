"""How loud a stretch of sound is, whatever clicks in it, and how far a recorder has moved it from zero."""

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


def offset_of(samples: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Returns what a recorder adds to all samples of a second or so, for each channel: what lies in their middle."""
    return np.median(samples, axis=0).astype(np.float32) if len(samples) else np.zeros(samples.shape[1:], np.float32)


def _peak(samples: npt.NDArray[Any]) -> float:
    return max(float(samples.max()), -float(samples.min())) if len(samples) else 0.0
