"""What of an ebook was found in what was heard: what a person looks at to see if it can be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from swarmstt.core.ebooks.alignment import Stretch
from swarmstt.core.ebooks.clips import Clip, Timing
from swarmstt.core.ebooks.texts import EbookText, HeardText

LEAST_SHARE = 0.05
"""Of the words that were heard; an ebook that has fewer of them is another book."""
_MOST_PASSAGES = 100
_MOST_CHARACTERS = 200
_LEAST_LETTERS = 25
_TIMES_FASTER, _TIMES_SLOWER = 2.5, 4.0
_LEAST_WORDS = 8
"""Fewer words than that, between others, are no passage of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A few words, and when they are spoken, in seconds of the book."""

    start: float
    end: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundDocument:
    """A document of an ebook; `found` is the share of its words that were heard, 0..1. `number` is its place
    among all."""

    title: str
    words: int
    found: float
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EbookReport:
    """`heard` is the share of the words that were heard which are in the ebook. `too_fast` and `too_slow` are sentences
    whose time is hardly right; `not_printed` was heard and is not in the ebook."""

    heard: float
    documents: tuple[FoundDocument, ...] = ()
    too_fast: tuple[Passage, ...] = ()
    too_slow: tuple[Passage, ...] = ()
    not_printed: tuple[Passage, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BookEbook:
    """The ebook of a book: what its file was called; why it could not be used, or what was found of it."""

    name: str
    trouble: str | None = None
    report: EbookReport | None = None


def report_of(ebook: EbookText, heard: HeardText, timing: Timing, stretches: Sequence[Stretch]) -> EbookReport:
    """Says what was found, document by document, and what looks wrong."""
    fast, slow = _odd_sentences(ebook, timing.clips("sentence"))
    covered = sum(stretch.heard_end - stretch.heard_start for stretch in stretches)
    return EbookReport(
        heard=round(covered / max(1, len(heard.keys)), 4),
        documents=tuple(_documents(ebook, timing)),
        too_fast=tuple(fast[:_MOST_PASSAGES]),
        too_slow=tuple(slow[:_MOST_PASSAGES]),
        not_printed=tuple(_not_printed(heard, stretches)[:_MOST_PASSAGES]),
    )


def _documents(ebook: EbookText, timing: Timing) -> list[FoundDocument]:
    words, found = ([0] * len(ebook.documents) for _ in range(2))
    for word, spoken in zip(ebook.words, timing.spoken, strict=True):
        words[word.document] += 1
        found[word.document] += spoken is not None
    return [
        FoundDocument(
            title=document.title or _short(next(iter(document.blocks), "")),
            words=words[number],
            found=round(found[number] / words[number], 4),
            number=number,
        )
        for number, document in enumerate(ebook.documents)
        if words[number]
    ]


def _odd_sentences(ebook: EbookText, clips: Sequence[Clip]) -> tuple[list[Passage], list[Passage]]:
    long = [clip for clip in clips if clip.end - clip.start >= _LEAST_LETTERS]
    if not long:
        return [], []
    usual = median(_letters_a_second(clip) for clip in long)
    fast = [clip for clip in long if _letters_a_second(clip) > usual * _TIMES_FASTER]
    slow = [clip for clip in long if _letters_a_second(clip) < usual / _TIMES_SLOWER]
    return [_passage(ebook, clip) for clip in fast], [_passage(ebook, clip) for clip in slow]


def _letters_a_second(clip: Clip) -> float:
    return (clip.end - clip.start) / (clip.end_seconds - clip.begin_seconds)


def _passage(ebook: EbookText, clip: Clip) -> Passage:
    text = ebook.documents[clip.document].blocks[clip.block][clip.start : clip.end]
    return Passage(start=round(clip.begin_seconds, 3), end=round(clip.end_seconds, 3), text=_short(text))


def _not_printed(heard: HeardText, stretches: Sequence[Stretch]) -> list[Passage]:
    found = []
    starts = [0, *(stretch.heard_end for stretch in stretches)]
    ends = [*(stretch.heard_start for stretch in stretches), len(heard.keys)]
    for start, end in zip(starts, ends, strict=True):
        if end - start >= _LEAST_WORDS:
            words = heard.words[heard.word_of[start] : heard.word_of[end - 1] + 1]
            text = "".join(word.text for word in words[:60])
            found.append(
                Passage(start=round(heard.starts[start], 3), end=round(heard.ends[end - 1], 3), text=_short(text))
            )
    return found


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MOST_CHARACTERS else f"{line[: _MOST_CHARACTERS - 1]}…"
