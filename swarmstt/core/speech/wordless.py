"""Speech for which no words were found, after all looks."""

from __future__ import annotations

from collections.abc import Sequence

from swarmstt.core.speech.missing.pace import MOST_WORDS, Sound, unaccounted
from swarmstt.core.speech.quality import Stretch, speech_within
from swarmstt.core.transcript import Word, Wordless

LEAST_WORDLESS_SECONDS = 2.5
"""So much speech beyond what a slow reader's words can fill makes a gap."""

LEAST_SKIPPED_SECONDS = 1.5
"""So much beyond what the words take at the pace of their own speaker makes a gap, too: untouched readings of twenty
readers had 0.9 s at most."""
_LEAST_SKIPPED_SCORE = LEAST_SKIPPED_SECONDS / MOST_WORDS**0.5 / 2  # a slow speaker's, in so many words

_LEAST_EXCESS_SECONDS = 0.5
_SHORTEST_WORD_SECONDS = 0.3
_LETTER_SECONDS = 0.12
"""A slow reader's. Alignment gives lost speech to the words beside it, so a word that is far longer has more in it."""


def gaps_left(words: Sequence[Word], sound: Sound) -> tuple[Wordless, ...]:
    """The stretches to tell of: too long for any reader's words, or for these words at their own speaker's pace."""
    found = list(wordless(words, sound.speech))
    for place in unaccounted(words, sound, _LEAST_SKIPPED_SCORE):
        if place.seconds >= LEAST_SKIPPED_SECONDS:
            found += _stretch(place.start, place.end, sound.speech)
    return _joined(found)


def wordless(
    words: Sequence[Word], speech: Sequence[Stretch], least_seconds: float = LEAST_WORDLESS_SECONDS
) -> tuple[Wordless, ...]:
    """The stretches in which so much speech lacks words; `words` have the times that alignment gave them."""
    found: list[Wordless] = []
    begun, until, excess = 0.0, 0.0, 0.0
    for start, end, sayable in _pieces(words):
        more = speech_within(start, end, speech) - sayable
        if more >= _LEAST_EXCESS_SECONDS:
            begun = begun if excess else start
            until, excess = end, excess + more
        elif end > start:
            found += _stretch(begun, until, speech) if excess >= least_seconds else []
            excess = 0.0
    return (*found, *(_stretch(begun, until, speech) if excess >= least_seconds else []))


def lacking_seconds(words: Sequence[Word], speech: Sequence[Stretch]) -> float:
    """Seconds of speech beyond what its words can fill."""
    excesses = (speech_within(start, end, speech) - sayable for start, end, sayable in _pieces(words))
    return sum(excess for excess in excesses if excess >= _LEAST_EXCESS_SECONDS)


def sayable_seconds(word: Word) -> float:
    """How long a slow reader may take for a word."""
    return _SHORTEST_WORD_SECONDS + _LETTER_SECONDS * sum(letter.isalnum() for letter in word.text)


def _pieces(words: Sequence[Word]) -> list[tuple[float, float, float]]:
    """What lies between words, and the words: start, end, and how much speech that may take."""
    pieces: list[tuple[float, float, float]] = []
    heard_until = 0.0
    for word in words:
        if word.start > heard_until:
            pieces.append((heard_until, word.start, 0.0))
        pieces.append((word.start, word.end, sayable_seconds(word)))
        heard_until = max(heard_until, word.end)
    return [*pieces, (heard_until, float("inf"), 0.0)]


def _joined(stretches: Sequence[Wordless]) -> tuple[Wordless, ...]:
    """Those that overlap as one, in their order."""
    joined: list[Wordless] = []
    for each in sorted(stretches, key=lambda each: (each.start, each.end)):
        if joined and each.start < joined[-1].end:
            joined[-1] = Wordless(start=joined[-1].start, end=max(joined[-1].end, each.end))
        else:
            joined.append(each)
    return tuple(joined)


def _stretch(start: float, end: float, speech: Sequence[Stretch]) -> list[Wordless]:
    """From the first to the last of the speech between two times."""
    inside = [(max(start, since), min(end, until)) for since, until in speech if since < end and until > start]
    return [Wordless(start=round(inside[0][0], 3), end=round(inside[-1][1], 3))]
