"""One beam first, and five where that is doubtful, with Whisper itself: the same bytes for any batch."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from faster_whisper import WhisperModel

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.core.speech import searches
from swarmstt.core.transcript import ChunkTranscript
from swarmstt.options import DecodeOptions
from swarmstt.speech.decoding.decoder import Decoder
from tests.e2e.support.home import model_folder
from tests.e2e.support.voice import SENTENCES, Voice

pytestmark = [pytest.mark.e2e]

QUICK, THOROUGH = searches.QUICK_BEAMS, searches.THOROUGH_BEAMS


@pytest.fixture(scope="module")
def samples(voice: Voice) -> npt.NDArray[np.float32]:
    """Four windows, the last of them hard to hear."""
    from scipy.signal import resample_poly

    story = resample_poly(voice.say(*SENTENCES).astype(np.float64), 2, 3) / 32768
    sound: npt.NDArray[np.float32] = np.resize(story, 100 * SAMPLE_RATE).astype(np.float32)
    noise = np.random.default_rng(0).normal(0, 0.05, 40 * SAMPLE_RATE)
    sound[-len(noise) :] += noise.astype(np.float32)
    return sound


def decoded(
    samples: npt.NDArray[np.float32], batch_size: int, beam_size: int | None = None
) -> tuple[ChunkTranscript, set[int]]:
    """The transcript, and with how many beams the model read."""
    model = WhisperModel(str(model_folder()), device="cpu", compute_type="int8", cpu_threads=1)
    beams: set[int] = set()
    generate = model.model.generate

    class Watched:
        def __getattr__(self, name: str) -> Any:
            return getattr(whole, name)

        def generate(self, *given: Any, **options: Any) -> Any:
            beams.add(options["beam_size"])
            return generate(*given, **options)

    whole, model.model = model.model, Watched()
    options = DecodeOptions(language="en", beam_size=beam_size)
    return Decoder(model, batch_size=batch_size).decode(samples, options, lambda part: None), beams


def test_the_words_are_the_same_whatever_is_read_together(samples: npt.NDArray[np.float32]) -> None:
    together, beams = decoded(samples, 8)
    alone, _ = decoded(samples, 1)
    assert together == alone
    assert beams == {QUICK, THOROUGH}


def test_the_beams_that_a_person_wants_are_taken_everywhere(samples: npt.NDArray[np.float32]) -> None:
    assert decoded(samples[-25 * SAMPLE_RATE :], 8, beam_size=2)[1] == {2}
