"""Words into segments: sentences, or clauses of a few seconds where a sentence is long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from swarmstt.core.transcript import Segment, Word

LONGEST_SECONDS = 8.0
"""A sentence longer than this is cut at its clauses: two lines of subtitle are read in 6 to 8 s."""

LONG_PAUSE_SECONDS = 1.5
"""Nobody pauses this long inside a clause."""

SHORTEST_SECONDS = 1.0
"""Cutting a long sentence leaves no part shorter than this if it can be helped."""

_SENTENCE_MARKS = (".", "!", "?", "…", "。", "！", "？", "।", "؟", "۔")
_CLAUSE_MARKS = (",", ";", ":", "-", "–", "—", "、", "，", "；", "：", "،", "؛")
_CLOSING = "\"'”’»)]}」』"
_TITLES = frozenset(
    ["mr", "mrs", "ms", "dr", "st", "prof", "rev", "hon", "capt", "col", "gen", "sr", "sra", "srta", "hr", "fr", "mme"]
)


def sentences(words: Sequence[Word], duration: float) -> tuple[Segment, ...]:
    """Segments of all these words in their order; all times ascend and lie in 0..duration."""
    tidy = _in_order(words, duration)
    spaced = sum(word.text.startswith(" ") for word in tidy) * 2 >= len(tidy)
    segments: list[Segment] = []
    for sentence in _split_at_ends(tidy, spaced):
        segments += [_segment(part) for part in _split_long(sentence, spaced)]
    return tuple(segment for segment in segments if segment.text)


def _in_order(words: Sequence[Word], duration: float) -> list[Word]:
    """The words with times that ascend, none before the end of the one before, all inside the chunk."""
    tidy: list[Word] = []
    earliest = 0.0
    for word in words:
        start = min(max(word.start, earliest), duration)
        end = min(max(word.end, start), duration)
        tidy.append(replace(word, start=start, end=end))
        earliest = end
    return tidy


def _split_at_ends(words: list[Word], spaced: bool) -> list[list[Word]]:
    """At the ends of sentences and at long pauses."""
    if not words:
        return []
    parts = [[words[0]]]
    for word, following in pairwise(words):
        paused = following.start - word.end >= LONG_PAUSE_SECONDS
        if _may_part(following, spaced) and (paused or _ends_sentence(word.text, following.text)):
            parts.append([])
        parts[-1].append(following)
    return parts


def _split_long(words: list[Word], spaced: bool) -> list[list[Word]]:
    """A sentence that is too long, cut where that hurts least, and its parts likewise."""
    if words[-1].end - words[0].start <= LONGEST_SECONDS:
        return [words]
    places = [place for place in range(1, len(words)) if _may_part(words[place], spaced)]
    if not places:
        return [words]
    best = max(places, key=lambda place: (_cut_worth(words, place), -place))
    return _split_long(words[:best], spaced) + _split_long(words[best:], spaced)


def _cut_worth(words: list[Word], place: int) -> float:
    """A pause and a comma speak for a cut, unequal parts against it."""
    before, after = words[place - 1], words[place]
    total = words[-1].end - words[0].start
    first, second = before.end - words[0].start, words[-1].end - after.start
    worth = min(after.start - before.end, 1.0) * 1.5 - abs(first - second) / total
    if before.text.rstrip(_CLOSING).endswith(_CLAUSE_MARKS):
        worth += 1.0
    if min(first, second) < SHORTEST_SECONDS:
        worth -= 2.0
    return worth


def _may_part(following: Word, spaced: bool) -> bool:
    """Where words have spaces, one without belongs to the word before: "3." and "5"."""
    return not spaced or following.text[:1].isspace()


def _ends_sentence(text: str, following: str) -> bool:
    bare = text.strip().rstrip(_CLOSING)
    if not bare.endswith(_SENTENCE_MARKS):
        return False
    if not bare.endswith((".", "…")):
        return True
    return not (_is_short_form(bare) or following.strip().lstrip("\"'“‘«([{¿¡")[:1].islower())


def _is_short_form(text: str) -> bool:
    """An initial, a title, or letters with full stops between them: J. Mr. z.B."""
    letters = text.rstrip(".…").lstrip("\"'“‘«([{")
    single = len(letters) == 1 and letters.isalpha() and letters.isascii() and letters != "I"
    return single or letters.casefold() in _TITLES or ("." in letters and letters.replace(".", "").isalpha())


def _segment(words: list[Word]) -> Segment:
    text = "".join(word.text for word in words).strip()
    return Segment(start=words[0].start, end=words[-1].end, text=text, words=tuple(words))
