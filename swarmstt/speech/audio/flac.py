"""A chunk as it travels: FLAC of 16 kHz mono, 16 bits, made and read back without loss.

Reading is strict: a helper gets these bytes from the network.
"""

from __future__ import annotations

import io
from fractions import Fraction

import av
import numpy as np
import numpy.typing as npt

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.errors import InputError

MOST_SAMPLES = 3600 * SAMPLE_RATE + SAMPLE_RATE
"""No chunk is longer than an hour (`core/speech/chunk_plan.py`)."""

_FRAME_SAMPLES = 4096
_BYTES_BEYOND_PCM = 2**20  # headers, and frames that FLAC could not shrink


def encode(samples: npt.NDArray[np.int16]) -> bytes:
    """FLAC of these mono samples (one dimension, int16, 16 kHz); at least one sample."""
    if samples.ndim != 1 or samples.dtype != np.int16 or not len(samples):
        raise ValueError("expected one dimension of int16 with at least one sample")
    target = io.BytesIO()
    with av.open(target, "w", format="flac") as container:
        stream = container.add_stream("flac", rate=SAMPLE_RATE, layout="mono")
        stream.codec_context.format = "s16"
        for start in range(0, len(samples), _FRAME_SAMPLES):
            block = samples[None, start : start + _FRAME_SAMPLES]
            frame = av.AudioFrame.from_ndarray(block, format="s16", layout="mono")
            frame.sample_rate = SAMPLE_RATE
            frame.pts = start
            frame.time_base = Fraction(1, SAMPLE_RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return target.getvalue()


def decode(flac: bytes, sample_count: int) -> npt.NDArray[np.float32]:
    """The samples in -1..1 (one dimension, 16 kHz); InputError unless these are exactly `sample_count` of them."""
    if not 0 < sample_count <= MOST_SAMPLES:
        raise InputError(f"A chunk of {sample_count} samples is not possible.")
    if len(flac) > 2 * sample_count + _BYTES_BEYOND_PCM or not flac.startswith(b"fLaC"):
        raise InputError("A chunk's audio is not the FLAC that was expected.")
    samples = np.empty(sample_count, dtype=np.float32)
    try:
        filled = _decode_into(samples, flac)
    except (av.FFmpegError, ValueError, IndexError) as error:
        raise InputError("A chunk's audio is damaged.") from error
    if filled != sample_count:
        raise InputError(f"A chunk's audio has {filled} samples instead of {sample_count}.")
    return samples


def _decode_into(samples: npt.NDArray[np.float32], flac: bytes) -> int:
    """How many samples there are; stops at the first that is too many."""
    filled: int = 0
    with av.open(io.BytesIO(flac), format="flac") as container:
        for frame in container.decode(container.streams.audio[0]):
            if frame.sample_rate != SAMPLE_RATE or frame.layout.nb_channels != 1 or frame.format.name != "s16":
                raise InputError("A chunk's audio is not 16 kHz mono of 16 bits.")
            start, filled = filled, filled + int(frame.samples)
            if filled > len(samples):
                break
            np.multiply(frame.to_ndarray()[0], np.float32(1 / 32768), out=samples[start:filled])
    return filled
