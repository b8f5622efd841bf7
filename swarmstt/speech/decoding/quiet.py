"""Quiet passages, made louder for the listening for speech: Silero hears none whose peaks are below about a
two-hundredth of full scale, and Whisper still reads it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.speech.audio.loudness import offset_of, steady_peak

Samples = npt.NDArray[np.float32]

QUIET = 10.0 ** (-46 / 20)
_WANTED = 0.1
_SILENT = 3.5 / 2**15  # what encoders and recorders write for silence
_HOP_SAMPLES = SAMPLE_RATE
_AROUND_HOPS = 10


def levelled(samples: Samples) -> Samples:
    """Makes louder what is quiet for twenty seconds around; returns the very samples if nothing is."""
    hops = -(-len(samples) // _HOP_SAMPLES)
    padded = np.pad(samples, (0, hops * _HOP_SAMPLES - len(samples)))
    rows = padded.reshape(hops, _HOP_SAMPLES)
    offsets = offset_of(rows.T)
    peaks = np.array([steady_peak(hop - offset) for hop, offset in zip(rows, offsets, strict=True)], dtype=np.float32)
    around = np.pad(peaks, _AROUND_HOPS)
    loudest = np.array([around[hop : hop + 2 * _AROUND_HOPS + 1].max() for hop in range(hops)], dtype=np.float32)
    gains = np.where((loudest < QUIET) & (loudest > _SILENT), _WANTED / np.maximum(loudest, _SILENT), 1.0)
    if not np.any(gains != 1.0):
        return samples
    middles = (np.arange(hops) + 0.5) * _HOP_SAMPLES
    offset = np.interp(np.arange(len(samples)), middles, offsets).astype(np.float32)
    louder: Samples = (samples - offset) * np.repeat(gains.astype(np.float32), _HOP_SAMPLES)[: len(samples)]
    return np.clip(louder, -1.0, 1.0)
