"""Reads utterances that were passed over once more, each alone and in the language that it is in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import ctranslate2

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.core.speech.lost import (
    around,
    found,
    likely_language,
    lost_utterances,
    sounds_like_others,
    with_said_again,
    with_utterance,
)
from swarmstt.core.speech.quality import Stretch, counted
from swarmstt.core.speech.repetition import repeats_itself
from swarmstt.core.transcript import Word
from swarmstt.options import DecodeOptions
from swarmstt.speech.decoding.echoes import echoes_of
from swarmstt.speech.decoding.encoder import encode
from swarmstt.speech.decoding.sharing import Alone, Searches
from swarmstt.speech.decoding.whisper import Look, Whisper, languages
from swarmstt.speech.decoding.windows import LONGEST_SAMPLES, MARGIN_SAMPLES, Samples, Span, Window

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

_MOST_TRIES = 20
"""Whoever clicks more often has heard of no further way."""


def with_lost_utterances(
    words: Sequence[Word],
    speech: Sequence[Stretch],
    model: WhisperModel,
    samples: Samples,
    options: DecodeOptions,
    tries: int = 0,
    searches: Searches | None = None,
) -> Sequence[Word]:
    """The words of a chunk, and those that are found in utterances that have none. `tries`: how often a person had this
    tried again; each time what is still lost is read in one more way. `searches`: see Whisper."""
    for way in range(min(tries, _MOST_TRIES) + 1):
        words = _with_found(words, speech, model, samples, options, way, searches or Alone())
    return words


def _with_found(
    words: Sequence[Word],
    speech: Sequence[Stretch],
    model: WhisperModel,
    samples: Samples,
    options: DecodeOptions,
    tries: int,
    searches: Searches,
) -> Sequence[Word]:
    for utterance in lost_utterances(words, speech, tries):
        window = _window(utterance, len(samples))
        if window.sample_count > LONGEST_SAMPLES:
            continue
        searches.give_way()
        language = _language(model, window.cut(samples), options.known_language, tries)
        # Every second time Whisper writes the times of its sentences too, and so may come to other words.
        look = Look(window, language, timed=tries % 2 == 1)
        [heard] = Whisper(model, options, searches=searches).hypotheses([look], samples)
        echoes = echoes_of(window, samples) if repeats_itself(heard.words) else ()
        hypothesis = counted(heard, echoes)
        if found(hypothesis, utterance, words, tries, echoes):
            words = with_utterance(words, utterance, hypothesis.words, speech)
        else:
            more = with_said_again(words, hypothesis, utterance, speech, tries, echoes)
            if more is not words and _sounds_like_others(utterance, speech, samples):
                words = more
    return words


def _sounds_like_others(utterance: Sequence[Stretch], speech: Sequence[Stretch], samples: Samples) -> bool:
    beside = _window(around(utterance, speech), len(samples))
    return beside.sample_count <= LONGEST_SAMPLES and sounds_like_others(utterance, echoes_of(beside, samples))


def _window(utterance: Sequence[Stretch], sample_count: int) -> Window:
    spans = tuple(Span(round(start * SAMPLE_RATE), round(end * SAMPLE_RATE)) for start, end in utterance)
    whole = Span(max(0, spans[0].start - MARGIN_SAMPLES), min(sample_count, spans[-1].end + MARGIN_SAMPLES))
    return Window(pieces=(whole,), speech=spans)


def _language(model: WhisperModel, clip: Samples, language: str, tries: int) -> str:
    if not model.model.is_multilingual:
        return language
    heard = ctranslate2.StorageView.from_array(encode(model, [clip]))
    return likely_language(languages(model, heard), language, tries)
