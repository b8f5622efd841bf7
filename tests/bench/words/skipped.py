"""How many phrases are missed that a reading lacks, and where one seems to lack words though none were cut out: all of
these alarms are listed, since Whisper may have lost some there itself.

Phrases of 2 to 15 words are cut out of good readings, at the borders of windows and inside, and their time is given to
the words beside them, as alignment does.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.core.speech.missing.pace import Sound, unaccounted
from swarmstt.core.speech.missing.skipped import LEAST_SCORE
from swarmstt.core.transcript import Word
from swarmstt.options import DecodeOptions

PLACES = ("inside", "beginning", "end")
LENGTHS = range(2, 16)
_KEPT_WORDS = 6


@dataclass(frozen=True, slots=True)
class Reading:
    """What was heard in a recording."""

    words: tuple[Word, ...]
    sound: Sound


@dataclass(frozen=True, slots=True)
class Cut:
    """A reading's words without a phrase that was spoken from `start` to `end`."""

    words: tuple[Word, ...]
    start: float
    end: float
    count: int
    place: str


def cut(reading: Reading, choice: random.Random) -> Cut | None:
    """A phrase less; None if the reading is too short for one there."""
    count, place = choice.choice(LENGTHS), choice.choice(PLACES)
    start, end = choice.choice(reading.sound.windows)
    inside = [at for at, word in enumerate(reading.words) if start <= _middle(word) <= end]
    if len(inside) < count + _KEPT_WORDS:
        return None
    first = {"inside": choice.randrange(1, len(inside) - count), "beginning": 0, "end": len(inside) - count}[place]
    at = inside[first]
    before, after = list(reading.words[:at]), list(reading.words[at + count :])
    start, end = reading.words[at].start, reading.words[at + count - 1].end
    ways = ["last", "halves", "around"] if before and after else []
    ways += ["next", "two"] if len(after) > 1 else ["last"]
    if place != "inside":  # a window is aligned alone
        ways = ["next", "two"] if place == "beginning" and len(after) > 1 else ["last"]
    _give_time(choice.choice(ways), before, after, start, end)
    return Cut((*before, *after), start, end, count, place)


def is_found(cut: Cut, reading: Reading) -> bool:
    """Says if some stretch of the cut phrase is found to have more speech than words."""
    places = unaccounted(cut.words, reading.sound, LEAST_SCORE)
    return any(place.end > cut.start and place.start < cut.end for place in places)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", choices=("base", "tiny.en"), default="base")
    parser.add_argument("--set", default="", help="only the sets whose names begin with this: en/lj001, de")
    parser.add_argument("--most", type=int, metavar="N", help="only the first N files of each set")
    parser.add_argument("--cuts", type=int, default=400, metavar="N", help="phrases cut out (default 400)")


def run(given: argparse.Namespace) -> int:
    from tests.bench.books import load_model
    from tests.bench.wer import recordings

    alarms: list[str] = []
    table = Table("set", "windows", "alarms", "phrases", "found", "%", title=f"{given.model}, mark {LEAST_SCORE}")
    with tempfile.TemporaryDirectory() as folder:
        model = load_model(given.model, Path(folder))
        for name, files in recordings(given.set, given.most, english=given.model.endswith(".en")).items():
            readings = [_read(model, each.path, each.language) for each in files]
            windows = sum(len(each.sound.windows) for each in readings)
            told = [line for each, file in zip(readings, files, strict=True) for line in _alarms(each, file.path.name)]
            alarms += told
            found, tried = _try_cuts([each for each in readings if each.sound.windows], given.cuts)
            counts = f"{found.total()}", f"{100 * found.total() / max(1, tried):.1f}"
            table.add_row(name, str(windows), str(len(told)), str(tried), *counts)
    Console(width=110).print(table)
    print(*alarms, sep="\n")
    return 0


def _alarms(reading: Reading, name: str) -> list[str]:
    """The stretches of what was heard that lack words, as it seems: a person has to hear which of them do."""
    return [
        f"{name}, {place.start:.1f} to {place.end:.1f} s, score {place.score:.2f}:"
        + "".join(word.text for word in reading.words if place.start <= _middle(word) <= place.end)
        for place in unaccounted(reading.words, reading.sound, LEAST_SCORE)
    ]


def _read(model: object, path: Path, language: str) -> Reading:
    from faster_whisper import WhisperModel
    from faster_whisper.audio import decode_audio

    from swarmstt.speech.decoding.decoder import Decoder
    from swarmstt.speech.decoding.nuclei import nuclei_of
    from swarmstt.speech.decoding.windows import find_speech, speech_probabilities

    assert isinstance(model, WhisperModel)
    samples = decode_audio(str(path), sampling_rate=SAMPLE_RATE)
    chunk = Decoder(model, batch_size=8).decode(samples, DecodeOptions(language=language), lambda part: None)
    speech = find_speech(speech_probabilities(samples), len(samples))
    return Reading(
        words=tuple(word for segment in chunk.segments for word in segment.words),
        sound=Sound(
            speech=tuple((span.start / SAMPLE_RATE, span.end / SAMPLE_RATE) for span in speech),
            nuclei=nuclei_of(samples),
            windows=tuple((each.start, each.end) for each in chunk.windows),
        ),
    )


def _try_cuts(readings: Sequence[Reading], count: int) -> tuple[Counter[int], int]:
    """How many were found, by their number of words; and how many were tried."""
    choice, found, tried = random.Random(1), Counter[int](), 0
    for _ in range(count if readings else 0):
        reading = choice.choice(readings)
        lacking = cut(reading, choice)
        if lacking is not None:
            tried += 1
            found[lacking.count] += is_found(lacking, reading)
    return found, tried


def _give_time(way: str, before: list[Word], after: list[Word], start: float, end: float) -> None:
    middle = (start + end) / 2
    if way == "last":
        before[-1:] = [replace(before[-1], end=end)] if before else []
    elif way == "next":
        after[0] = replace(after[0], start=start)
    elif way == "halves":
        before[-1], after[0] = replace(before[-1], end=middle), replace(after[0], start=middle)
    elif way == "two":
        middle = (start + after[1].end) / 2
        after[:2] = [replace(after[0], start=start, end=middle), replace(after[1], start=middle)]
    else:
        middle = (before[-1].start + after[0].end) / 2
        before[-1], after[0] = replace(before[-1], end=middle), replace(after[0], start=middle)


def _middle(word: Word) -> float:
    return (word.start + word.end) / 2
