"""One chunk of a book into words: batched decoding of its windows, and a second look at whatever came out wrong.

The same chunk gives the same transcript, byte for byte, whatever the batch size, the number of slots or the order:
no sampling, nothing kept from chunk to chunk, each window read as if it were alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import chain, pairwise
from typing import TYPE_CHECKING

import ctranslate2
import numpy as np

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.core.speech.echoes import Echo, said_again_from
from swarmstt.core.speech.missing.pace import Sound
from swarmstt.core.speech.quality import (
    Hypothesis,
    Stretch,
    better,
    counted,
    judge,
    trusted,
    without_loop,
)
from swarmstt.core.speech.repetition import repeats_itself
from swarmstt.core.speech.searches import better_heard, hears_more, repeats_doubtfully
from swarmstt.core.speech.segments import segments_of, text_language
from swarmstt.core.speech.text.doubtful_ends import WindowEnd, without_doubtful_stops
from swarmstt.core.speech.word_times import fit_to_speech
from swarmstt.core.speech.wordless import gaps_left
from swarmstt.core.transcript import ChunkTranscript, WindowScore, Word, Wordless
from swarmstt.options import DecodeOptions
from swarmstt.speech.decoding.echoes import echoes_of
from swarmstt.speech.decoding.encoder import encode
from swarmstt.speech.decoding.lost import with_lost_utterances
from swarmstt.speech.decoding.nuclei import nuclei_of
from swarmstt.speech.decoding.rounds import MOST_HELD_BATCHES, Rounds, Settling
from swarmstt.speech.decoding.sharing import Alone, GivingWay, Searches
from swarmstt.speech.decoding.skipped import with_skipped_phrases
from swarmstt.speech.decoding.whisper import Look, Whisper, languages
from swarmstt.speech.decoding.windows import Samples, Span, Window, find_speech, plan_windows, speech_probabilities

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

_MOST_SECOND_LOOKS = 3
"""A window is cut at most this often: what is then still wrong is kept in its best hypothesis."""

_SHORTEST_CUT_SECONDS = 4.0  # Whisper reads snippets worse than what it would mend

_SURE_CLIPS = 2
_SURE_PROBABILITY = 0.95
"""So many clips with this probability on average decide the language: both of them must be nearly certain."""


class Decoder:
    """Decodes chunks with a model that others may use at the same time. One decoder serves one thread."""

    def __init__(self, model: WhisperModel, *, batch_size: int, searches: Searches | None = None) -> None:
        """`searches` may join the chunk's windows with those of others."""
        self._model = model
        self._batch_size = batch_size
        self._searches = searches or Alone()

    def decode(
        self, samples: Samples, options: DecodeOptions, progress: Callable[[float], None], *, tries: int = 0
    ) -> ChunkTranscript:
        """The transcript of mono audio at 16 kHz. `progress` gets 0..1 after each batch; it may raise to end this.
        `tries`: how often a person had its gaps tried again."""
        duration = len(samples) / SAMPLE_RATE
        probabilities = speech_probabilities(samples)
        speech = find_speech(probabilities, len(samples))
        windows = plan_windows(speech, probabilities, len(samples))
        rounds = Rounds(
            whisper=Whisper(
                self._model,
                options,
                batch_size=self._batch_size,
                most_held=self._batch_size * MOST_HELD_BATCHES,
                searches=self._searches,
            ),
            samples=samples,
            settle=lambda look: _settle(look, samples, options),
            batch_size=self._batch_size,
            progress=progress,
        )
        hypotheses = rounds.settled(windows, options.known_language, quick=options.beam_size is None)
        aligned: Sequence[Word] = list(chain.from_iterable(each.words for each in hypotheses))
        missing: tuple[Wordless, ...] = ()
        # Translated words do not come in the order of the speech, so their times tell nothing about what is missing.
        if options.task == "transcribe":
            searches = GivingWay(self._searches)
            aligned = with_lost_utterances(aligned, _seconds(speech), self._model, samples, options, tries, searches)
            sound = _sound(speech, windows, samples)
            aligned = with_skipped_phrases(aligned, sound, self._model, samples, options, searches)
            missing = gaps_left(aligned, sound)
            aligned = without_doubtful_stops(aligned, _window_ends(windows, hypotheses))
        words = fit_to_speech(aligned, _seconds(speech))
        progress(1.0)
        segments = segments_of(words, duration, text_language(options.known_language, options.task))
        return ChunkTranscript(
            language=options.known_language,
            duration=duration,
            segments=segments,
            wordless=missing,
            windows=_scores(windows, hypotheses),
        )

    def detect_language(self, clips: Sequence[Samples], among: Sequence[str] = ()) -> tuple[str, float]:
        """The language that clips of one book speak on average, one of `among` unless that is empty, and its
        probability (0..1).

        Where the first clips are sure of one language, the others are not heard.
        """
        if not self._model.model.is_multilingual:
            return "en", 1.0
        sums = dict.fromkeys(among, 0.0)
        language, heard = among[0] if among else "en", 0
        in_order = [*clips[::2], *clips[1::2]]  # neighbours last: they tell the least
        with ThreadPoolExecutor(_SURE_CLIPS) as pool:  # nothing else can be done before the language is known
            for first in range(0, len(in_order), _SURE_CLIPS):
                found = pool.map(self._languages, in_order[first : first + _SURE_CLIPS])
                for probabilities in filter(None, found):
                    heard += 1
                    for name in among or probabilities:
                        probability = probabilities.get(name, 0.0)
                        sums[name] = sums.get(name, 0.0) + probability
                    language = max(sorted(sums), key=lambda name: sums[name])
                if heard >= _SURE_CLIPS and sums[language] / heard >= _SURE_PROBABILITY:
                    break
        return language, sums[language] / heard if heard else 0.0

    def _languages(self, clip: Samples) -> dict[str, float]:
        """How likely a clip's speech is in each language; empty if nobody speaks."""
        speech = _speech_of(clip)
        if not len(speech):
            return {}
        return dict(languages(self._model, ctranslate2.StorageView.from_array(encode(self._model, [speech]))))


class _Hearing:
    """What of a window's speech is heard again: measured once, and only if somebody asks."""

    def __init__(self, window: Window, samples: Samples) -> None:
        self._window = window
        self._samples = samples
        self._echoes: tuple[Echo, ...] | None = None

    def echoes_for(self, *hypotheses: Hypothesis) -> tuple[Echo, ...]:
        if not any(repeats_itself(each.words) for each in hypotheses):
            return ()
        return self.echoes

    @property
    def echoes(self) -> tuple[Echo, ...]:
        if self._echoes is None:
            self._echoes = echoes_of(self._window, self._samples)
        return self._echoes


def _settle(look: Look, samples: Samples, options: DecodeOptions, looks: int = _MOST_SECOND_LOOKS) -> Settling:
    """Decodes a window, and again what is wrong with its hypothesis."""
    window, language = look.window, look.language
    # Translated words do not come in the order of the speech, so their times tell nothing about what is missing.
    transcribed = options.task == "transcribe"
    speech = _seconds(window.speech) if transcribed else []
    hearing = _Hearing(window, samples)

    def as_counted(other: Hypothesis) -> Hypothesis:
        return counted(other, hearing.echoes_for(other)) if transcribed else other

    def kept(other: Hypothesis) -> Hypothesis:
        return without_loop(as_counted(other), hearing.echoes_for(other))

    heard = yield look
    hypothesis = as_counted(heard)
    verdict = judge(hypothesis, speech, hearing.echoes_for(hypothesis))
    repeats = transcribed and repeats_doubtfully(heard, hearing.echoes_for(heard))
    if look.quick and (hypothesis.doubtful or repeats or verdict.fault is not None):
        look = replace(look, quick=False)
        heard = yield look
        hypothesis = as_counted(heard)
        verdict = judge(hypothesis, speech, hearing.echoes_for(hypothesis))
        repeats = transcribed and repeats_doubtfully(heard, hearing.echoes_for(heard))
    if verdict.fault == "invented":
        return Hypothesis(words=(), average_log_probability=0.0, no_speech_probability=hypothesis.no_speech_probability)

    passed_over = verdict.fault in ("hole", "unfinished") and said_again_from(verdict.at, hearing.echoes)
    said_again = transcribed and (passed_over or repeats)

    def best(other: Hypothesis) -> Hypothesis:
        if said_again and hears_more(kept(other), kept(hypothesis), speech):
            return better_heard(kept(hypothesis), kept(other), speech, hearing.echoes)
        return better(kept(hypothesis), kept(other), speech, hearing.echoes_for(hypothesis, other))

    if hypothesis.spoken is not None:
        return best((yield from _settle(Look(window, hypothesis.spoken), samples, options, looks)))
    if said_again:
        # Whisper may loop over what is said over and over, or pass it over.
        timed = as_counted((yield replace(look, timed=True)))
        hypothesis = better_heard(hypothesis, timed, speech, hearing.echoes)
        verdict = judge(hypothesis, speech, hearing.echoes)
    if verdict.fault is None:
        return hypothesis
    if looks and window.sample_count >= _SHORTEST_CUT_SECONDS * SAMPLE_RATE:
        rest = window.after(round(verdict.at * SAMPLE_RATE)) if verdict.fault == "unfinished" else None
        if rest is not None and hypothesis.words:
            tail = yield from _settle(Look(rest, language), samples, options, looks - 1)
            hypothesis = best(_joined(trusted(hypothesis, verdict.at), tail))
        else:
            halves = window.parted(round(verdict.at * SAMPLE_RATE) if verdict.fault == "hole" else None)
            if halves is not None:
                before = yield from _settle(Look(halves[0], language), samples, options, looks - 1)
                after = yield from _settle(Look(halves[1], language), samples, options, looks - 1)
                hypothesis = best(_joined(before, after))
    return kept(hypothesis)


def _joined(first: Hypothesis, second: Hypothesis) -> Hypothesis:
    """Two hypotheses as one; likelihood by the number of words."""
    count = max(1, len(first.words) + len(second.words))
    average = (
        first.average_log_probability * len(first.words) + second.average_log_probability * len(second.words)
    ) / count
    words: tuple[Word, ...] = first.words + second.words
    return Hypothesis(
        words=words,
        average_log_probability=average,
        no_speech_probability=max(first.no_speech_probability, second.no_speech_probability),
        end_probability=(second if second.words else first).end_probability,
    )


def _window_ends(windows: Sequence[Window], hypotheses: Sequence[Hypothesis]) -> list[WindowEnd]:
    """Of each window with words, but for the last one."""
    return [
        WindowEnd(
            border=after.pieces[0].start / SAMPLE_RATE,
            pause_seconds=(after.speech[0].start - before.speech[-1].end) / SAMPLE_RATE,
            word=heard.words[-1].text,
            probability=heard.end_probability,
            log_probability=min(heard.average_log_probability, following.average_log_probability),
        )
        for (before, after), (heard, following) in zip(pairwise(windows), pairwise(hypotheses), strict=True)
        if heard.words
    ]


def _scores(windows: Sequence[Window], hypotheses: Sequence[Hypothesis]) -> tuple[WindowScore, ...]:
    """How likely each window's words are. Finer digits are noise."""
    return tuple(
        WindowScore(
            start=round(window.pieces[0].start / SAMPLE_RATE, 3),
            end=round(window.pieces[-1].end / SAMPLE_RATE, 3),
            average_log_probability=round(hypothesis.average_log_probability, 4),
            no_speech_probability=round(hypothesis.no_speech_probability, 4),
        )
        for window, hypothesis in zip(windows, hypotheses, strict=True)
        if hypothesis.words
    )


def _sound(speech: Sequence[Span], windows: Sequence[Window], samples: Samples) -> Sound:
    bounds = [Span(window.pieces[0].start, window.pieces[-1].end) for window in windows]
    return Sound(speech=tuple(_seconds(speech)), nuclei=nuclei_of(samples), windows=tuple(_seconds(bounds)))


def _seconds(spans: Sequence[Span]) -> list[Stretch]:
    return [(span.start / SAMPLE_RATE, span.end / SAMPLE_RATE) for span in spans]


def _speech_of(clip: Samples) -> Samples:
    """The first window of speech in a clip; nothing if nobody speaks."""
    probabilities = speech_probabilities(clip)
    windows = plan_windows(find_speech(probabilities, len(clip)), probabilities, len(clip))
    return windows[0].cut(clip) if windows else np.zeros(0, dtype=np.float32)
