"""Spoken words: sentences in a synthetic voice, each spoken once for all processes of a run, and recordings of them.

The voice draws its breath by chance; here it draws the same each time, since a loop of Whisper's hangs on such details.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from filelock import FileLock

from tests.unit.speech.media import MP3, Format, write

if TYPE_CHECKING:
    from hibari import Hibari

RATE = 24_000
"""Samples a second of the synthetic voice."""
SOUND = "sound.npy"

_SEED = 1

SENTENCES = (
    "The old lighthouse keeper climbed the winding stairs every evening to light the lamp.",
    "Far below him the waves rolled in from the west and broke upon the rocks.",
    "In winter the storms were so loud that he could hardly hear his own voice.",
    "A letter from his sister arrived on the first Monday of every month.",
    "She wrote about her garden, her three children, and the price of bread.",
    "He answered slowly, because there was not much to tell about the sea.",
    "One night a small boat appeared between the island and the harbour.",
    "Nobody was at the helm, and the sail was torn from top to bottom.",
    "He took the rope and the lantern and ran down to the landing stage.",
    "A young woman lay in the boat with a brown dog in her arms.",
    "They had been drifting for two days without any fresh water.",
    "He carried her to the house and made a large pot of hot soup.",
    "The dog slept beside the fire and did not move until the morning.",
    "When the fog lifted, a ship came to look for the missing passengers.",
    "The captain was a friendly man who laughed at every second word.",
    "He promised to bring new books and a better radio in the spring.",
    "The woman gave the keeper a silver ring before she went on board.",
    "Years later he found the same ring painted in a picture in the city.",
    "The museum was quiet, and only one guard was walking through the rooms.",
    "He sat down on a wooden bench and looked at the picture for an hour.",
    "Under the frame there was a small plate with the name of the painter.",
    "It was the name of the girl whom the sea had brought to his door.",
    "Outside the rain had stopped, and the trams were ringing their bells.",
    "He bought a ticket for the night train and went home to his lamp.",
)


class Voice:
    """Speaks sentences, each only once for all that have the same folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._spoken: dict[str, npt.NDArray[np.int16]] = {}

    def say(self, *sentences: str, pause_seconds: float = 0.8) -> npt.NDArray[np.int16]:
        """The sentences with a pause after each, at 24 kHz."""
        pause = np.zeros(round(pause_seconds * RATE), dtype=np.int16)
        return np.concatenate([part for sentence in sentences for part in (self._one(sentence), pause)])

    def _one(self, sentence: str) -> npt.NDArray[np.int16]:
        if sentence not in self._spoken:
            name = hashlib.sha256(sentence.encode()).hexdigest()
            self._spoken[sentence] = np.load(once(self._folder / name, partial(self._speak, sentence)) / SOUND)
        return self._spoken[sentence]

    def _speak(self, sentence: str, folder: Path) -> None:
        np.save(folder / SOUND, (np.clip(spoken(sentence), -1, 1) * 32767).astype(np.int16))


def spoken(text: str, speed: float = 1.0) -> npt.NDArray[np.float32]:
    """The text by a synthetic voice at 24 kHz: the same sound each time."""
    return np.asarray(_hibari()(text, speed=speed, seed=_SEED), dtype=np.float32)


@cache
def _hibari() -> Hibari:
    from hibari import Hibari

    return Hibari()


def once(folder: Path, make: Callable[[Path], None]) -> Path:
    """A folder that several processes want: the first of them makes what is in it, and the others wait."""
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            half_made = Path(tempfile.mkdtemp(dir=folder.parent))
            make(half_made)
            half_made.rename(folder)
    return folder


def record(path: Path, samples: npt.NDArray[np.int16], how: Format = MP3, **more: Any) -> Path:
    """Encodes what the voice said."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return write(path, samples, how, rate=RATE, **more)


def first_part(content: bytes, fraction: float) -> bytes:
    """A file that was cut off."""
    return content[: int(len(content) * fraction)]
