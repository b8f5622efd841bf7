"""Utterances that a hypothesis passed over: speech between two pauses that its words cannot fill.

Whisper passes over a sentence in another language, and alignment gives its time to a word beside it. So such an
utterance is read once more, alone; what is found there is put between the words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from swarmstt.core.speech.echoes import LEAST_CARRIED, Echo, carried_part
from swarmstt.core.speech.missing.turns import with_turns_more
from swarmstt.core.speech.quality import (
    FOREIGN_PROBABILITY,
    MOST_NO_SPEECH_PROBABILITY,
    PHRASE_ENDS,
    Hypothesis,
    Stretch,
    judge,
    speech_within,
)
from swarmstt.core.speech.repetition import bare
from swarmstt.core.speech.wordless import sayable_seconds, wordless
from swarmstt.core.transcript import Word

LEAST_LOST_SECONDS = 1.0
"""So much speech beyond what its words can fill makes an utterance that is read again. A gap is told of more only: what
is read again costs a second look, and nothing else if nothing is found."""

_MOST_STRAY = 0.35
"""Words that can fill no more of an utterance than this are not of it."""

_LEAST_SHARED = 0.5
_LEAST_BEYOND_SECONDS = 0.1
_NEARBY_SECONDS = 30.0
_BESIDE_SECONDS = 8.0

_PAUSES = (0.5, 0.25, 0.1)
_LEAST_LOG_PROBABILITIES = (-0.6, -0.8, -1.0)
_LEAST_LANGUAGE_PROBABILITIES = (FOREIGN_PROBABILITY, 0.5, 0.3)
"""By how often a person had the gap tried again: shorter pauses make an utterance, and less is believed. From the third
time on, each in the next likely language."""


def lost_utterances(words: Sequence[Word], speech: Sequence[Stretch], tries: int = 0) -> list[tuple[Stretch, ...]]:
    """The utterances, each as its stretches of speech, that lack words."""
    missing = wordless(words, speech, LEAST_LOST_SECONDS)
    return [
        utterance
        for utterance in _utterances(speech, _PAUSES[min(tries, 2)])
        if any(min(each.end, utterance[-1][1]) - max(each.start, utterance[0][0]) > _LEAST_SHARED for each in missing)
    ]


def likely_language(probabilities: Sequence[tuple[str, float]], language: str, tries: int = 0) -> str:
    """In which language to read an utterance of a book in this one; `probabilities` descend."""
    ranked = probabilities[max(0, tries - 2) :][:1]
    least = _LEAST_LANGUAGE_PROBABILITIES[min(tries, 2)]
    return ranked[0][0] if ranked and (tries > 2 or ranked[0][1] >= least) else language


def found(
    hypothesis: Hypothesis,
    utterance: Sequence[Stretch],
    words: Sequence[Word],
    tries: int = 0,
    echoes: Sequence[Echo] = (),
) -> bool:
    """Whether a hypothesis of such an utterance is to be believed, and has nothing that the words have nearby: of a
    sentence that is said again alignment may put two turns into one."""
    return _is_believed(hypothesis, utterance, words, tries, echoes) and not _is_said_nearby(
        hypothesis.words, utterance, words
    )


def with_said_again(
    words: Sequence[Word],
    hypothesis: Hypothesis,
    utterance: Sequence[Stretch],
    speech: Sequence[Stretch],
    tries: int = 0,
    echoes: Sequence[Echo] = (),
) -> Sequence[Word]:
    """The words; with those of a hypothesis that is to be believed, if it says once more what is said beside it.
    Whether it sounds like that as well is for `sounds_like_others` to say."""
    if not _is_believed(hypothesis, utterance, words, tries, echoes):
        return words
    return with_turns_more(words, hypothesis.words, utterance, speech) or words


def around(utterance: Sequence[Stretch], speech: Sequence[Stretch]) -> tuple[Stretch, ...]:
    """The speech among which something is to be like the utterance, if it is said again."""
    start, end = utterance[0][0] - _BESIDE_SECONDS, utterance[-1][1] + _BESIDE_SECONDS
    return tuple((max(start, since), min(end, until)) for since, until in speech if until > start and since < end)


def sounds_like_others(utterance: Sequence[Stretch], beside: Sequence[Echo]) -> bool:
    """Whether the speech beside an utterance has its sound, too: what Whisper makes of noise may be the same again."""
    return carried_part(utterance[0][0], utterance[-1][1], beside) >= LEAST_CARRIED


def _is_believed(
    hypothesis: Hypothesis, utterance: Sequence[Stretch], words: Sequence[Word], tries: int, echoes: Sequence[Echo]
) -> bool:
    """Whether it is likely, and has more than the words had."""
    return (
        len(hypothesis.words) > len(_inside(words, utterance))
        and judge(hypothesis, utterance, echoes).fault is None
        and hypothesis.no_speech_probability <= MOST_NO_SPEECH_PROBABILITY
        and hypothesis.average_log_probability >= _LEAST_LOG_PROBABILITIES[min(tries, 2)]
    )


def with_utterance(
    words: Sequence[Word], utterance: Sequence[Stretch], said: Sequence[Word], speech: Sequence[Stretch]
) -> tuple[Word, ...]:
    """The words with those that were found in an utterance, in place of those that it had. If it had next to none, what
    alignment had put there goes to the side that it is from, unless it was found there too."""
    start, end = utterance[0][0], utterance[-1][1]
    paused = max((until for _, until in speech if until < start), default=0.0)
    resumes = min((since for since, _ in speech if since > end), default=end)
    first, known = bare(said[0].text), {bare(word.text) for word in said}
    inside = _inside(words, utterance)
    if len(inside) > 1 and inside[-1].end > end + _LEAST_BEYOND_SECONDS and bare(inside[-1].text) not in known:
        inside.pop()  # it is of what follows, and was only stretched to here
    stray = _filled_seconds(utterance, inside) <= _MOST_STRAY * speech_within(start, end, utterance)
    moved = [word for word in inside if stray and bare(word.text) not in known]
    of_before = [word for word in moved if word.text.rstrip().endswith(PHRASE_ENDS)]
    of_after = [word for word in moved if word not in of_before]
    at = words.index(inside[0]) if inside else sum(_middle(word) < start for word in words)
    before, after = list(words[:at]), words[at + len(inside) :]
    if before and before[-1].start >= paused and bare(before[-1].text) == first:
        before.pop()  # alignment had it in the pause
    return (
        *(replace(word, end=min(word.end, paused)) if word.end > start else word for word in before),
        *(replace(word, start=min(word.start, paused), end=paused) for word in of_before),
        *said,
        *(replace(word, start=resumes, end=resumes) for word in of_after),
        *(replace(word, start=resumes, end=max(resumes, word.end)) if word.start < end else word for word in after),
    )


def _utterances(speech: Sequence[Stretch], pause_seconds: float) -> list[tuple[Stretch, ...]]:
    grouped: list[tuple[Stretch, ...]] = []
    for stretch in speech:
        if grouped and stretch[0] - grouped[-1][-1][1] < pause_seconds:
            grouped[-1] = (*grouped[-1], stretch)
        else:
            grouped.append((stretch,))
    return grouped


def _filled_seconds(utterance: Sequence[Stretch], words: Sequence[Word]) -> float:
    """How much of an utterance's speech its words can fill."""
    return sum(min(sayable_seconds(word), speech_within(word.start, word.end, utterance)) for word in words)


def _inside(words: Sequence[Word], utterance: Sequence[Stretch]) -> list[Word]:
    return [word for word in words if utterance[0][0] <= _middle(word) <= utterance[-1][1]]


def _is_said_nearby(said: Sequence[Word], utterance: Sequence[Stretch], words: Sequence[Word]) -> bool:
    start, end = utterance[0][0] - _NEARBY_SECONDS, utterance[-1][1] + _NEARBY_SECONDS
    nearby = [bare(word.text) for word in words if start <= _middle(word) <= end]
    wanted = [bare(word.text) for word in said]
    return any(nearby[at : at + len(wanted)] == wanted for at in range(len(nearby) - len(wanted) + 1))


def _middle(word: Word) -> float:
    return (word.start + word.end) / 2
