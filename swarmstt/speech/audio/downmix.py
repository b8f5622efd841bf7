"""Two channels into one, without clipping and without losing a voice that the channels hold with opposite signs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.int16]

_CANCELLED = 0.05
"""The mean of both channels having less than this part of the louder one's power: they cancel each other."""


def to_mono(samples: npt.NDArray[np.int16]) -> Samples:
    """One channel from int16 samples of shape (samples, 1 or 2): their mean, or the louder one where that cancels."""
    if samples.shape[1] == 1:
        return np.ascontiguousarray(samples[:, 0])
    wide = samples.astype(np.int32)
    mean = (wide[:, 0] + wide[:, 1]) >> 1
    mean_power = float(np.square(mean, dtype=np.float64).sum())
    powers = np.square(wide, dtype=np.float64).sum(axis=0)
    louder = int(powers.argmax())
    if mean_power < _CANCELLED * powers[louder]:
        return np.ascontiguousarray(samples[:, louder])
    return mean.astype(np.int16)


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioBlock:
    """The next samples (one dimension, 16 kHz mono), and the part (0..1) of the file that was read for them."""

    samples: Samples
    part_read: float | None
