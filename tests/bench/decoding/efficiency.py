"""What decoding a book costs beside the least that it could: each window encoded and read with one beam once.

Both in CPU seconds of one thread of this process, which other programs disturb less than the clock, and with an
engine's environment: the least is for full batches. The book is cut as a node cuts it, and each chunk is decoded in
a thread of its own, as many at once as share a slot.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.core.speech.capacity import CPU_BATCH_SIZE
from swarmstt.core.speech.chunk_plan import PlannedChunk, Planner, PlanSettings
from swarmstt.options import DecodeOptions
from swarmstt.speech.audio.silence import SilenceFinder
from swarmstt.speech.decoding.sharing import Sharing
from swarmstt.speech.engine.frames import JOBS_FOR_A_SLOT
from swarmstt.speech.engine.session import child_environment
from tests.bench.books import BOOK_NAMES, book_named

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

    from swarmstt.speech.decoding.windows import Samples, Window

MOST_OVER_THE_LEAST = 1.25
_BLOCK_SAMPLES = 10 * SAMPLE_RATE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", choices=("base", "tiny.en"), default="base")
    parser.add_argument("--book", choices=BOOK_NAMES, default="lj001")
    parser.add_argument("--minutes", type=float, default=10.0, help="of its beginning (default 10)")


def run(given: argparse.Namespace) -> int:
    environment = child_environment(threads=1)
    if not environment.items() <= os.environ.items():
        # Read when the libraries are loaded, and memory is first taken: too late in this process.
        again = [sys.executable, "-m", "tests.bench", *sys.argv[1:]]
        return subprocess.run(again, env={**os.environ, **environment}, check=False).returncode

    from faster_whisper.audio import decode_audio

    from tests.bench.books import load_model

    with tempfile.TemporaryDirectory() as name:
        model = load_model(given.model, Path(name))
        book = book_named(given.book, Path(name))
        samples = decode_audio(str(book.path), sampling_rate=SAMPLE_RATE)[: round(given.minutes * 60 * SAMPLE_RATE)]
        chunks = [samples[each.start_sample : each.end_sample] for each in _plan(samples)]
        whole, windows = _cpu_seconds(lambda: _decoded(model, chunks, book.language))
        cuts = [(chunk, each) for chunk in chunks for each in _windows(chunk)]
        least, _ = _cpu_seconds(lambda: _least(model, cuts, book.language))
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


def _decoded(model: WhisperModel, chunks: list[Samples], language: str) -> int:
    from swarmstt.speech.decoding.decoder import Decoder

    sharing, options = Sharing(cores=1), DecodeOptions(language=language)

    def decoded(chunk: Samples) -> int:
        place = sharing.place()
        with place.taken():
            decoder = Decoder(model, batch_size=CPU_BATCH_SIZE, searches=place)
            return len(decoder.decode(chunk, options, lambda part: None).windows)

    with ThreadPoolExecutor(JOBS_FOR_A_SLOT) as slots:
        return sum(slots.map(decoded, chunks))


def _windows(chunk: Samples) -> list[Window]:
    from swarmstt.speech.decoding.windows import find_speech, plan_windows, speech_probabilities

    probabilities = speech_probabilities(chunk)
    return plan_windows(find_speech(probabilities, len(chunk)), probabilities, len(chunk))


def _least(model: WhisperModel, cuts: list[tuple[Samples, Window]], language: str) -> int:
    from swarmstt.speech.decoding.encoder import encode
    from swarmstt.speech.decoding.whisper import Look, Whisper

    whisper = Whisper(model, DecodeOptions(language=language, beam_size=1))
    heard = [(Look(window, language), encode(model, [window.cut(chunk)])) for chunk, window in cuts]
    heard.sort(key=lambda pair: -pair[0].window.sample_count)
    for start in range(0, len(heard), 2 * CPU_BATCH_SIZE):
        batch = heard[start : start + 2 * CPU_BATCH_SIZE]
        whisper._decode(np.concatenate([each for _, each in batch]), [look for look, _ in batch])
    return len(heard)
