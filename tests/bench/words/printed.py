"""Words that differ from the printed text: by the word, its case, or its punctuation; and how far from a border."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import jiwer

from swarmstt.core.speech.repetition import bare
from swarmstt.core.transcript import Segment, WindowScore

NEAR_WORDS = 3
"""Words this near to a border of two windows are counted apart, too."""

_SIGNS = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "…": "."})
_DOTS = re.compile(r"\.{2,}")
_PARTS = re.compile(r"\s+|-{2,}|(?<=\w)-(?=\w)|(?<=\s)-(?=\s)")


@dataclass(slots=True)
class Differences:
    """How a text differs from the printed one, in words. `near` and `far`: words, and those of them that differ, within
    three words of a border and elsewhere."""

    words: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    near: list[int] = field(default_factory=lambda: [0, 0])
    far: list[int] = field(default_factory=lambda: [0, 0])

    @property
    def wrong(self) -> int:
        return sum(self.kinds.values())

    def add(self, other: Differences) -> None:
        """Adds what was counted in another text."""
        self.words += other.words
        self.kinds += other.kinds
        self.near = [a + b for a, b in zip(self.near, other.near, strict=True)]
        self.far = [a + b for a, b in zip(self.far, other.far, strict=True)]

    def __str__(self) -> str:
        kinds = ", ".join(f"{self.kinds[kind]} {kind}" for kind in ("word", "case", "sign", "missing", "more"))
        places = "; ".join(
            f"{name} {100 * wrong / words:.1f} % of {words}"
            for name, (words, wrong) in (("near borders", self.near), ("elsewhere", self.far))
            if words
        )
        return f"{self.wrong} of {self.words} ({kinds})" + (f"; {places}" if places else "")


def printed_words(text: str) -> list[str]:
    """The words of a text with their signs; what is only signs goes with nothing. All quotes and dashes are alike."""
    plain = _DOTS.sub(".", text.translate(_SIGNS))
    return [word.strip("-") for word in _PARTS.split(plain) if word and bare(word)]


def heard_words(segments: Sequence[Segment], windows: Sequence[WindowScore]) -> tuple[list[str], list[int]]:
    """The words of a book, and for each how many words it is from the nearest border of two windows (0: beside it)."""
    texts: list[str] = []
    borders: set[int] = set()
    starts = [window.start for window in windows]
    passed = 0
    for start, end, text in _whole_words(segments):
        begun = bisect_right(starts, (start + end) / 2)
        if begun != passed:
            borders.add(len(texts))
        passed = begun
        texts += printed_words(text)
    inside = sorted(border for border in borders if 0 < border < len(texts))
    return texts, [min((_away(at, border) for border in inside), default=len(texts)) for at in range(len(texts))]


def _whole_words(segments: Sequence[Segment]) -> Iterator[tuple[float, float, str]]:
    """Start, end and text of each word up to a space: Whisper tells of "i.e." and "L'Arouche" in two."""
    words = [word for segment in segments for word in segment.words]
    begins = [at for at, word in enumerate(words) if at == 0 or word.text[:1].isspace()]
    for at, until in pairwise([*begins, len(words)]):
        yield words[at].start, words[at].end, "".join(word.text for word in words[at:until])


def differences(printed: str, heard: Sequence[str], from_border: Sequence[int] = ()) -> Differences:
    """Compares heard words with a printed text. `from_border` belongs to the heard words, if it is known."""
    wanted = printed_words(printed)
    found = Differences(words=len(wanted))
    aligned = jiwer.process_words(" ".join(map(bare, wanted)), " ".join(map(bare, heard))).alignments[0]
    for part in aligned:
        for at in range(max(part.ref_end_idx - part.ref_start_idx, part.hyp_end_idx - part.hyp_start_idx)):
            ref, hyp = part.ref_start_idx + at, part.hyp_start_idx + at
            kind = {"substitute": "word", "delete": "missing", "insert": "more"}.get(part.type)
            if part.type == "equal" and wanted[ref] != heard[hyp]:
                kind = "case" if wanted[ref].casefold() == heard[hyp].casefold() else "sign"
            if kind is not None:
                found.kinds[kind] += 1
            if from_border:
                place = found.near if from_border[min(hyp, len(heard) - 1)] < NEAR_WORDS else found.far
                place[0] += part.type != "insert"
                place[1] += kind is not None
    return found


def _away(at: int, border: int) -> int:
    """How many words lie between a word and a border before the word of that number."""
    return at - border if at >= border else border - 1 - at
