"""The quality gate: whether a hypothesis of one window is to be trusted, and which of two hypotheses is better.

Pure decisions on values. All times are seconds of one clock, whichever it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from swarmstt.core.speech.echoes import Echo
from swarmstt.core.speech.repetition import loop, without_loops
from swarmstt.core.speech.turns import as_heard, miscounted
from swarmstt.core.transcript import Word

Stretch = tuple[float, float]
"""Speech from the first to the second, in seconds."""

Fault = Literal["unfinished", "hole", "loop", "miscounted", "invented", "foreign", "doubtful"]

UNHEARD_END_SECONDS = 0.6
"""Speech after the last word. Whisper's word times end with the text: hypotheses of six English readers that went to
the end of their window left 0.0 to 0.4 s of Silero's speech unheard, those that stopped early 6 to 16 s. French and
Spanish hypotheses also stopped 0.8 to 3.7 s early, in the midst of a sentence, so the mark is not far above 0.4 s."""

PHRASE_ENDS = (".", ",", "!", "?", ":", ";", "…", "。", "、", "،", "؟", "।")
"""A hypothesis that stops early after one of these has said its last word whole."""

LONGEST_STEP_BACK_SECONDS = 8.0
"""A pause further back is not gone back to for a word that may be half said."""

LONGEST_WORD_SECONDS = 2.0
"""Speech inside one word. Alignment gives a lost passage to a word beside it: the longest of whole hypotheses had at
most 1.4 s, one that had lost a sentence 5.8 s."""

LEAST_LOG_PROBABILITY = -1.0
"""Whisper's own mark of text that it does not believe itself."""

FOREIGN_LOG_PROBABILITY = -0.5
"""Below this it is asked whether the window is in another language than the book. Clear readers in their own language
gave -0.35 to -0.1; Spanish, French and German read as English -0.33 to -1.1, nearly all of them below -0.5."""

FOREIGN_PROBABILITY = 0.8
"""Whisper named the language of windows of 5 to 30 s with 0.82 and more."""

MOST_NO_SPEECH_PROBABILITY = 0.6
"""Whisper's own mark of a window in which nobody speaks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypothesis:
    """What one decoding of a window gave. `spoken`: the language of the window, if it surely is another than the one
    it was read in. `doubtful`: it is to be read with more beams; its words have not been found in the sound then.
    `end_probability`: how likely the sign behind the last word is; 1 if there is none."""

    words: tuple[Word, ...]
    average_log_probability: float
    no_speech_probability: float
    spoken: str | None = None
    doubtful: bool = False
    end_probability: float = 1.0

    @property
    def text(self) -> str:
        return "".join(word.text for word in self.words).strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`fault` is None for a good hypothesis. `at`: up to where the text can be trusted, in seconds."""

    fault: Fault | None
    reason: str
    at: float = 0.0


GOOD = Verdict(fault=None, reason="good")


def judge(hypothesis: Hypothesis, speech: Sequence[Stretch], echoes: Sequence[Echo] = ()) -> Verdict:
    """The first fault of a hypothesis of this speech. `echoes`: what of the speech is heard again; without them no
    word that repeats is believed."""
    faults = (
        _invented(hypothesis),
        _foreign(hypothesis),
        _loop(hypothesis, echoes),
        _miscounted(hypothesis, echoes),
        _hole(hypothesis, speech),
        _unfinished(hypothesis, speech),
    )
    for fault in faults:
        if fault is not None:
            return fault
    if hypothesis.words and hypothesis.average_log_probability < LEAST_LOG_PROBABILITY:
        return Verdict(fault="doubtful", reason=f"log probability {hypothesis.average_log_probability:.2f}")
    return GOOD


def better(first: Hypothesis, second: Hypothesis, speech: Sequence[Stretch], echoes: Sequence[Echo] = ()) -> Hypothesis:
    """The hypothesis to keep; the first if they are equal."""
    return second if worth(second, speech, echoes) > worth(first, speech, echoes) else first


def worth(hypothesis: Hypothesis, speech: Sequence[Stretch], echoes: Sequence[Echo] = ()) -> tuple[bool, float]:
    """Larger is better: hypotheses without a loop first, then the seconds of speech heard, less what is not believed.

    An average log probability of -0.3 rather than -0.2 weighs as much as a tenth of the speech.
    """
    total = sum(end - start for start, end in speech)
    heard = total - unheard_seconds(hypothesis.words, speech)
    believed = heard + total * max(hypothesis.average_log_probability, -2.0)
    return (loop(hypothesis.words, echoes) is None, believed)


def counted(hypothesis: Hypothesis, echoes: Sequence[Echo]) -> Hypothesis:
    """The hypothesis with as many turns of a phrase as the sound has."""
    return replace(hypothesis, words=as_heard(hypothesis.words, echoes))


def without_loop(hypothesis: Hypothesis, echoes: Sequence[Echo] = ()) -> Hypothesis:
    """The hypothesis without the turns of a phrase that the sound does not carry."""
    return replace(hypothesis, words=without_loops(hypothesis.words, echoes), spoken=None)


def trusted(hypothesis: Hypothesis, until: float) -> Hypothesis:
    """The hypothesis's words up to a verdict's `at`. A word is where its middle is: alignment gives words a part of the
    pauses beside them, and now and then nothing at all."""
    said = tuple(word for word in hypothesis.words if _middle(word) < until or word.end <= until)
    return replace(hypothesis, words=said)


def speech_within(start: float, end: float, speech: Sequence[Stretch]) -> float:
    """Seconds of speech between two times."""
    return sum(max(0.0, min(end, until) - max(start, since)) for since, until in speech)


def unheard_seconds(words: Sequence[Word], speech: Sequence[Stretch]) -> float:
    """Seconds of speech before, between, after and in the over-long parts of words."""
    unheard = 0.0
    heard_until = 0.0
    for word in words:
        unheard += speech_within(heard_until, word.start, speech)
        unheard += max(0.0, speech_within(word.start, word.end, speech) - LONGEST_WORD_SECONDS)
        heard_until = max(heard_until, word.end)
    return unheard + speech_within(heard_until, float("inf"), speech)


def _invented(hypothesis: Hypothesis) -> Verdict | None:
    silent = hypothesis.no_speech_probability > MOST_NO_SPEECH_PROBABILITY
    if silent and hypothesis.average_log_probability < LEAST_LOG_PROBABILITY:
        return Verdict(fault="invented", reason=f"no speech {hypothesis.no_speech_probability:.2f}")
    return None


def _foreign(hypothesis: Hypothesis) -> Verdict | None:
    return (
        None if hypothesis.spoken is None else Verdict(fault="foreign", reason=f"the language is {hypothesis.spoken}")
    )


def _loop(hypothesis: Hypothesis, echoes: Sequence[Echo]) -> Verdict | None:
    found = loop(hypothesis.words, echoes)
    return None if found is None else Verdict(fault="loop", reason=found[0], at=found[1])


def _miscounted(hypothesis: Hypothesis, echoes: Sequence[Echo]) -> Verdict | None:
    if miscounted(hypothesis.words, echoes):
        return Verdict(fault="miscounted", reason="a phrase is not said as often as it is written")
    return None


def _hole(hypothesis: Hypothesis, speech: Sequence[Stretch]) -> Verdict | None:
    heard_until = 0.0
    for word in hypothesis.words:
        missed = max(speech_within(heard_until, word.start, speech), speech_within(word.start, word.end, speech))
        if missed > LONGEST_WORD_SECONDS:
            return Verdict(fault="hole", reason=f"{missed:.1f} s of speech without words", at=word.start)
        heard_until = max(heard_until, word.end)
    return None


def _unfinished(hypothesis: Hypothesis, speech: Sequence[Stretch]) -> Verdict | None:
    heard_until = hypothesis.words[-1].end if hypothesis.words else 0.0
    unheard = speech_within(heard_until, float("inf"), speech)
    if unheard <= UNHEARD_END_SECONDS:
        return None
    reason = f"{unheard:.1f} s of speech after the last word"
    return Verdict(fault="unfinished", reason=reason, at=_trusted_until(hypothesis.words, speech))


def _trusted_until(words: Sequence[Word], speech: Sequence[Stretch]) -> float:
    """What stops in the midst of a sentence may have stopped in the midst of a word: its text can be trusted up to the
    last pause before that word."""
    if not words:
        return 0.0
    last = words[-1]
    if last.text.rstrip().endswith(PHRASE_ENDS):
        return last.end
    earliest = max(words[0].end, last.start - LONGEST_STEP_BACK_SECONDS)
    pauses = [end for _, end in speech if earliest <= end <= _middle(last)]
    return max(pauses, default=last.end)


def _middle(word: Word) -> float:
    return (word.start + word.end) / 2
