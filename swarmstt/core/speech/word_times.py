"""Word times that are plausible: alignment hands a pause to the word beside it, the speech detector knows better."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from swarmstt.core.speech.quality import LONGEST_WORD_SECONDS, Stretch
from swarmstt.core.transcript import Word

SHORT_PAUSE_SECONDS = 0.2
"""A shorter silence may be inside a word; a longer one is between words."""


def fit_to_speech(words: Sequence[Word], speech: Sequence[Stretch]) -> tuple[Word, ...]:
    """The words with the silence before and after each taken off, and none longer than 2 s."""
    islands = _islands(speech)
    return tuple(_fit(word, islands) for word in words)


def _fit(word: Word, islands: Sequence[Stretch]) -> Word:
    best, most = (word.start, word.end), 0.0
    for since, until in islands:
        overlap = min(until, word.end) - max(since, word.start)
        if overlap > most:
            best, most = (max(since, word.start), min(until, word.end)), overlap
    start, end = best
    return replace(word, start=start, end=min(end, start + LONGEST_WORD_SECONDS))


def _islands(speech: Sequence[Stretch]) -> list[Stretch]:
    """Stretches of speech, those with a short pause between them joined."""
    islands: list[Stretch] = []
    for since, until in speech:
        if islands and since - islands[-1][1] < SHORT_PAUSE_SECONDS:
            islands[-1] = (islands[-1][0], until)
        else:
            islands.append((since, until))
    return islands
