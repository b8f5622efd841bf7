"""Reads a whole file for a test."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.speech.audio.audio_file import AudioFile
from swarmstt.speech.audio.damage import Damage


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What became of a file."""

    samples: npt.NDArray[np.int16]
    damages: list[Damage]
    notes: list[str]

    @property
    def seconds(self) -> float:
        return len(self.samples) / SAMPLE_RATE

    def between(self, start: float, end: float) -> npt.NDArray[np.int16]:
        """The samples between two seconds."""
        return self.samples[round(start * SAMPLE_RATE) : round(end * SAMPLE_RATE)]

    def power(self, start: float, end: float) -> float:
        """How loud it is between two seconds; 0 is digital silence."""
        return float(np.square(self.between(start, end).astype(np.float64)).mean())


def heard(path: Path) -> Heard:
    """Reads all of a file."""
    with AudioFile(path) as file:
        blocks = [block.samples for block in file.blocks()]
        samples = np.concatenate(blocks) if blocks else np.zeros(0, np.int16)
        return Heard(samples=samples, damages=file.damages, notes=file.notes)
