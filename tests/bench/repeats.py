"""Words that really repeat, and loops of Whisper's: what of both stands in the transcript.

A turn is lost if faster-whisper with the same model writes it, it is said, and swarmstt does not write it. Under the
table: which part of the turns that are said is missing, and how many are too many, worst and median of each kind.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from swarmstt.core.speech.repetition import repeats
from swarmstt.core.transcript import Word
from swarmstt.options import DecodeOptions
from swarmstt.speech.decoding.decoder import Decoder
from swarmstt.speech.decoding.windows import Samples
from tests.bench.books import SHARED, load_model
from tests.bench.repetition.cases import NO_REPETITIONS, REPETITIONS, NoRepetition, Repetition
from tests.bench.repetition.counting import turns_in
from tests.bench.repetition.fresh import FRESH, FRESH_SOUNDS
from tests.bench.repetition.unseen import UNSEEN

if TYPE_CHECKING:
    from faster_whisper import WhisperModel


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", choices=("base", "tiny.en"), default="base")
    parser.add_argument("--only", default="", help="only the cases whose names contain this")
    parser.add_argument("--unseen", action="store_true", help="cases of kinds that no mark was chosen by")
    parser.add_argument("--fresh", action="store_true", help="a second set of such, with other sounds to loop over")


def run(given: argparse.Namespace) -> int:
    if not SHARED.exists():
        raise SystemExit("The readers in ../shared/speech are needed.")
    with tempfile.TemporaryDirectory() as name:
        model = load_model(given.model, Path(name))
        languages = ("en",) if given.model == "tiny.en" else ("en", "de", "fr", "es", "it", "pt", "ja", "la")
        cases = [
            case
            for case in (FRESH if given.fresh else UNSEEN if given.unseen else REPETITIONS)
            if given.only in case.name and case.language in languages
        ]
        _print_repetitions(model, cases)
        if given.unseen:
            return 0
        _print_loops(model, FRESH_SOUNDS if given.fresh else NO_REPETITIONS, given.only, languages)
    return 0


def _print_repetitions(model: WhisperModel, cases: Sequence[Repetition]) -> None:
    table = Table("case", "said", "faster-whisper", "swarmstt", "lost", title="words that really repeat")
    kinds: dict[str, list[tuple[float, float]]] = {}
    for case in cases:
        samples = case.make()
        heard = " ".join(each.text for each in model.transcribe(samples, language=case.language)[0])
        other, own = turns_in(heard, case.phrase), turns_in(_text(model, samples, case.language), case.phrase)
        missing = max(0, min(case.said, other) - own)
        wrong = max(0, case.said - own) / case.said, max(0, own - case.said) / case.said
        kinds.setdefault(case.kind, []).append(wrong)
        table.add_row(case.name, str(case.said), str(other), str(own), str(missing or ""))
    Console(width=110).print(table)
    summary = Table("kind", "cases", "missing: worst", "median", "too many: worst", "median")
    for kind, wrong_of in kinds.items():
        figures = [figure for side in zip(*wrong_of, strict=True) for figure in (max(side), median(side))]
        summary.add_row(kind, str(len(wrong_of)), *[f"{figure:.0%}" for figure in figures])
    Console(width=110).print(summary)


def _print_loops(model: WhisperModel, cases: Sequence[NoRepetition], only: str, languages: tuple[str, ...]) -> None:
    table = Table("sound", "language", "words", "loops", title="nothing is said five times in a row")
    for case in cases:
        if only not in case.name or case.language not in languages:
            continue
        text = _text(model, case.make(), case.language)
        words = [Word(start=0.0, end=0.0, text=word, probability=0.0) for word in text.split()]
        table.add_row(case.name, case.language, str(len(words)), str(len(repeats(words)) or ""))
    Console(width=110).print(table)


def _text(model: WhisperModel, samples: Samples, language: str) -> str:
    chunk = Decoder(model, batch_size=1).decode(samples, DecodeOptions(language=language), lambda part: None)
    return " ".join(segment.text for segment in chunk.segments)
