"""Very quiet recordings, made louder before they become whole numbers: what a listening program takes for speech, and
what sixteen bits can hold, both end far below what is still a clear recording."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.speech.audio.loudness import steady_peak
from swarmstt.speech.audio.mixing import Raw, to_samples

QUIET = 10.0 ** (-46 / 20)
"""Of full scale. A recording without a peak above this is very quiet; speech of an audiobook has peaks above 0.1."""

_WANTED = 0.1
_SILENT = 10.0 ** (-100 / 20)
_SILENT_STEPS = 3 / 2**15  # of 16 bits: what encoders and recorders write for silence
_AHEAD_SAMPLES = 30 * SAMPLE_RATE


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    block: Raw
    part_read: float | None


class Leveller:
    """Holds half a minute, and makes it louder if nothing so far was loud. What it adds only ever gets less."""

    def __init__(self) -> None:
        self._waiting: deque[_Waiting] = deque()
        self._waiting_samples = 0
        self._loudest = 0.0
        self.largest_gain = 1.0

    def feed(self, block: Raw, part_read: float | None) -> Iterator[tuple[np.ndarray, float | None]]:
        """Takes the next block; returns those that can go on, as 16 bits."""
        if self._loudest < QUIET:
            self._loudest = max(self._loudest, _peak(block))
        self._waiting.append(_Waiting(block=block, part_read=part_read))
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
        return to_samples(first.block, gain), first.part_read

    def _gain(self) -> float:
        if self._loudest >= QUIET or self._loudest <= _SILENT:
            return 1.0
        return float(2.0 ** int(np.log2(_WANTED / self._loudest)))


def _peak(block: Raw) -> float:
    if not len(block):
        return 0.0
    peak = steady_peak(block)
    if block.dtype != np.int16:
        return peak if np.isfinite(peak) else 1.0
    return peak / 2**15 if peak / 2**15 > _SILENT_STEPS else 0.0
