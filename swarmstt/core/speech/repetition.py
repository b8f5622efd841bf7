"""Words that repeat: whether the sound carries each turn, or Whisper loops.

Text cannot tell. Sound can: what is said again resembles itself (`speech/decoding/echoes.py` measures it), what Whisper
loops over does not. Pure decisions on values; all times are seconds of one clock.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, groupby

from swarmstt.core.speech.echoes import (
    LEAST_CARRIED,
    SURE_DIFFERENCE,
    Echo,
    carried_part,
    spoken_seconds,
    turns_heard,
)
from swarmstt.core.transcript import Word

MOST_COMPRESSION = 2.4
"""Whisper's own mark of a loop: text that zlib makes this many times smaller."""

MOST_REPEATS = 4
"""A phrase said this often in a row is rhetoric; once more, and it is asked whether the sound repeats."""

RHETORICAL_TURNS = 2
"""A phrase said more often than this in a row is counted in the sound: Whisper counts badly."""

LONGEST_PHRASE_WORDS = 40
"""Of Japanese and Chinese, each letter or two is a word."""

LEAST_WORD_SECONDS = 0.06
"""Nobody says a word faster."""

_MOST_BY_CHANCE = 2
"""So many turns in a row may be like others, or unlike them, by chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """A phrase of `size` words that is said over and over, from one word up to another."""

    start: int
    end: int
    size: int

    @property
    def turns(self) -> list[tuple[int, int]]:
        """The words of each turn, the last of which may be cut short."""
        return [(at, min(at + self.size, self.end)) for at in range(self.start, self.end, self.size)]

    def room(self, words: Sequence[Word]) -> tuple[float, float]:
        """From the word before the turns to the word after them: all of them are said in between."""
        start = words[self.start - 1].end if self.start else 0.0
        return start, words[self.end].start if self.end < len(words) else math.inf


def repeats(words: Sequence[Word], most: int = MOST_REPEATS) -> list[Repeat]:
    """Phrases repeated more often than `most`, in their order."""
    said = [bare(word.text) for word in words]
    found: list[Repeat] = []
    at = 0
    while at < len(said):
        longest = max((_repeat_at(said, at, size, most) for size in range(1, LONGEST_PHRASE_WORDS + 1)), key=_rank)
        if longest.end > at:
            found.append(longest)
        at = max(at + 1, longest.end)
    return found


def repeats_itself(words: Sequence[Word]) -> bool:
    """Whether the sound should be asked about this text."""
    return bool(repeats(words, RHETORICAL_TURNS)) or compression_ratio(_text(words)) > MOST_COMPRESSION


def loop(words: Sequence[Word], echoes: Sequence[Echo]) -> tuple[str, float] | None:
    """Why these words are a loop, and up to where they can be trusted; None if the sound repeats as they do."""
    found = repeats(words)
    for repeat in found:
        kept = kept_turns(words, repeat, echoes)
        if not all(kept):
            return "a phrase repeats", words[repeat.turns[kept.index(False)][0] - 1].end
    once = _said_once(words, found)
    ratio = compression_ratio(_text(once))
    if ratio > MOST_COMPRESSION and carried_part(once[0].start, once[-1].end, echoes) < LEAST_CARRIED:
        return f"compression ratio {ratio:.1f}", 0.0
    return None


def without_loops(words: tuple[Word, ...], echoes: Sequence[Echo]) -> tuple[Word, ...]:
    """The words without the turns that the sound does not carry. The first turn of each phrase stays."""
    while True:
        kept_of = ((repeat, kept_turns(words, repeat, echoes)) for repeat in repeats(words))
        repeat, kept = next(((repeat, kept) for repeat, kept in kept_of if not all(kept)), (None, []))
        if repeat is None:
            return words
        stay = [words[start:end] for (start, end), stays in zip(repeat.turns, kept, strict=True) if stays]
        words = (*words[: repeat.start], *chain.from_iterable(stay), *words[repeat.end :])


def kept_turns(words: Sequence[Word], repeat: Repeat, echoes: Sequence[Echo]) -> list[bool]:
    """Which turns of a phrase the sound carries; the first one counts as carried."""
    spans = [(words[first].start, words[end - 1].end) for first, end in repeat.turns]
    start, end = spans[0][0], spans[-1][1]
    if turns_heard(*repeat.room(words), echoes) is not None:
        return [True] * len(spans)  # `turns.py` has counted them
    carried = [carried_part(*span, echoes) >= LEAST_CARRIED for span in spans]
    if carried_part(start, end, echoes) < LEAST_CARRIED:
        sure = [carried_part(*span, echoes, SURE_DIFFERENCE) >= LEAST_CARRIED for span in spans]
        return [True, *_in_streaks(sure)[1:]]
    spoken = [spoken_seconds(*span, echoes) for span in spans]
    # Alignment may put a turn or two beside where they are said.
    unlike = _in_streaks([seconds > 0 and not fits for fits, seconds in zip(carried, spoken, strict=True)])
    timeless = _in_streaks([end <= start for start, end in spans])
    lost = [either or other for either, other in zip(unlike, timeless, strict=True)]
    sayable = math.ceil(spoken_seconds(start, end, echoes) / (LEAST_WORD_SECONDS * repeat.size))
    order = sorted(range(1, len(lost)), key=lambda turn: (lost[turn], -spoken[turn], turn))
    stay = {0, *order[:sayable]}
    return [turn in stay and not lost[turn] for turn in range(len(lost))]


def compression_ratio(text: str) -> float:
    """How many times smaller zlib makes the text."""
    data = text.encode()
    return len(data) / len(zlib.compress(data)) if data else 0.0


def _in_streaks(turns: list[bool]) -> list[bool]:
    """Those of the turns that are true which have more such beside them than chance has."""
    found: list[bool] = []
    for true, streak in groupby(turns):
        count = len(list(streak))
        found += [true and count > _MOST_BY_CHANCE] * count
    return found


def _said_once(words: Sequence[Word], found: Sequence[Repeat]) -> list[Word]:
    """The words with the first turn of each phrase only."""
    repeated = {index for repeat in found for index in range(repeat.start + repeat.size, repeat.end)}
    return [word for index, word in enumerate(words) if index not in repeated]


def _repeat_at(said: Sequence[str], start: int, size: int, most: int) -> Repeat:
    """The repeat of that size that begins there; empty if nothing repeats there."""
    end = start + size
    while end < len(said) and said[end] == said[end - size]:
        end += 1
    if end - start < size * (most + 1) or end > len(said) or not any(said[start : start + size]):
        end = start
    return Repeat(start=start, end=end, size=size)


def _rank(repeat: Repeat) -> tuple[int, int]:
    """The longest, of equals the one of the shortest phrase."""
    return repeat.end, -repeat.size


def _text(words: Sequence[Word]) -> str:
    return "".join(word.text for word in words).strip()


def bare(text: str) -> str:
    """The letters and digits of a text, without case."""
    return "".join(letter for letter in text.casefold() if letter.isalnum())
