"""A transcript in the words of the ebook: its names and punctuation, at the times that were heard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from swarmstt.core.ebooks.alignment import Stretch
from swarmstt.core.ebooks.clips import Timing
from swarmstt.core.ebooks.texts import EbookText, HeardText
from swarmstt.core.speech.segments import segments_of
from swarmstt.core.transcript import Segment, Word

TextFrom = Literal["heard", "ebook"]


@dataclass(frozen=True, slots=True)
class Worded:
    """A segment, and where its text is from."""

    segment: Segment
    text_from: TextFrom


def worded(
    ebook: EbookText, heard: HeardText, timing: Timing, stretches: Sequence[Stretch], duration: float
) -> Iterator[Worded]:
    """Yields the segments of the transcript: in the ebook's words where it was read, as heard elsewhere. A paragraph
    of the ebook ends a segment."""
    at, done = 0, 0  # the next word that was heard, and its place among the keys
    for stretch in stretches:
        yield from _as_heard(heard, at, done, stretch.heard_start, ebook.language, duration)
        places = range(stretch.printed_start, stretch.printed_end)
        for _, block in groupby(places, key=lambda place: (ebook.words[place].document, ebook.words[place].block)):
            words = list(_printed(ebook, heard, timing, list(block)))
            for segment in segments_of(words, duration, ebook.language):
                yield Worded(segment, "ebook")
        at, done = heard.word_of[stretch.heard_end - 1] + 1, stretch.heard_end
    yield from _as_heard(heard, at, done, len(heard.keys), ebook.language, duration)


def _as_heard(heard: HeardText, at: int, first: int, last: int, language: str, duration: float) -> Iterator[Worded]:
    """Yields the words from one to before another, if there are any but punctuation."""
    while first < last and heard.word_of[first] < at:
        first += 1
    if first >= last:
        return
    end = heard.word_of[last] if last < len(heard.keys) else len(heard.words)
    for segment in segments_of(heard.words[at:end], duration, language):
        yield Worded(segment, "heard")


def _printed(ebook: EbookText, heard: HeardText, timing: Timing, places: list[int]) -> Iterator[Word]:
    """Yields the printed words of one block that were read, each with the punctuation around it."""
    text = ebook.documents[ebook.words[places[0]].document].blocks[ebook.words[places[0]].block]
    before = _opening(text[: ebook.words[places[0]].start]) if _is_first(ebook, places[0]) else ""
    space = " "
    for place in places:
        word, spoken = ebook.words[place], timing.spoken[place]
        has_next = _has_next(ebook, place)
        gap = text[word.end : ebook.words[place + 1].start] if has_next else text[word.end :]
        own, following = _parted(gap) if has_next else (gap, "")
        if spoken is not None:
            yield Word(
                start=spoken.start,
                end=spoken.end,
                text=" ".join(f"{before}{text[word.start : word.end]}{own}".split()).join((space, "")),
                probability=heard.words[heard.word_of[spoken.heard]].probability,
            )
        before, space = following, " " if any(letter.isspace() for letter in gap) else ""


def _is_first(ebook: EbookText, place: int) -> bool:
    return place == 0 or _block(ebook, place - 1) != _block(ebook, place)


def _has_next(ebook: EbookText, place: int) -> bool:
    return place + 1 < len(ebook.words) and _block(ebook, place + 1) == _block(ebook, place)


def _block(ebook: EbookText, place: int) -> tuple[int, int]:
    return ebook.words[place].document, ebook.words[place].block


def _parted(gap: str) -> tuple[str, str]:
    """Parts what is between two words: what belongs to the one before, and to the one after."""
    if not any(letter.isspace() for letter in gap):
        return gap, ""
    following = _opening(gap)
    return gap[: len(gap) - len(following)].rstrip(), following


def _opening(text: str) -> str:
    """Returns what stands directly before a word, behind the last space."""
    at = len(text)
    while at and not text[at - 1].isspace():
        at -= 1
    return text[at:]
