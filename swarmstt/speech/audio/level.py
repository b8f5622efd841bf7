"""Very quiet recordings, made louder before they become whole numbers: what a listening program takes for speech, and
what sixteen bits can hold, both end far below what is still a clear recording. A constant that a recorder adds to all
samples is neither loud nor made louder: it is taken away."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.speech.audio.loudness import offset_of, steady_peak
from swarmstt.speech.audio.mixing import Raw, to_samples

QUIET = 10.0 ** (-46 / 20)
"""Of full scale. A recording without a peak above this is very quiet; speech of an audiobook has peaks above 0.1."""

_WANTED = 0.1
_SILENT = 10.0 ** (-100 / 20)
_SILENT_STEPS = 3 / 2**15  # of 16 bits: what encoders and recorders write for silence
_AHEAD_SAMPLES = 30 * SAMPLE_RATE


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    """`offset`: in the middle of each channel, in parts of full scale."""

    block: Raw
    offset: npt.NDArray[np.float32]
    part_read: float | None


class Leveller:
    """Holds half a minute, and makes it louder if nothing so far was loud. What it adds only ever gets less."""

    def __init__(self) -> None:
        self._waiting: deque[_Waiting] = deque()
        self._waiting_samples = 0
        self._loudest = 0.0
        self._offset: npt.NDArray[np.float32] | None = None
        self.largest_gain = 1.0

    def feed(self, block: Raw, part_read: float | None) -> Iterator[tuple[np.ndarray, float | None]]:
        """Takes the next block; returns those that can go on, as 16 bits."""
        offset: npt.NDArray[np.float32] = np.zeros(block.shape[1:], np.float32)
        if self._loudest < QUIET:
            offset = offset_of(_floats(block))
            self._loudest = max(self._loudest, _peak(block, offset))
        self._waiting.append(_Waiting(block=block, offset=offset, part_read=part_read))
        self._waiting_samples += len(block)
        while self._waiting and (
            self._loudest >= QUIET or self._waiting_samples - len(self._waiting[0].block) >= _AHEAD_SAMPLES
        ):
            yield self._next()

    def finish(self) -> Iterator[tuple[np.ndarray, float | None]]:
        """Returns what waits."""
        while self._waiting:
            yield self._next()

    def _next(self) -> tuple[np.ndarray, float | None]:
        first = self._waiting.popleft()
        self._waiting_samples -= len(first.block)
        gain = self._gain()
        self.largest_gain = max(self.largest_gain, gain)
        before, self._offset = self._offset, first.offset
        if gain == 1.0:
            return to_samples(first.block), first.part_read
        return to_samples(_without(first.block, before, first.offset), gain), first.part_read

    def _gain(self) -> float:
        if self._loudest >= QUIET or self._loudest <= _SILENT:
            return 1.0
        return float(2.0 ** int(np.log2(_WANTED / self._loudest)))


def _without(block: Raw, before: npt.NDArray[np.float32] | None, offset: npt.NDArray[np.float32]) -> Raw:
    """Takes the offset away; from that of the block before it to its own there is no step."""
    start = offset if before is None or before.shape != offset.shape else before
    moved: Raw = (_floats(block) - np.linspace(start, offset, len(block))).astype(np.float32)
    return moved


def _peak(block: Raw, offset: npt.NDArray[np.float32]) -> float:
    if not len(block):
        return 0.0
    peak = steady_peak(_floats(block) - offset)
    if block.dtype != np.int16:
        return peak if np.isfinite(peak) else 1.0
    return peak if peak > _SILENT_STEPS else 0.0


def _floats(block: Raw) -> npt.NDArray[np.float32]:
    floats: npt.NDArray[np.float32] = block.astype(np.float32, copy=False)
    return floats / np.float32(2**15) if block.dtype == np.int16 else floats
