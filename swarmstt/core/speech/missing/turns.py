"""Turns of what is said over and over that have no words: an utterance says what stands beside it already, and has the
speech of one turn more.

Alignment may put two turns of a text into the speech of one. So the turns that are written must each have a turn's
speech, and all of them, and the utterance's, must have room beside one another.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from swarmstt.core.speech.quality import Stretch, speech_within
from swarmstt.core.speech.repetition import bare
from swarmstt.core.transcript import Word

_LEAST_OF_A_TURN = 0.6
"""Of a turn's speech, so much must lie in the times of each turn that is written: of two in one each has half."""

_LEAST_ROOM = 0.5
"""Of the last of all turns, so much must have room: the words beside them may have taken the rest."""


def with_turns_more(
    words: Sequence[Word], said: Sequence[Word], utterance: Sequence[Stretch], speech: Sequence[Stretch]
) -> tuple[Word, ...] | None:
    """The words with the turns that were heard in an utterance, if these are also said right beside it, and there is
    speech for all; else None."""
    if not said:
        return None
    phrase = _phrase_of([bare(word.text) for word in said])
    first, until = _run_beside(words, utterance, phrase)
    start, end = utterance[0][0], utterance[-1][1]
    turns = [words[at : at + len(phrase)] for at in range(first, until, len(phrase))]
    before = [turn for turn in turns if _middle(turn) < start]
    after = [turn for turn in turns if _middle(turn) > end]
    turn_count = len(said) / len(phrase)
    if not before + after or turn_count <= len(turns) - len(before + after):
        return None
    turn_seconds = speech_within(start, end, utterance) / turn_count
    room = (
        min(start, words[first - 1].end if first else 0.0),
        max(end, words[until].start if until < len(words) else math.inf),
    )
    needed = (len(before + after) + turn_count - 1 + _LEAST_ROOM) * turn_seconds
    crammed = any(
        speech_within(turn[0].start, turn[-1].end, speech) < _LEAST_OF_A_TURN * turn_seconds for turn in before + after
    )
    if crammed or speech_within(*room, speech) < needed:
        return None
    earlier = [*words[:first], *(word for turn in before for word in turn)]
    later = [*(word for turn in after for word in turn), *words[until:]]
    return (*(_ending(word, start) for word in earlier), *said, *(_beginning(word, end) for word in later))


def _phrase_of(said: list[str]) -> list[str]:
    """What is said once, or over and over."""
    sizes = (size for size in range(1, len(said)) if said[size:] == said[:-size] and len(said) % size == 0)
    return said[: next(sizes, len(said))]


def _run_beside(words: Sequence[Word], utterance: Sequence[Stretch], phrase: list[str]) -> tuple[int, int]:
    """From where to where turns of a phrase are written one behind the other, before, in and behind an utterance."""
    heard = [bare(word.text) for word in words]
    size = len(phrase)
    place = sum(word.start < utterance[-1][1] for word in words)
    for first in range(place, -1, -1):
        if place - first > size and words[first].end < utterance[0][0]:
            break
        begin = end = first
        while begin >= size and heard[begin - size : begin] == phrase:
            begin -= size
        while heard[end : end + size] == phrase:
            end += size
        if end > begin:
            return begin, end
    return place, place


def _middle(turn: Sequence[Word]) -> float:
    return (turn[0].start + turn[-1].end) / 2


def _ending(word: Word, most: float) -> Word:
    return replace(word, start=min(word.start, most), end=min(word.end, most))


def _beginning(word: Word, least: float) -> Word:
    return replace(word, start=max(word.start, least), end=max(word.end, least))
