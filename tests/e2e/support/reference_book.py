"""A book and its transcripts as one undisturbed node writes them, to compare others with."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tests.e2e.support.home import FORMATS, Home
from tests.e2e.support.voice import once, record


@dataclass(frozen=True, slots=True)
class ReferenceBook:
    """A book, and the transcripts that one node alone makes of it in chunks of half a minute."""

    audio: Path
    undisturbed: Home

    @classmethod
    def of(cls, folder: Path, samples: npt.NDArray[np.int16]) -> ReferenceBook:
        def make(new: Path) -> None:
            audio = record(new / "long.mp3", samples)
            options = ("--alone", "--chunk_seconds", "30", "--word_timestamps")
            Home(new / "home").transcribe(*options, audio).assert_calm(0)

        once(folder, make)
        return cls(folder / "long.mp3", Home(folder / "home"))


def assert_same_words(output: Path, undisturbed: Path, stem: str = "long", written: Collection[str] = FORMATS) -> None:
    """Byte for byte, apart from the time at which the book was done. `written`: the kinds of files that are there."""
    for form in FORMATS:
        texts = []
        for folder in (output, undisturbed):
            completed_at = Home(folder.parent).transcript(stem, folder)["completed_at"]
            texts.append((folder / f"{stem}.{form}").read_bytes().replace(completed_at.encode(), b""))
        assert texts[0] == texts[1], form
    assert sorted(path.name for path in output.iterdir()) == sorted(f"{stem}.{form}" for form in written)
