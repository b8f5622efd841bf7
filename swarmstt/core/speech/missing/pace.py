"""How fast somebody speaks, and where more is spoken than the words there can fill.

Whisper now and then skips a phrase, and alignment gives its time to the words beside it: none of them need be long by
itself, but together they take more time than this speaker takes for so many letters.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from statistics import median

from swarmstt.core.speech.quality import PHRASE_ENDS, Stretch
from swarmstt.core.speech.repetition import bare
from swarmstt.core.speech.scripts import is_spaceless
from swarmstt.core.transcript import Word

_WORD_UNITS = 1.7
"""A word takes as long as its letters and 1.7 more: least squares over six English readers."""
_PHRASE_END_UNITS = 2.0
"""A word before a comma or full stop is drawn out."""
_DIGIT_UNITS = 5.0
_INITIAL_UNITS = 2.5
"""A letter of what is spelled out or short for a longer word: "MSS.", "Mr."."""
_SHORTENED = {"etc": 9.0, "mss": 11.0}
_DOT_UNITS = 4.0
"""The dot of an address is spoken: "LibriVox.org", or ".org" if that is a word of its own."""
_DOT = re.compile(r"(?:^|(?<=[^\W\d_]{2}))\.(?=[^\W\d_]{2})")
_VOWELS = frozenset("aeiouy")
_SPACELESS_UNITS = 3.0

_GROUP_WORDS = 6
"""The pace is the median of groups of so many words: skipped phrases are in few of them."""
_LEAST_WORDS = 14
_USUAL_PACE_SECONDS = 0.045
"""A letter of a usual speaker; fewer words are too few to know better."""
_FASTEST_PACE_SECONDS = 0.02
_USUAL_NUCLEI = 0.21
_LEAST_NUCLEI = 0.05

MOST_WORDS = 4
"""Alignment gives the time of a skipped phrase to so many words at most."""


_NUCLEI_WEIGHT = 0.4
"""Of two measures of what is spoken, seconds and syllables: together they tell words that are drawn out from words
that are lacking."""
_BESIDE_SPEECH_SECONDS = 0.4
"""Soft beginnings and ends do not count as speech. Further away, what sounds like syllables is music or noise."""
_BORDER_WEIGHT = 1.2
"""Phrases are skipped at the borders of windows most, so less is enough there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """What is known of a chunk's sound without its words, in seconds: its speech, its syllables (none if nobody looked
    for them), and the windows in which it was read."""

    speech: tuple[Stretch, ...]
    nuclei: tuple[float, ...] = ()
    windows: tuple[Stretch, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unaccounted:
    """A stretch with more speech than its words can fill: `seconds` more, at the pace of their speaker. `score`: how
    unusual that is: the seconds, for one word of a usual speaker. Several words vary more, and a slow speaker's."""

    start: float
    end: float
    seconds: float
    score: float


@dataclass(slots=True)
class _Piece:
    """A word and the speech beside it that no word has."""

    start: float
    end: float
    speech: float
    units: float
    nuclei: int = 0
    at_border: bool = False


class SpeechClock:
    """Counts seconds of speech between two times of a long recording, without going through all of it each time."""

    def __init__(self, speech: Sequence[Stretch]) -> None:
        self._starts = [start for start, _ in speech]
        self._ends = [end for _, end in speech]
        self._before = [0.0, *accumulate(end - start for start, end in speech)]

    def within(self, start: float, end: float) -> float:
        """Seconds of speech between two times; 0 if they do not ascend."""
        return max(0.0, self._until(end) - self._until(start))

    def _until(self, time: float) -> float:
        begun = bisect_right(self._starts, time)
        return self._before[begun] - (max(0.0, self._ends[begun - 1] - time) if begun else 0.0)


def units(text: str) -> float:
    """How long a text takes to say, in letters; nothing if there is nothing to say."""
    letters = [letter for letter in text if letter.isalpha()]
    spelled = len(letters) > 1 and not _VOWELS.intersection(unicodedata.normalize("NFKD", text.casefold()))
    said = _SHORTENED.get(bare(text)) or sum(_letter_units(letter, spelled) for letter in text)
    said += _DOT_UNITS * len(_DOT.findall(text))
    ends = _PHRASE_END_UNITS if text.rstrip().endswith(PHRASE_ENDS) else 0.0
    return said + _WORD_UNITS + ends if said else 0.0


def unaccounted(words: Sequence[Word], sound: Sound, least_score: float) -> list[Unaccounted]:
    """The stretches that score at least so much, the worst of those that overlap, in their order. `words` have the
    times that alignment gave them."""
    pieces = _pieces(words, sound)
    pace = _median_ratio([piece.speech for piece in pieces], pieces, _USUAL_PACE_SECONDS)
    excesses = [0.0, *accumulate(_excesses(pieces, pace, bool(sound.nuclei)))]
    weight = (_USUAL_PACE_SECONDS / max(pace, _FASTEST_PACE_SECONDS)) ** 0.5
    found: list[Unaccounted] = []
    for count in range(1, MOST_WORDS + 1):
        for first in range(len(pieces) - count + 1):
            seconds = excesses[first + count] - excesses[first]
            start, end = pieces[first], pieces[first + count - 1]
            border = _BORDER_WEIGHT if start.at_border or end.at_border else 1.0
            if (score := seconds * weight * border / count**0.5) >= least_score:
                found.append(Unaccounted(start=start.start, end=end.end, seconds=seconds, score=score))
    kept: list[Unaccounted] = []
    for each in sorted(found, key=lambda each: (-each.score, each.start, each.end)):
        if all(each.end <= other.start or each.start >= other.end for other in kept):
            kept.append(each)
    return sorted(kept, key=lambda each: each.start)


def _letter_units(letter: str, spelled: bool) -> float:
    if letter.isdigit():
        return _DIGIT_UNITS
    if not letter.isalpha():
        return 0.0
    if is_spaceless(letter):
        return _SPACELESS_UNITS
    return _INITIAL_UNITS if spelled and letter.isascii() else 1.0


def _pieces(words: Sequence[Word], sound: Sound) -> list[_Piece]:
    """The words, and all speech with them; a piece without a word if there are none."""
    clock = SpeechClock(sound.speech)
    last = sound.speech[-1][1] if sound.speech else 0.0
    pieces: list[_Piece] = []
    between: list[float] = []
    until = 0.0
    for word in words:
        start = max(until, word.start)
        end = max(start, word.end)
        between.append(clock.within(until, start))
        pieces.append(_Piece(start, end, clock.within(start, end), units(word.text)))
        until = end
    if not pieces and last:
        pieces.append(_Piece(0.0, last, 0.0, 0.0))
        between.append(clock.within(0.0, last))
    spoken = [piece.speech + more for piece, more in zip(pieces, between, strict=True)]
    _give_away(between, pieces, _median_ratio(spoken, pieces, _USUAL_PACE_SECONDS))
    if words and (after := clock.within(until, last)) > 0:
        pieces[-1].speech += after
        pieces[-1].end = last
    nuclei = _spoken(sound)
    for piece in pieces:
        piece.nuclei = bisect_left(nuclei, piece.end) - bisect_left(nuclei, piece.start)
    _find_borders(pieces, words, sound.windows)
    return pieces


def _spoken(sound: Sound) -> list[float]:
    """The syllables in speech or right beside it."""
    ends = [end + _BESIDE_SPEECH_SECONDS for _, end in sound.speech]
    near = ((time, bisect_left(ends, time)) for time in sound.nuclei)
    return [time for time, at in near if at < len(ends) and sound.speech[at][0] - _BESIDE_SPEECH_SECONDS <= time]


def _give_away(between: Sequence[float], pieces: Sequence[_Piece], pace: float) -> None:
    """What is spoken between two words belongs to the one that has the less of what it needs: alignment is no finer."""
    lacks = [pace * piece.units - piece.speech for piece in pieces]
    starts = [0.0, *(piece.end for piece in pieces)]
    for at, seconds in enumerate(between):
        if seconds > 0 and at and lacks[at - 1] >= lacks[at]:
            pieces[at - 1].speech += seconds
            pieces[at - 1].end = pieces[at].start
        elif seconds > 0:
            pieces[at].speech += seconds
            pieces[at].start = starts[at]


def _find_borders(pieces: Sequence[_Piece], words: Sequence[Word], windows: Sequence[Stretch]) -> None:
    middles = [(word.start + word.end) / 2 for word in words]
    for start, end in windows:
        inside = [piece for piece, middle in zip(pieces, middles, strict=False) if start <= middle <= end]
        for piece in (inside[0], inside[-1]) if inside else ():
            piece.at_border = True


def _excesses(pieces: Sequence[_Piece], pace: float, with_nuclei: bool) -> list[float]:
    """How many seconds more is spoken in each than its word takes; fewer are below nothing."""
    by_time = [piece.speech - pace * piece.units for piece in pieces]
    if not with_nuclei:
        return by_time
    rate = max(_median_ratio([piece.nuclei for piece in pieces], pieces, _USUAL_NUCLEI), _LEAST_NUCLEI)
    by_nuclei = [pace * (piece.nuclei / rate - piece.units) for piece in pieces]
    return [
        (1 - _NUCLEI_WEIGHT) * time + _NUCLEI_WEIGHT * nuclei for time, nuclei in zip(by_time, by_nuclei, strict=True)
    ]


def _median_ratio(amounts: Sequence[float], pieces: Sequence[_Piece], usual: float) -> float:
    """How much of something a letter takes."""
    if len(pieces) < _LEAST_WORDS:
        return usual
    total = [0.0, *accumulate(amounts)]
    said = [0.0, *accumulate(piece.units for piece in pieces)]
    ratios = [
        (total[end] - total[end - _GROUP_WORDS]) / (said[end] - said[end - _GROUP_WORDS])
        for end in range(_GROUP_WORDS, len(total))
        if said[end] > said[end - _GROUP_WORDS]
    ]
    return median(ratios) if ratios else usual
