"""The samples of decoded frames."""

from __future__ import annotations

from typing import Any

import av
import numpy as np
import numpy.typing as npt

_MOST_PLANES = 8
"""PyAV reads no more planes of a frame than this, and memory that is not the frame's behind them."""

_FULL_SCALE = {"u8": 128.0, "s16": 2.0**15, "s32": 2.0**31, "s64": 2.0**63, "flt": 1.0, "dbl": 1.0}


def channels_of(frame: Any) -> npt.NDArray[np.float32]:
    """Returns the samples of a frame between -1 and 1, of shape (channels, samples); what is no number is silence."""
    count, kind = int(frame.layout.nb_channels), frame.format.packed.name
    if not frame.format.is_planar:
        array = frame.to_ndarray().reshape(-1, count).T
    elif count <= _MOST_PLANES:
        array = frame.to_ndarray()
    else:
        array = _packed(frame, kind).reshape(-1, count).T
    scaled = array.astype(np.float64) / _FULL_SCALE[kind] - (1.0 if kind == "u8" else 0.0)
    finite: npt.NDArray[np.float32] = np.nan_to_num(scaled, nan=0.0, posinf=0.0, neginf=0.0).astype(np.float32)
    return finite


def _packed(frame: Any, kind: str) -> npt.NDArray[Any]:
    """Returns the samples of all channels, sample by sample."""
    repacking = av.AudioResampler(format=kind, layout=frame.layout.name, rate=frame.sample_rate)
    packed = [each.to_ndarray().reshape(-1) for given in (frame, None) for each in repacking.resample(given)]
    return np.concatenate(packed) if packed else np.zeros(0, dtype=np.float32)
