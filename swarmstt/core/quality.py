"""The quality gate: whether a reading of one window is to be trusted, and which of two readings is better.

Pure decisions on values. All times are seconds of one clock, whichever it is.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from swarmstt.core.transcript import Word

Stretch = tuple[float, float]
"""Speech from the first to the second, in seconds."""

Fault = Literal["unfinished", "hole", "loop", "invented", "foreign", "doubtful"]

UNHEARD_END_SECONDS = 0.6
"""Speech after the last word. Whisper's word times end with the text: readings of six English readers that went to
the end of their window left 0.0 to 0.4 s of Silero's speech unheard, those that stopped early 6 to 16 s. French and
Spanish readings also stopped 0.8 to 3.7 s early, in the midst of a sentence, so the mark is not far above 0.4 s."""

PHRASE_ENDS = (".", ",", "!", "?", ":", ";", "…", "。", "、", "،", "؟", "।")
"""A reading that stops early after one of these has said its last word whole."""

LONGEST_STEP_BACK_SECONDS = 8.0
"""A pause further back is not gone back to for a word that may be half said."""

LONGEST_WORD_SECONDS = 2.0
"""Speech inside one word. Alignment gives a lost passage to a word beside it: the longest of whole readings had at
most 1.4 s, one that had lost a sentence 5.8 s."""

MOST_COMPRESSION = 2.4
"""Whisper's own mark of a loop: text that zlib makes this many times smaller."""

MOST_REPEATS = 4
"""A phrase said this often in a row is rhetoric; once more and it is a loop."""

LONGEST_PHRASE_WORDS = 12

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
class Reading:
    """What one decoding of a window gave. `spoken`: the language of the window, if it surely is another than the one
    it was read in."""

    words: tuple[Word, ...]
    average_log_probability: float
    no_speech_probability: float
    spoken: str | None = None

    @property
    def text(self) -> str:
        return "".join(word.text for word in self.words).strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`fault` is None for a good reading. `at`: up to where the text can be trusted, in seconds."""

    fault: Fault | None
    reason: str
    at: float = 0.0


GOOD = Verdict(fault=None, reason="good")


def judge(reading: Reading, speech: Sequence[Stretch]) -> Verdict:
    """The first fault of a reading of this speech."""
    faults = (
        _invented(reading),
        _foreign(reading),
        _loop(reading),
        _hole(reading, speech),
        _unfinished(reading, speech),
    )
    for fault in faults:
        if fault is not None:
            return fault
    if reading.words and reading.average_log_probability < LEAST_LOG_PROBABILITY:
        return Verdict(fault="doubtful", reason=f"log probability {reading.average_log_probability:.2f}")
    return GOOD


def better(first: Reading, second: Reading, speech: Sequence[Stretch]) -> Reading:
    """The reading to keep; the first if they are equal."""
    return second if worth(second, speech) > worth(first, speech) else first


def worth(reading: Reading, speech: Sequence[Stretch]) -> tuple[bool, float]:
    """Larger is better: readings without a loop first, then the seconds of speech heard, less what is not believed.

    An average log probability of -0.3 rather than -0.2 weighs as much as a tenth of the speech.
    """
    total = sum(end - start for start, end in speech)
    heard = total - unheard_seconds(reading.words, speech)
    return (_loop(reading) is None, heard + total * max(reading.average_log_probability, -2.0))


def compression_ratio(text: str) -> float:
    """How many times smaller zlib makes the text."""
    data = text.encode()
    return len(data) / len(zlib.compress(data)) if data else 0.0


def loop_start(words: Sequence[Word]) -> int | None:
    """The number of words up to the end of a phrase's first turn, where it is then repeated over and over."""
    said = [_bare(word.text) for word in words]
    for size in range(1, LONGEST_PHRASE_WORDS + 1):
        run = 0
        for index in range(size, len(said)):
            run = run + 1 if said[index] == said[index - size] else 0
            if run >= size * MOST_REPEATS and any(said[index - size + 1 : index + 1]):
                return index + 1 - run
    return None


def without_loop(reading: Reading) -> Reading:
    """The reading with each phrase that loops said once."""
    words = reading.words
    while (start := loop_start(words)) is not None:
        words = words[:start] + words[_loop_end(words, start) :]
    return Reading(
        words=words,
        average_log_probability=reading.average_log_probability,
        no_speech_probability=reading.no_speech_probability,
    )


def trusted(reading: Reading, until: float) -> Reading:
    """The reading's words up to a verdict's `at`. A word is where its middle is: alignment gives words a part of the
    pauses beside them."""
    return replace(reading, words=tuple(word for word in reading.words if _middle(word) < until))


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


def _invented(reading: Reading) -> Verdict | None:
    silent = reading.no_speech_probability > MOST_NO_SPEECH_PROBABILITY
    if silent and reading.average_log_probability < LEAST_LOG_PROBABILITY:
        return Verdict(fault="invented", reason=f"no speech {reading.no_speech_probability:.2f}")
    return None


def _foreign(reading: Reading) -> Verdict | None:
    return None if reading.spoken is None else Verdict(fault="foreign", reason=f"the language is {reading.spoken}")


def _loop(reading: Reading) -> Verdict | None:
    start = loop_start(reading.words)
    if start is not None:
        return Verdict(fault="loop", reason="a phrase repeats", at=reading.words[start - 1].end)
    ratio = compression_ratio(reading.text)
    if ratio > MOST_COMPRESSION:
        return Verdict(fault="loop", reason=f"compression ratio {ratio:.1f}")
    return None


def _hole(reading: Reading, speech: Sequence[Stretch]) -> Verdict | None:
    heard_until = 0.0
    for word in reading.words:
        missed = max(speech_within(heard_until, word.start, speech), speech_within(word.start, word.end, speech))
        if missed > LONGEST_WORD_SECONDS:
            return Verdict(fault="hole", reason=f"{missed:.1f} s of speech without words", at=word.start)
        heard_until = max(heard_until, word.end)
    return None


def _unfinished(reading: Reading, speech: Sequence[Stretch]) -> Verdict | None:
    heard_until = reading.words[-1].end if reading.words else 0.0
    unheard = speech_within(heard_until, float("inf"), speech)
    if unheard <= UNHEARD_END_SECONDS:
        return None
    reason = f"{unheard:.1f} s of speech after the last word"
    return Verdict(fault="unfinished", reason=reason, at=_trusted_until(reading.words, speech))


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


def _loop_end(words: Sequence[Word], start: int) -> int:
    """One past the last word that repeats the phrase whose first turn ends at `start`."""
    said = [_bare(word.text) for word in words]
    longest = start
    for size in range(1, min(LONGEST_PHRASE_WORDS, start) + 1):
        end = start
        while end < len(said) and said[end] == said[end - size]:
            end += 1
        if end - start >= size * MOST_REPEATS:
            longest = max(longest, end)
    return longest


def _bare(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())
