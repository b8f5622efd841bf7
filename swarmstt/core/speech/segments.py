"""Words into segments: sentences, or clauses of a few seconds where a sentence is long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from swarmstt.core.speech.scripts import columns, is_spaceless, may_begin
from swarmstt.core.speech.sentences import sentence_ends
from swarmstt.core.transcript import Segment, Word

LONGEST_SECONDS = 8.0
"""A sentence longer than this is cut at its clauses: two lines of subtitle are read in 6 to 8 s."""

LONG_PAUSE_SECONDS = 1.5
"""Nobody pauses this long inside a clause."""

SHORTEST_SECONDS = 1.0
"""Cutting a long sentence leaves no part shorter than this if it can be helped."""

LINE_COLUMNS = 42
"""Text without spaces is cut into pieces that fit on a line: a writer of subtitles could not break it."""

_CLAUSE_MARKS = (",", ";", ":", "-", "–", "—", "、", "，", "；", "：", "،", "؛")
_CLOSING = "\"'”’»)]}」』"


@dataclass(frozen=True, slots=True)
class _Piece:
    """A word of a text, and what may happen before it."""

    word: Word
    ends_sentence: bool
    may_part: bool


def text_language(spoken: str, task: str) -> str:
    """Returns the language of the words that are written."""
    return "en" if task == "translate" else spoken


def segments_of(words: Sequence[Word], duration: float, language: str) -> tuple[Segment, ...]:
    """Segments of all these words in their order; all times ascend and lie in 0..duration. `language`: of the text."""
    pieces = _pieces(_in_order(words, duration), language)
    segments: list[Segment] = []
    for sentence in _split_at_ends(pieces):
        segments += [_segment(part) for part in _split_long(sentence)]
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


def _pieces(words: Sequence[Word], language: str) -> list[_Piece]:
    """Finds where the text may be parted. Where words have spaces, one without belongs to the word before: "3." and
    "5"."""
    text = "".join(word.text for word in words)
    ends = sentence_ends(text, language)
    spaced = sum(word.text.startswith(" ") for word in words) * 2 >= len(words)
    pieces = []
    for word, end in zip(words, accumulate(len(word.text) for word in words), strict=True):
        start = end - len(word.text)
        letters = start + len(word.text) - len(word.text.lstrip())
        here = {start, letters}
        may_part = word.text[:1].isspace() or (not spaced and may_begin(word.text))
        may_part = may_part and not here & ends.never
        pieces.append(_Piece(word, may_part and bool(here & ends.sentences), may_part))
    return pieces


def _split_at_ends(pieces: list[_Piece]) -> list[list[_Piece]]:
    """At the ends of sentences and at long pauses."""
    parts: list[list[_Piece]] = []
    for piece in pieces:
        paused = bool(parts) and piece.word.start - parts[-1][-1].word.end >= LONG_PAUSE_SECONDS
        if not parts or piece.ends_sentence or (paused and piece.may_part):
            parts.append([])
        parts[-1].append(piece)
    return parts


def _split_long(pieces: list[_Piece]) -> list[list[_Piece]]:
    """A sentence that is too long, cut where that hurts least, and its parts likewise."""
    if pieces[-1].word.end - pieces[0].word.start <= LONGEST_SECONDS and _fits(pieces):
        return [pieces]
    places = [place for place in range(1, len(pieces)) if pieces[place].may_part]
    if not places:
        return [pieces]
    best = max(places, key=lambda place: (_cut_worth(pieces, place), -place))
    return _split_long(pieces[:best]) + _split_long(pieces[best:])


def _fits(pieces: list[_Piece]) -> bool:
    text = _text(pieces)
    letters = sum(is_spaceless(letter) for letter in text)
    return letters * 2 < len(text) or columns(text) <= LINE_COLUMNS


def _cut_worth(pieces: list[_Piece], place: int) -> float:
    """A pause and a comma speak for a cut, unequal parts against it."""
    before, after = pieces[place - 1].word, pieces[place].word
    total = pieces[-1].word.end - pieces[0].word.start
    first, second = before.end - pieces[0].word.start, pieces[-1].word.end - after.start
    worth = min(after.start - before.end, 1.0) * 1.5 - abs(first - second) / total if total else -float(place)
    if before.text.rstrip().rstrip(_CLOSING).endswith(_CLAUSE_MARKS):
        worth += 1.0
    if min(first, second) < SHORTEST_SECONDS:
        worth -= 2.0
    return worth


def _text(pieces: list[_Piece]) -> str:
    return "".join(piece.word.text for piece in pieces).strip()


def _segment(pieces: list[_Piece]) -> Segment:
    words = tuple(piece.word for piece in pieces)
    return Segment(start=words[0].start, end=words[-1].end, text=_text(pieces), words=words)
