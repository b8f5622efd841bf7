"""Which of two hypotheses to keep of speech in which something is said over and over.

Whisper reads such a window in two ways, with times and without, and either may loop, stop early or pass turns over.
What decides is the sound: a loop is worse than none, then counts how much speech has no words.
"""

from __future__ import annotations

from collections.abc import Sequence

from swarmstt.core.speech.echoes import Echo
from swarmstt.core.speech.quality import Hypothesis, Stretch, judge, without_loop
from swarmstt.core.speech.repetition import loop, repeats_itself
from swarmstt.core.speech.turns import agrees, miscounted
from swarmstt.core.speech.wordless import lacking_seconds

_NOT_BELIEVED = ("invented", "foreign", "doubtful", "loop")
_EQUAL_SECONDS = 0.5
_MOST_LACKING = 0.5
"""Of the speech: what loops nowhere since it stops at once is no better."""


def repeats_doubtfully(heard: Hypothesis, echoes: Sequence[Echo]) -> bool:
    """Whether something repeats in a hypothesis as Whisper gave it, and the sound does not count as it does."""
    return repeats_itself(heard.words) and not agrees(heard.words, echoes)


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
    gain = lacking_seconds(without_loop(first, echoes).words, speech) - lacking
    if abs(gain) > _EQUAL_SECONDS:
        return whole if gain > 0 else first
    counts_better = miscounted(first.words, echoes) and not miscounted(whole.words, echoes)
    return whole if counts_better or (fault is None and len(whole.words) > len(first.words)) else first
