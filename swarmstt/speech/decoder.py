"""One chunk of a book into words: batched reading of its windows, and a second look at whatever came out wrong.

The same chunk gives the same transcript, byte for byte, whatever the batch size, the number of slots or the order:
beam search only, nothing kept from chunk to chunk, each window read as if it were alone.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import TYPE_CHECKING

import ctranslate2
import numpy as np

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.core.quality import Reading, Stretch, better, judge, trusted, without_loop
from swarmstt.core.sentences import sentences
from swarmstt.core.transcript import ChunkTranscript, DecodeOptions, Word
from swarmstt.core.word_times import fit_to_speech
from swarmstt.speech.whisper_reader import Look, WhisperReader, encode, languages
from swarmstt.speech.windows import Samples, Span, Window, find_speech, plan_windows, speech_probabilities

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

_MOST_SECOND_LOOKS = 3
"""A window is cut at most this often: what is then still wrong is kept in its best reading."""

_EXPECTED_SECOND_LOOKS = 0.1  # for progress only: none of one clear reader's windows, up to a third of hard voices'

_SHORTEST_CUT_SECONDS = 4.0  # Whisper reads snippets worse than what it would mend

_SURE_CLIPS = 2
_SURE_PROBABILITY = 0.95
"""So many clips with this probability on average decide the language: both of them must be nearly certain."""

Settling = Generator[Look, Reading, Reading]
"""Asks for looks at windows one by one, and ends with the reading to keep."""


class Decoder:
    """Decodes chunks with a model that others may use at the same time. One decoder serves one thread."""

    def __init__(self, model: WhisperModel, *, batch_size: int) -> None:
        self._model = model
        self._batch_size = batch_size

    def decode(self, samples: Samples, options: DecodeOptions, progress: Callable[[float], None]) -> ChunkTranscript:
        """The transcript of mono audio at 16 kHz. `progress` gets 0..1 after each batch; it may raise to end this."""
        duration = len(samples) / SAMPLE_RATE
        probabilities = speech_probabilities(samples)
        speech = find_speech(probabilities, len(samples))
        windows = plan_windows(speech, probabilities, len(samples))
        readings = self._settle_all(windows, samples, options, progress)
        words = fit_to_speech(list(chain.from_iterable(each.words for each in readings)), _seconds(speech))
        progress(1.0)
        return ChunkTranscript(language=options.language, duration=duration, segments=sentences(words, duration))

    def detect_language(self, clips: Sequence[Samples]) -> tuple[str, float]:
        """The language that clips of one book speak on average, and its probability (0..1).

        Where the first clips are sure of one language, the others are not heard.
        """
        if not self._model.model.is_multilingual:
            return "en", 1.0
        sums: dict[str, float] = {}
        language, heard = "en", 0
        in_order = [*clips[::2], *clips[1::2]]  # neighbours last: they tell the least
        with ThreadPoolExecutor(_SURE_CLIPS) as pool:  # nothing else can be done before the language is known
            for first in range(0, len(in_order), _SURE_CLIPS):
                found = pool.map(self._languages, in_order[first : first + _SURE_CLIPS])
                for probabilities in filter(None, found):
                    heard += 1
                    for name, probability in probabilities.items():
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

    def _settle_all(
        self, windows: Sequence[Window], samples: Samples, options: DecodeOptions, progress: Callable[[float], None]
    ) -> list[Reading]:
        """The reading to keep of each window, in their order; second looks of all windows share batches."""
        reader = WhisperReader(self._model, options)
        settlings = [_settle(Look(window, options.language), options) for window in windows]
        kept: dict[int, Reading] = {}
        wanted = {index: next(settling) for index, settling in enumerate(settlings)}
        told = 0.0
        while wanted:
            answers: dict[int, Reading] = {}
            for batch in self._batches(wanted):
                readings = reader.read([wanted[index] for index in batch], samples)
                answers.update(zip(batch, readings, strict=True))
                unread = len(wanted) - len(answers)
                told = max(told, (len(windows) - unread) / (len(windows) + len(answers) * _EXPECTED_SECOND_LOOKS))
                progress(told)
            wanted = {}
            for index, reading in sorted(answers.items()):
                look, kept_reading = _answer(settlings[index], reading)
                if look is not None:
                    wanted[index] = look
                elif kept_reading is not None:
                    kept[index] = kept_reading
        return [kept[index] for index in range(len(windows))]

    def _batches(self, wanted: dict[int, Look]) -> list[list[int]]:
        """Windows of like length together, so that their beam searches end together; the longest first."""
        order = sorted(wanted, key=lambda index: (-wanted[index].window.sample_count, index))
        return [order[start : start + self._batch_size] for start in range(0, len(order), self._batch_size)]


def _settle(look: Look, options: DecodeOptions, looks: int = _MOST_SECOND_LOOKS) -> Settling:
    """Reads a window, and again what is wrong with the reading."""
    window, language = look.window, look.language
    reading = yield look
    # Translated words do not come in the order of the speech, so their times tell nothing about what is missing.
    speech = _seconds(window.speech) if options.task == "transcribe" else []
    verdict = judge(reading, speech)
    if verdict.fault is None:
        return reading
    if verdict.fault == "invented":
        return Reading(words=(), average_log_probability=0.0, no_speech_probability=reading.no_speech_probability)
    if reading.spoken is not None:
        return better(reading, (yield from _settle(Look(window, reading.spoken), options, looks)), speech)
    if looks and window.sample_count >= _SHORTEST_CUT_SECONDS * SAMPLE_RATE:
        if verdict.fault == "unfinished" and reading.words:
            rest = window.after(round(verdict.at * SAMPLE_RATE))
            if rest is not None:
                tail = yield from _settle(Look(rest, language), options, looks - 1)
                return better(reading, _joined(trusted(reading, verdict.at), tail), speech)
        halves = window.parted(round(verdict.at * SAMPLE_RATE) if verdict.fault == "hole" else None)
        if halves is not None:
            first = yield from _settle(Look(halves[0], language), options, looks - 1)
            second = yield from _settle(Look(halves[1], language), options, looks - 1)
            reading = better(reading, _joined(first, second), speech)
    return without_loop(reading)


def _answer(settling: Settling, reading: Reading) -> tuple[Look, None] | tuple[None, Reading]:
    """The look to take next, or the reading to keep."""
    try:
        return settling.send(reading), None
    except StopIteration as end:
        kept: Reading = end.value
        return None, kept


def _joined(first: Reading, second: Reading) -> Reading:
    """Two readings as one; likelihood by the number of words."""
    count = max(1, len(first.words) + len(second.words))
    average = (
        first.average_log_probability * len(first.words) + second.average_log_probability * len(second.words)
    ) / count
    words: tuple[Word, ...] = first.words + second.words
    return Reading(
        words=words,
        average_log_probability=average,
        no_speech_probability=max(first.no_speech_probability, second.no_speech_probability),
    )


def _seconds(spans: Sequence[Span]) -> list[Stretch]:
    return [(span.start / SAMPLE_RATE, span.end / SAMPLE_RATE) for span in spans]


def _speech_of(clip: Samples) -> Samples:
    """The first window of speech in a clip; nothing if nobody speaks."""
    probabilities = speech_probabilities(clip)
    windows = plan_windows(find_speech(probabilities, len(clip)), probabilities, len(clip))
    return windows[0].cut(clip) if windows else np.zeros(0, dtype=np.float32)
