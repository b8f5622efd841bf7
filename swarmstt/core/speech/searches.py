"""Which looks a window gets: one beam first, five where what one beam found is doubtful, and one more, with times,
where something is said over and over.

One beam takes half of the time of five, and most windows come out the same. All that is decided here follows from the
chunk alone: never from what else is decoded beside it.

What is said over and over Whisper reads in two ways, with times and without, and either may loop, stop early or pass
turns over. There the sound decides: a loop is worse than none, then counts how much speech has no words.
"""

from __future__ import annotations

from collections.abc import Sequence

from swarmstt.core.speech.echoes import Echo
from swarmstt.core.speech.quality import Hypothesis, Stretch, judge, without_loop
from swarmstt.core.speech.repetition import MOST_COMPRESSION, compression_ratio, loop, repeats_itself
from swarmstt.core.speech.turns import agrees, miscounted
from swarmstt.core.speech.wordless import lacking_seconds

QUICK_BEAMS = 1
THOROUGH_BEAMS = 5

SURE_LOG_PROBABILITY = -0.15
"""A window whose words are less likely than this on average is read again with five beams. Base, 102 windows of fifteen
recordings in four languages: 653 wrong words (645 with five beams everywhere, 673 with one); one clear reader of twenty
minutes 113 (107, 116). With -0.2 that reader's 117 were more than chance gives (matched pairs, p = 0.01; here 0.07)."""

QUICK_WINDOWS = 2
"""With one beam so many windows take the place of one with five, in memory, and still gain by each other."""

FIRST_WINDOWS = 4
"""So many windows of a chunk are read with one beam before it is decided how the others begin."""

_MOST_DOUBTFUL_SHARE = 0.4
"""One beam takes 0.6 of the time of five (base, eight windows together), so it pays while fewer windows than this are
read twice."""

_NOT_BELIEVED = ("invented", "foreign", "doubtful", "loop")
_EQUAL_SECONDS = 0.5
_MOST_LACKING = 0.5
"""Of the speech: what loops nowhere since it stops at once is no better."""


def is_doubtful(text: str, average_log_probability: float) -> bool:
    """Whether five beams should read again what one beam read, by the text alone."""
    return average_log_probability < SURE_LOG_PROBABILITY or compression_ratio(text) > MOST_COMPRESSION


def begins_thoroughly(doubts: Sequence[bool]) -> bool:
    """Whether the windows after the first ones of a chunk are read with five beams at once: `doubts` says which of the
    first ones were doubtful."""
    return sum(doubts) > _MOST_DOUBTFUL_SHARE * len(doubts)


def repeats_doubtfully(heard: Hypothesis, echoes: Sequence[Echo]) -> bool:
    """Whether something repeats in a hypothesis as Whisper gave it, and the sound does not count as it does."""
    return repeats_itself(heard.words) and not agrees(heard.words, echoes)


def hears_more(one: Hypothesis, other: Hypothesis, speech: Sequence[Stretch]) -> bool:
    """Whether one of two hypotheses leaves clearly less speech without words."""
    return lacking_seconds(other.words, speech) - lacking_seconds(one.words, speech) > _EQUAL_SECONDS


def better_heard(
    first: Hypothesis, second: Hypothesis, speech: Sequence[Stretch], echoes: Sequence[Echo]
) -> Hypothesis:
    """The hypothesis to go on with: the first as it is, or the second without its loops."""
    whole = without_loop(second, echoes)
    fault = judge(whole, speech, echoes).fault
    if fault in _NOT_BELIEVED or (fault is not None and judge(first, speech, echoes).fault is None):
        return first
    lacking = lacking_seconds(whole.words, speech)
    if loop(first.words, echoes) is not None and whole == second:
        return whole if lacking < _MOST_LACKING * sum(end - start for start, end in speech) else first
    as_kept = without_loop(first, echoes)
    if hears_more(whole, as_kept, speech) or hears_more(as_kept, whole, speech):
        return whole if hears_more(whole, as_kept, speech) else first
    counts_better = miscounted(first.words, echoes) and not miscounted(whole.words, echoes)
    return whole if counts_better or (fault is None and len(whole.words) > len(first.words)) else first
