"""What decoding a book costs beside the least that it could: each window encoded and read with one beam once.

Both in CPU seconds of one thread of this process, which other programs disturb less than the clock. The book is cut as
a node cuts it, and each chunk is decoded by itself, as a slot does.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.core.speech.capacity import CPU_BATCH_SIZE
from swarmstt.core.speech.chunk_plan import PlannedChunk, Planner, PlanSettings
from swarmstt.options import DecodeOptions
from swarmstt.speech.audio.silence import SilenceFinder

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

    from swarmstt.speech.decoding.windows import Samples, Window

MOST_OVER_THE_LEAST = 1.25
_LANGUAGE = "en"
_BLOCK_SAMPLES = 10 * SAMPLE_RATE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", choices=("base", "tiny.en"), default="base")
    parser.add_argument("--book", default="lj001", help="lj001, six, or spoken")
    parser.add_argument("--minutes", type=float, default=10.0, help="of its beginning (default 10)")


def run(given: argparse.Namespace) -> int:
    from faster_whisper.audio import decode_audio

    from tests.bench.books import load_model, read_books

    with tempfile.TemporaryDirectory() as name:
        model = load_model(given.model, Path(name))
        book = next((each for each in read_books(Path(name)) if each.name == given.book), None)
        if book is None:
            raise SystemExit("There is no such book here.")
        samples = decode_audio(str(book.path), sampling_rate=SAMPLE_RATE)[: round(given.minutes * 60 * SAMPLE_RATE)]
        chunks = [samples[each.start_sample : each.end_sample] for each in _plan(samples)]
        whole, windows = _cpu_seconds(lambda: _decoded(model, chunks))
        cuts = [(chunk, each) for chunk in chunks for each in _windows(chunk)]
        least, _ = _cpu_seconds(lambda: _least(model, cuts))
    ratio = whole / least
    print(
        f"{given.book}, {len(samples) / SAMPLE_RATE / 60:.1f} minutes, {len(chunks)} chunks, {windows} windows: "
        f"{whole:.1f} CPU s, at least {least:.1f}: {ratio:.2f} times (aim: at most {MOST_OVER_THE_LEAST})"
    )
    return 0


def _cpu_seconds(work: Callable[[], int]) -> tuple[float, int]:
    began = time.process_time()
    result = work()
    return time.process_time() - began, result


def _plan(samples: Samples) -> Iterator[PlannedChunk]:
    """As the node cuts the book, whose length it knows from the beginning."""
    planner, finder = Planner(PlanSettings()), SilenceFinder()
    loud = (samples * 32767).astype(np.int16)
    planner.estimate(0, len(loud))
    for start in range(0, len(loud), _BLOCK_SAMPLES):
        for heard in finder.feed(loud[start : start + _BLOCK_SAMPLES]):
            yield from planner.heard(heard.until_sample, heard.pauses, heard.spots)
    yield from planner.finish(len(loud))


def _decoded(model: WhisperModel, chunks: list[Samples]) -> int:
    from swarmstt.speech.decoding.decoder import Decoder

    decoder, options = Decoder(model, batch_size=CPU_BATCH_SIZE), DecodeOptions(language=_LANGUAGE)
    return sum(len(decoder.decode(chunk, options, lambda part: None).windows) for chunk in chunks)


def _windows(chunk: Samples) -> list[Window]:
    from swarmstt.speech.decoding.windows import find_speech, plan_windows, speech_probabilities

    probabilities = speech_probabilities(chunk)
    return plan_windows(find_speech(probabilities, len(chunk)), probabilities, len(chunk))


def _least(model: WhisperModel, cuts: list[tuple[Samples, Window]]) -> int:
    from swarmstt.speech.decoding.encoder import encode
    from swarmstt.speech.decoding.whisper import Look, Whisper

    whisper = Whisper(model, DecodeOptions(language=_LANGUAGE, beam_size=1))
    heard = [(Look(window, _LANGUAGE), encode(model, [window.cut(chunk)])) for chunk, window in cuts]
    heard.sort(key=lambda pair: -pair[0].window.sample_count)
    for start in range(0, len(heard), 2 * CPU_BATCH_SIZE):
        batch = heard[start : start + 2 * CPU_BATCH_SIZE]
        whisper._decode(np.concatenate([each for _, each in batch]), [look for look, _ in batch])
    return len(heard)
