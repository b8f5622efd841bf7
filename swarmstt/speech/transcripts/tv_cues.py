"""Subtitles as a TV shows them, where nobody asked for others: two lines of 42 columns, none shorter than a second if
the speech allows, cut where a reader pauses and never inside a word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from swarmstt.core.speech.scripts import columns
from swarmstt.core.speech.segments import LINE_COLUMNS
from swarmstt.speech.transcripts.cues import Segments, with_words

MOST_COLUMNS = LINE_COLUMNS
LEAST_SECONDS = 1.0
MOST_SECONDS = 7.0
"""A cue that was joined of two stays no longer on the screen."""
NEAR_SECONDS = 0.7
"""What is said after a longer pause is no part of the same cue."""

_SENTENCE_MARKS = (".", "!", "?", "…", "。", "！", "？")
_CLAUSE_MARKS = (",", ";", ":", "–", "—", "、", "，", "；", "：")
_CLOSING = "\"'”’»)]}」』"
_CUT_COST = 12.0
"""Columns that a cut after a mark may make the lines more unequal by."""


@dataclass(frozen=True, slots=True)
class _Word:
    """A word with all that belongs to it: its signs, and a suffix that Whisper tells apart ("don", "'t")."""

    text: str
    start: float
    end: float

    @property
    def ends_sentence(self) -> bool:
        return self.text.rstrip(_CLOSING).endswith(_SENTENCE_MARKS)

    @property
    def ends_clause(self) -> bool:
        return self.ends_sentence or self.text.rstrip(_CLOSING).endswith(_CLAUSE_MARKS)


def tv_cues(document: dict[str, Any]) -> Segments:
    """Returns cues without words; the text of each has a line break if it has two lines."""
    cues: list[list[_Word]] = []
    for segment in with_words(document):
        cues += _parts(_whole_words(segment["words"]))
    joined = _without_short_ones(cues)
    following = [*(each[0].start for each in joined[1:]), None]
    return [
        {"start": cue[0].start, "end": _end(cue, then), "text": "\n".join(_lines(cue))}
        for cue, then in zip(joined, following, strict=False)
    ]


def _whole_words(words: Sequence[dict[str, Any]]) -> list[_Word]:
    """Joins what stands without a space to the word before. Text without any spaces is parted as it comes."""
    spaced = any(word["word"][:1].isspace() for word in words[1:])
    found: list[_Word] = []
    for word in words:
        if found and spaced and not word["word"][:1].isspace():
            found[-1] = _Word(found[-1].text + word["word"], found[-1].start, word["end"])
        else:
            found.append(_Word(word["word"], word["start"], word["end"]))
    return found


def _text(words: Sequence[_Word]) -> str:
    return "".join(word.text for word in words).strip()


def _fits(words: Sequence[_Word]) -> bool:
    return _break(words) is not None


def _break(words: Sequence[_Word]) -> int | None:
    """Returns before which word the second line begins (0: there is one line); None if two lines do not hold it."""
    total = columns(_text(words))
    if total <= MOST_COLUMNS:
        return 0
    if total > 2 * MOST_COLUMNS + 1:
        return None
    places = []
    for place in range(1, len(words)):
        first, second = columns(_text(words[:place])), columns(_text(words[place:]))
        if first <= MOST_COLUMNS and second <= MOST_COLUMNS:
            places.append((abs(first - second) - _CUT_COST * words[place - 1].ends_clause, place))
    return min(places)[1] if places else None


def _lines(words: Sequence[_Word]) -> list[str]:
    place = _break(words)
    if place is None:  # one word is longer than a line
        return [_text(words)]
    return [_text(words[:place]), _text(words[place:])] if place else [_text(words)]


def _parts(words: list[_Word]) -> list[list[_Word]]:
    """Cuts what two lines do not hold: where a clause or a pause ends, and else in the middle."""
    if len(words) < 2 or _fits(words):
        return [words] if words else []
    until = list(accumulate(columns(word.text) for word in words))
    total = until[-1]

    def cost(place: int) -> float:
        first = until[place - 1]
        pause = min(1.0, max(0.0, words[place].start - words[place - 1].end))
        shorter = min(words[place - 1].end - words[0].start, words[-1].end - words[place].start)
        too_short = 2 * MOST_COLUMNS if shorter < LEAST_SECONDS else 0
        return abs(2 * first - total) - 4 * _CUT_COST * (words[place - 1].ends_clause + pause) + too_short

    place = min(range(1, len(words)), key=cost)
    return [*_parts(words[:place]), *_parts(words[place:])]


def _without_short_ones(cues: list[list[_Word]]) -> list[list[_Word]]:
    """Joins a cue that would be on the screen for less than a second to a neighbour, if both are said together."""
    joined: list[list[_Word]] = []
    for place, cue in enumerate(cues):
        then = cues[place + 1][0].start if place + 1 < len(cues) else None
        before = joined[-1] if joined else None
        if before is not None and _may_join(before, cue) and (_is_short(before, cue[0].start) or _is_short(cue, then)):
            joined[-1] = [*before, *_after(before, cue)]
        else:
            joined.append(cue)
    return joined


def _after(before: list[_Word], cue: list[_Word]) -> list[_Word]:
    """Returns the words of a cue that follows: with a space, if the words have any between them."""
    first = cue[0]
    spaced = any(" " in word.text for word in (*before, *cue))
    if spaced and not first.text[:1].isspace():
        return [_Word(f" {first.text}", first.start, first.end), *cue[1:]]
    return cue


def _may_join(before: list[_Word], cue: list[_Word]) -> bool:
    near = cue[0].start - before[-1].end <= NEAR_SECONDS
    return near and cue[-1].end - before[0].start <= MOST_SECONDS and _fits([*before, *_after(before, cue)])


def _is_short(cue: list[_Word], then: float | None) -> bool:
    return _end(cue, then) - cue[0].start < LEAST_SECONDS


def _end(cue: list[_Word], then: float | None) -> float:
    """Returns when a cue goes: after a second at least, unless the next one comes before."""
    wanted = max(cue[-1].end, cue[0].start + LEAST_SECONDS)
    return wanted if then is None else max(cue[-1].end, min(wanted, then))
