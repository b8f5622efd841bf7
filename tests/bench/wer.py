"""Word error rate as the project publishes it: texts are normalised (numbers in words and in digits are the same).

The reference of joined clips is the printed text that `make_book.py` writes beside the book: it gives 3169 words for
`en/lj001`, and the figures in the project's notes. The spoken form of the same text counts one substitution and one
insertion more ("et cetera").
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import jiwer
from whisper_normalizer.basic import BasicTextNormalizer
from whisper_normalizer.english import EnglishTextNormalizer


@dataclass(frozen=True, slots=True, kw_only=True)
class WordErrors:
    """How a text differs from its reference, in words."""

    substitutions: int
    deletions: int
    insertions: int
    words: int

    @property
    def percent(self) -> float:
        """Word error rate; 0 for an empty reference."""
        wrong = self.substitutions + self.deletions + self.insertions
        return 100 * wrong / self.words if self.words else 0.0

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


def main() -> None:
    parser = argparse.ArgumentParser(description="Word error rate of a text file against a reference text file.")
    parser.add_argument("reference", type=Path)
    parser.add_argument("heard", type=Path)
    parser.add_argument("--language", default="en")
    given = parser.parse_args()
    reference = given.reference.read_text(encoding="utf-8")
    print(word_errors(reference, given.heard.read_text(encoding="utf-8"), given.language))


if __name__ == "__main__":
    main()
