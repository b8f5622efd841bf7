"""As many turns of a phrase as the sound has: Whisper writes three of seventeen, or loops on to forty."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise

from swarmstt.core.speech.echoes import Echo, said_again, said_on, turns_heard
from swarmstt.core.speech.repetition import RHETORICAL_TURNS, Repeat, bare, repeats
from swarmstt.core.transcript import Word

_MOST_SURPLUS = 0.65
_LEAST_LACK = 0.5
_LEAST_LACK_IF_CUT = 1.0
_COUNTED_TO_PART = 0.01
"""The text is corrected if it has so many turns more or fewer than the sound, and this part of the sound's turns."""

_MOST_ROUNDED_DOWN = 0.3
"""Rather a turn too many than one too few: alignment may have hidden a part of the run under the words beside it."""

_MOST_MISCOUNTED = 0.75

_NOTHING_SECONDS = 0.001


def as_heard(words: Sequence[Word], echoes: Sequence[Echo]) -> tuple[Word, ...]:
    """The words with as many turns of each phrase that repeats as the sound has, each where it is said."""
    said: list[Word] = []
    at = 0
    for repeat in repeats(words, RHETORICAL_TURNS):
        room = repeat.room(words)
        turns = _turns_wanted(words, repeat, turns_heard(*room, echoes))
        if turns is not None:
            run = _spread(words, repeat, turns, said_again(*room, echoes), room)
            said += [*words[at : repeat.start], *run]
            at = repeat.end
            while at < len(words) and not bare(words[at].text):
                at += 1  # a dash, of the turn that was cut off
    return (*said, *words[at:])


def agrees(words: Sequence[Word], echoes: Sequence[Echo]) -> bool:
    """Whether the sound can count each phrase that repeats, and counts as many turns as there are."""
    for repeat in repeats(words, RHETORICAL_TURNS):
        heard = turns_heard(*repeat.room(words), echoes)
        if heard is None or _turns_wanted(words, repeat, heard) is not None:
            return False
    return True


def miscounted(words: Sequence[Word], echoes: Sequence[Echo]) -> bool:
    """Whether a phrase is said more or less often than it is written, since it is also written in another way: three
    times “row, row your boat”, then once “row, row, row your boat” over two turns."""
    for repeat in repeats(words, RHETORICAL_TURNS):
        start, end = said_on(*repeat.room(words), echoes)
        heard = _heard_of(words, repeat, turns_heard(start, end, echoes))
        inside = (word for word in words if start <= (word.start + word.end) / 2 <= end)
        written = sum(1 for word in inside if bare(word.text)) / repeat.size
        if heard is not None and abs(heard - written) > _MOST_MISCOUNTED + _COUNTED_TO_PART * heard:
            return True
    return False


def _turns_wanted(words: Sequence[Word], repeat: Repeat, turns: float | None) -> int | None:
    """How many turns the text should have; None if it has them, or if the sound cannot tell."""
    heard = _heard_of(words, repeat, turns)
    if heard is None:
        return None
    written = (repeat.end - repeat.start) / repeat.size
    if written - heard > _MOST_SURPLUS:
        return math.ceil(heard - _MOST_ROUNDED_DOWN)
    # What goes on after a turn that is cut short may be the rest of it, written in another way.
    cut_short = _cut_short(words, repeat)
    least = _LEAST_LACK_IF_CUT if cut_short else _LEAST_LACK + _COUNTED_TO_PART * heard
    return round(heard) if heard - written >= least else None


def _cut_short(words: Sequence[Word], repeat: Repeat) -> int:
    """How many words the last turn has, if what is said next cuts it short; 0 if Whisper itself stopped there."""
    return (repeat.end - repeat.start) % repeat.size if repeat.end < len(words) else 0


def _heard_of(words: Sequence[Word], repeat: Repeat, turns: float | None) -> float | None:
    """How many times the phrase is heard, if there are so many turns in the sound; None if that cannot be told."""
    phrase = [bare(word.text) for word in words[repeat.start : repeat.start + repeat.size]]
    inner = sum(first == second for first, second in pairwise([*phrase, phrase[0]])) if len(phrase) > 1 else 0
    if turns is None or inner * 3 >= len(phrase) > 1:  # of “no, no, yes” each “no” sounds like a turn
        return None
    return turns / _times_within("".join(phrase))


def _times_within(phrase: str) -> int:
    """How often a phrase says one thing: “haha” says “ha” twice, so each of its turns is two of the sound's."""
    return len(phrase) // (phrase + phrase).index(phrase, 1) if phrase else 1


def _spread(
    words: Sequence[Word], repeat: Repeat, turns: int, echoes: Sequence[Echo], room: tuple[float, float]
) -> Iterator[Word]:
    """So many turns of a phrase, the last of them cut short if it was, over the speech that repeats."""
    pieces = [(max(echo.start, room[0]), min(echo.end, room[1])) for echo in echoes]
    whole = [turn for turn in repeat.turns if turn[1] - turn[0] == repeat.size]
    cut_short = _cut_short(words, repeat)
    said = [whole[0], *[whole[1]] * (turns - 2), *[whole[-1]] * (turns > 1)]
    if cut_short:
        said[max(1, len(said) - (2 * cut_short >= repeat.size)) :] = [(repeat.end - cut_short, repeat.end)]
    run = [word for first, end in said for word in words[first:end]]
    lengths = list(accumulate((1 + len(bare(word.text)) for word in run), initial=0))
    total = sum(end - start for start, end in pieces)
    places = [length / lengths[-1] * total for length in lengths]
    for word, (since, until) in zip(run, pairwise(places), strict=True):
        yield replace(word, start=_begins(since, pieces), end=_ends(until, pieces))


def _begins(spoken: float, pieces: Sequence[tuple[float, float]]) -> float:
    """Where speech goes on after so many seconds of it."""
    for start, end in pieces:
        if spoken < end - start - _NOTHING_SECONDS:
            return start + max(0.0, spoken)
        spoken -= end - start
    return pieces[-1][1]


def _ends(spoken: float, pieces: Sequence[tuple[float, float]]) -> float:
    """Where so many seconds of speech are over."""
    for start, end in pieces:
        if spoken <= end - start + _NOTHING_SECONDS:
            return min(end, start + spoken)
        spoken -= end - start
    return pieces[-1][1]
