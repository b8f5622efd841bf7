"""A transcript as readable text: its segments in chapters and paragraphs, and "[49 seconds are missing here]" where
something of the audio, or of the words, is missing."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from swarmstt.core.ordering.tokens import tokens_of
from swarmstt.phrases import WORDS_MISSING

PAUSE_SECONDS = 1.2
"""Readers pause longer between paragraphs than between sentences."""
_LONG_CHARACTERS, _LONG_PAUSE_SECONDS = 700, 0.6
"""A paragraph that is long ends at a shorter pause."""
_LONGEST_CHARACTERS = 1500
_ENDS = (".", "!", "?", "…", "。", "！", "？", "।", "؟")
_CLOSING = "\"'”’»)]}」』"
_MISSING = re.compile(r"\(about (\d+) s of audio are missing\)")
"""How a damage's reason says how much is missing of which no silence takes the place: see `missing`."""
_SHOWN_SECONDS = 4.0
"""A gap that takes no time in the audio is shown for so long, if nothing is said meanwhile."""
_LEAST_SECONDS = 1.0

Segments = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class ReadableChapter:
    """A chapter, its title empty if it has none, and its paragraphs as lists of segments."""

    title: str
    paragraphs: list[Segments]


def readable_chapters(document: dict[str, Any], *, with_titles: bool = True) -> list[ReadableChapter]:
    """Returns the segments of a transcript in chapters and paragraphs: sentences and pauses decide. A chapter without
    any text is left out. `with_titles`: also those that say a chapter's title and nothing else at its beginning."""
    chapters = document.get("chapters") or []
    starts = [chapter["start"] for chapter in chapters]
    grouped: dict[int, Segments] = {}
    for segment in document["segments"]:
        if segment["text"].strip():
            middle = (segment["start"] + segment["end"]) / 2
            grouped.setdefault(max(0, bisect_right(starts, middle) - 1), []).append(segment)
    titles = {place: chapters[place]["title"] if chapters else "" for place in grouped}
    if not with_titles:
        grouped = {place: _after_title(segments, titles[place]) for place, segments in grouped.items()}
    return [ReadableChapter(titles[place], list(_paragraphs(segments))) for place, segments in grouped.items()]


def _after_title(segments: Segments, title: str) -> Segments:
    wanted = [token.word for token in tokens_of(title)]
    said: list[str] = []
    for place, segment in enumerate(segments, start=1):
        said += [token.word for token in tokens_of(segment["text"])]
        if said and said == wanted:
            return segments[place:]
        if said != wanted[: len(said)]:
            break
    return segments


def paragraph_starts(segments: Sequence[dict[str, Any]]) -> list[bool]:
    """Says of each segment, in order, if it begins a paragraph, apart from those that chapters begin."""
    return [place == 0 for paragraph in _paragraphs(segments) for place in range(len(paragraph))]


def _paragraphs(segments: Sequence[dict[str, Any]]) -> Iterator[Segments]:
    # An edited segment does not say what its text was before: in a book with an ebook, most are from there.
    printed = {"ebook", "edited"} if any(each.get("text_from") == "ebook" for each in segments) else set()
    paragraph: Segments = []
    length = 0
    for segment in segments:
        if paragraph and _parts(paragraph[-1], segment, length, is_printed=paragraph[-1].get("text_from") in printed):
            yield paragraph
            paragraph, length = [], 0
        paragraph.append(segment)
        length += len(segment["text"])
    if paragraph:
        yield paragraph


def _parts(before: dict[str, Any], after: dict[str, Any], length: int, *, is_printed: bool) -> bool:
    pause = after["start"] - before["end"]
    if not before["text"].rstrip().rstrip(_CLOSING).endswith(_ENDS):
        return is_printed and bool(pause >= PAUSE_SECONDS)  # a heading, or a verse
    is_long = length >= _LONG_CHARACTERS and pause >= _LONG_PAUSE_SECONDS
    return bool(pause >= PAUSE_SECONDS or is_long or length >= _LONGEST_CHARACTERS)


def missing(seconds: float) -> str:
    """Returns what the reason of a damage adds about its length."""
    return f" (about {round(seconds)} s of audio are missing)"


def missing_seconds(start: float, end: float, reason: str) -> float:
    """Returns how much is missing there: of what no silence takes the place, more than the gap is long."""
    told = _MISSING.search(reason)
    return max(float(told[1]) if told else 0.0, end - start)


def gap_text(start: float, end: float, reason: str) -> str:
    """Says in a few words what is missing there."""
    if reason == WORDS_MISSING:
        return f"Words are missing here: {_length(end - start)}"
    seconds = missing_seconds(start, end, reason)
    if seconds < _LEAST_SECONDS:
        return "Something is missing here"
    length = _length(seconds)
    return f"{length} {'is' if length.startswith('1 ') else 'are'} missing here"


def _length(seconds: float) -> str:
    for unit, size in (("hour", 3600), ("minute", 60)):
        if seconds >= 1.5 * size:
            return f"{round(seconds / size)} {unit}s"
    number = max(1, round(seconds))
    return f"{number} second{'' if number == 1 else 's'}"


def with_gaps(segments: Segments, gaps: Segments) -> Segments:
    """Returns the segments of a transcript, in order, and one more in its place for each gap in which nothing is said.
    A gap that is only a doubt about words that are there gets none. Such a segment says `is_gap`."""
    marks = list(_marks(segments, gaps))
    return sorted([*segments, *marks], key=lambda segment: segment["start"]) if marks else segments


def _marks(segments: Segments, gaps: Segments) -> Iterator[dict[str, Any]]:
    middles = [(segment["start"] + segment["end"]) / 2 for segment in segments]
    starts = [segment["start"] for segment in segments]
    for gap in gaps:
        start, end = gap["start"], gap["end"]
        if bisect_left(middles, end) > bisect_left(middles, start):
            continue
        after = bisect_left(starts, start)
        following = starts[after] if after < len(starts) else start + _SHOWN_SECONDS
        shown_until = max(end, min(following, start + _SHOWN_SECONDS), start + _LEAST_SECONDS)
        text = f"[{gap_text(start, end, gap['reason'])}]"
        yield {"start": start, "end": shown_until, "text": text, "is_gap": True}
