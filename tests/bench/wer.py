"""Wrong words of swarmstt's own decoder in each set of the readers in ../shared/speech.

Word error rate as the project publishes it: texts are normalised (numbers in words and in digits are the same).
`python -m tests.bench.wer REFERENCE HEARD` compares two text files instead.

The reference of joined clips is the printed text that `make_book.py` writes beside the book: it gives 3169 words for
`en/lj001`, and the figures in the project's notes. The spoken form of the same text counts one substitution and one
insertion more ("et cetera").
"""

from __future__ import annotations

import argparse
import csv
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import jiwer
import numpy as np
from rich.console import Console
from rich.table import Table
from whisper_normalizer.basic import BasicTextNormalizer
from whisper_normalizer.english import EnglishTextNormalizer

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.core.speech.text.borders import with_joined_borders
from swarmstt.core.speech.text.centuries import with_written_centuries
from swarmstt.options import DecodeOptions
from tests.bench.words.printed import Differences, HeardWord, differences, heard_words, printed_words

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

_PAUSE_SECONDS = 0.6  # between the clips of a set
_MANIFEST = Path(__file__).resolve().parents[3] / "shared" / "speech" / "manifest.tsv"


@dataclass(frozen=True, slots=True, kw_only=True)
class WordErrors:
    """How a text differs from its reference, in words."""

    substitutions: int
    deletions: int
    insertions: int
    words: int

    @property
    def wrong(self) -> int:
        return self.substitutions + self.deletions + self.insertions

    @property
    def percent(self) -> float:
        """Word error rate; 0 for an empty reference."""
        return 100 * self.wrong / self.words if self.words else 0.0

    def __str__(self) -> str:
        counts = f"S{self.substitutions} D{self.deletions} I{self.insertions}"
        return f"{self.percent:.2f} % ({counts} of {self.words})"


def word_errors(reference: str, heard: str, language: str = "en") -> WordErrors:
    """Compares two texts in a language; numbers are understood in English only."""
    normalize = EnglishTextNormalizer() if language == "en" else BasicTextNormalizer()
    counted = jiwer.process_words(normalize(reference), normalize(heard))
    return WordErrors(
        substitutions=counted.substitutions,
        deletions=counted.deletions,
        insertions=counted.insertions,
        words=counted.hits + counted.substitutions + counted.deletions,
    )


@dataclass(frozen=True, slots=True)
class Recording:
    """A file of a set, and the text that is read in it."""

    path: Path
    language: str
    text: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", choices=("base", "tiny.en"), default="base")
    parser.add_argument("--set", default="", help="only the sets whose names begin with this: en/lj001, de")
    parser.add_argument("--most", type=int, metavar="N", help="only the first N files of each set")
    parser.add_argument(
        "--as_printed",
        action="store_true",
        help="count case and punctuation, too, in the files of each set as one book",
    )


def run(given: argparse.Namespace) -> int:
    wanted = recordings(given.set, given.most, english=given.model.endswith(".en"))
    with tempfile.TemporaryDirectory() as folder:
        (_print_as_printed if given.as_printed else _print_sets)(wanted, given.model, Path(folder))
    return 0


def recordings(prefix: str, most: int | None, *, english: bool) -> dict[str, list[Recording]]:
    """The sets whose names begin so, up to so many files of each. Exits if there are none."""
    if not _MANIFEST.exists():
        raise SystemExit("The readers in ../shared/speech are needed.")
    if most is not None and most < 1:
        raise SystemExit("--most is the number of files of a set, at least 1.")
    sets = _sets(_MANIFEST)
    wanted = {name: files[:most] for name, files in sets.items() if name.startswith(prefix)}
    if english:
        wanted = {name: files for name, files in wanted.items() if files[0].language == "en"}
    if not wanted:
        raise SystemExit(f"The model reads no set by that name; these are there: {', '.join(sets)}.")
    return wanted


def _sets(manifest: Path) -> dict[str, list[Recording]]:
    """The recordings by the folder in which they are; one for all readers of a collection."""
    found: dict[str, list[Recording]] = {}
    with manifest.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            name = "/".join(PurePosixPath(row["path"]).parent.parts[:2])
            recording = Recording(manifest.parent / row["path"], row["language"], row["reference_text"])
            found.setdefault(name, []).append(recording)
    return found


def _print_sets(sets: dict[str, list[Recording]], model_name: str, folder: Path) -> None:
    from tests.bench.books import load_model

    model = load_model(model_name, folder)
    table = Table("set", "files", "words wrong", "words", "%", "worst file", title=f"{model_name}, each file by itself")
    for name, recordings in sets.items():
        errors = list(_errors_of(model, recordings))
        wrong, words = sum(each.wrong for each in errors), sum(each.words for each in errors)
        worst = max(each.percent for each in errors)
        percent = 100 * wrong / words if words else 0.0
        table.add_row(name, str(len(errors)), str(wrong), str(words), f"{percent:.2f}", f"{worst:.2f} %")
    Console(width=110).print(table)


def _print_as_printed(sets: dict[str, list[Recording]], model_name: str, folder: Path) -> None:
    from tests.bench.books import load_model

    model = load_model(model_name, folder)
    total = Differences()
    for name, recordings in sets.items():
        if not any(letter.isupper() for each in recordings for letter in each.text):
            continue
        counted = _differences_of(model, recordings)
        total.add(counted)
        print(f"{name}: {counted}", flush=True)
    print(f"All: {total}")


def _differences_of(model: WhisperModel, recordings: Sequence[Recording]) -> Differences:
    """Decodes the files joined as a book, with a pause between two."""
    from faster_whisper.audio import decode_audio

    from swarmstt.speech.decoding.decoder import Decoder

    pause = np.zeros(round(_PAUSE_SECONDS * SAMPLE_RATE), np.float32)
    parts = [part for each in recordings for part in (decode_audio(str(each.path), sampling_rate=SAMPLE_RATE), pause)]
    samples = np.concatenate(parts)
    options = DecodeOptions(language=recordings[0].language)
    chunk = Decoder(model, batch_size=8).decode(samples, options, lambda part: None)
    segments = with_joined_borders(chunk.segments, chunk.windows)
    if options.language == "en":
        segments = with_written_centuries(segments)
    return differences(" ".join(each.text for each in recordings), heard_words(segments, chunk.windows))


def _errors_of(model: WhisperModel, recordings: Sequence[Recording]) -> Iterator[WordErrors]:
    """Decodes each file, and is told its language."""
    from faster_whisper.audio import decode_audio

    from swarmstt.speech.decoding.decoder import Decoder

    decoder = Decoder(model, batch_size=1)
    for each in recordings:
        samples = decode_audio(str(each.path), sampling_rate=SAMPLE_RATE)
        options = DecodeOptions(language=each.language)
        chunk = decoder.decode(samples, options, lambda part: None)
        heard = " ".join(segment.text for segment in chunk.segments)
        yield word_errors(each.text, heard, each.language)


def main() -> None:
    parser = argparse.ArgumentParser(description="Word error rate of a text file against a reference text file.")
    parser.add_argument("reference", type=Path)
    parser.add_argument("heard", type=Path)
    parser.add_argument("--language", default="en")
    parser.add_argument("--as_printed", action="store_true", help="count case and punctuation, too")
    given = parser.parse_args()
    reference = given.reference.read_text(encoding="utf-8")
    heard = given.heard.read_text(encoding="utf-8")
    print(
        differences(reference, [HeardWord(word) for word in printed_words(heard)])
        if given.as_printed
        else word_errors(reference, heard, given.language)
    )


if __name__ == "__main__":
    main()
