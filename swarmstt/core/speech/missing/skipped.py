"""Phrases that a hypothesis skipped: where to look for them, and how what is found goes between the words.

A phrase counts as skipped if more is spoken than the words can fill at the pace of their speaker (`pace.py`). What is
spoken there is read again in other bounds, so that it lies in the midst of what is read.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from difflib import SequenceMatcher

from swarmstt.core.speech.missing.pace import Sound, SpeechClock, Unaccounted, unaccounted, units
from swarmstt.core.speech.quality import MOST_NO_SPEECH_PROBABILITY, Hypothesis, Stretch
from swarmstt.core.speech.repetition import bare, loop
from swarmstt.core.transcript import Word

LEAST_SCORE = 0.57
"""A stretch that scores more has lost words, or is spoken oddly: it is read again. Of 97 untouched windows (base, in
chunks of five, recordings in four languages) two did, and both had lost words indeed: "Freude, Freude" and "thou also,
thou also". Of 1,800 phrases of 2 to 15 words that were cut out of them 96.6 % did, in each set at least 95.3 %."""

AROUND_SECONDS = (4.0, 2.0, 7.0)
"""So much of what lies on each side is read with it: a little, then less, then more. What is said twice is written once
with more around it, now and then; with little around it Whisper heard both."""

_LONGEST_SECONDS = 28.0
"""Of speech; long pauses in it are left out."""
_EARLY_SECONDS = 2.0
_LEAST_LOG_PROBABILITY = -0.8
_SAME_RATIO = 0.9
_LEAST_MORE_UNITS = 3.0
"""What is found must take so much more to say than what was there: a short word more is often the same in other
letters."""


def skipped(words: Sequence[Word], sound: Sound) -> list[Unaccounted]:
    """The stretches of a chunk that are to be read again: those that can be read at once."""
    clock = SpeechClock(sound.speech)
    found = unaccounted(words, sound, LEAST_SCORE)
    return [place for place in found if clock.within(place.start, place.end) <= _LONGEST_SECONDS]


def bounds(place: Unaccounted, speech: Sequence[Stretch], around_seconds: float) -> tuple[Stretch, ...]:
    """The speech to read again for a place: it begins and ends in pauses, if they are near."""
    room = max(0.0, (_LONGEST_SECONDS - SpeechClock(speech).within(place.start, place.end)) / 2)
    reach = min(around_seconds, room)
    start = _pause_before(place.start - reach, speech, _EARLY_SECONDS if reach < room else 0.0)
    end = _pause_after(place.end + reach, speech, _EARLY_SECONDS if reach < room else 0.0)
    clipped = ((max(start, since), min(end, until)) for since, until in speech)
    return tuple((since, until) for since, until in clipped if until > since)


def mended(
    words: Sequence[Word], place: Unaccounted, again: Hypothesis, read: Sequence[Stretch], sound: Sound
) -> Sequence[Word] | None:
    """The words of the chunk with what `again` has more at this place; None if it has nothing more that is to be
    believed. `read`: the speech that it is a hypothesis of."""
    if not again.words or again.no_speech_probability > MOST_NO_SPEECH_PROBABILITY:
        return None
    if again.average_log_probability < _LEAST_LOG_PROBABILITY or loop(again.words, ()) is not None:
        return None
    first, last = _between(words, read[0][0], read[-1][1])
    old = words[first:last]
    before, after = _anchors(old, again.words, place)
    if before is None or after is None:
        return None
    lost, gained = old[before[0] + 1 : after[0]], again.words[before[1] + 1 : after[1]]
    if sum(units(word.text) for word in gained) < sum(units(word.text) for word in lost) + _LEAST_MORE_UNITS:
        return None
    kept = (*words[: first + before[0] + 1], *gained, *words[first + after[0] :])
    return kept if _accounts_for(kept, place, sound) else None


def is_confirmed(words: Sequence[Word], again: Hypothesis, read: Sequence[Stretch]) -> bool:
    """Says if both hypotheses have the same words, nearly: then they are spoken oddly, and none is lacking."""
    first, last = _between(words, read[0][0], read[-1][1])
    old = [bare(word.text) for word in words[first:last]]
    new = [bare(word.text) for word in again.words]
    return SequenceMatcher(None, old, new, autojunk=False).ratio() >= _SAME_RATIO


def _accounts_for(words: Sequence[Word], place: Unaccounted, sound: Sound) -> bool:
    """Says if less is left unaccounted for than before."""
    left = (each for each in unaccounted(words, sound, LEAST_SCORE) if each.end > place.start)
    return all(each.start >= place.end or each.score < place.score for each in left)


def _between(words: Sequence[Word], start: float, end: float) -> tuple[int, int]:
    """Which words are of a stretch: from the first, up to the second."""
    inside = [at for at, word in enumerate(words) if start <= (word.start + word.end) / 2 <= end]
    return (inside[0], inside[-1] + 1) if inside else (0, 0)


def _anchors(
    old: Sequence[Word], new: Sequence[Word], place: Unaccounted
) -> tuple[tuple[int, int] | None, tuple[int, int] | None]:
    """The nearest words on both sides of a place that both hypotheses have; where both begin or end is one too."""
    matcher = SequenceMatcher(
        None, [bare(word.text) for word in old], [bare(word.text) for word in new], autojunk=False
    )
    pairs = [(block.a + at, block.b + at) for block in matcher.get_matching_blocks() for at in range(block.size)]
    before: tuple[int, int] | None = None
    after: tuple[int, int] | None = None
    for pair in pairs:
        if old[pair[0]].end <= place.start:
            before = pair
        elif old[pair[0]].start >= place.end and after is None:
            after = pair
    if before is not None:
        before = _before_repeats(before, new, {at for _, at in pairs})
    if before is None and _is_at_edge(old, place, first=True):
        before = (-1, -1)
    if after is None and _is_at_edge(old, place, first=False):
        after = (len(old), len(new))
    return before, after


def _before_repeats(pair: tuple[int, int], new: Sequence[Word], matched: Set[int]) -> tuple[int, int]:
    """The first of the same words said in a row, for the last of them: the others are what was lacking."""
    at = pair[1]
    while at - 1 in range(len(new)) and at - 1 not in matched and bare(new[at - 1].text) == bare(new[at].text):
        at -= 1
    return pair[0], at


def _is_at_edge(old: Sequence[Word], place: Unaccounted, *, first: bool) -> bool:
    """Says if nothing lies on that side of the place, so that all of a hypothesis on that side is of the place."""
    return not any(word.end <= place.start if first else word.start >= place.end for word in old)


def _pause_before(time: float, speech: Sequence[Stretch], reach: float) -> float:
    """The beginning of the speech that follows the last pause before a time, if that is within reach."""
    begins = [start for start, _ in speech if time - reach <= start <= time]
    return max(begins, default=time)


def _pause_after(time: float, speech: Sequence[Stretch], reach: float) -> float:
    ends = [end for _, end in speech if time <= end <= time + reach]
    return min(ends, default=time)
