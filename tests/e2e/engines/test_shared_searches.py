"""Two chunks whose windows Whisper itself searches together: each has the words that it has alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import pytest
from faster_whisper import WhisperModel

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.core.transcript import ChunkTranscript, Word
from swarmstt.options import DecodeOptions
from swarmstt.speech.decoding.decoder import Decoder
from swarmstt.speech.decoding.sharing import Place, Sharing
from tests.e2e.support.home import model_folder
from tests.e2e.support.voice import SENTENCES, Voice
from tests.e2e.support.waiting import PATIENCE_SECONDS, eventually

pytestmark = [pytest.mark.e2e]

Samples = npt.NDArray[np.float32]


@pytest.fixture(scope="module")
def chunks(voice: Voice) -> list[Samples]:
    """A window each, of unlike lengths; the second is hard to hear."""
    from scipy.signal import resample_poly

    story = resample_poly(voice.say(*SENTENCES).astype(np.float64), 2, 3) / 32768
    sound: Samples = np.resize(story, 40 * SAMPLE_RATE).astype(np.float32)
    noise = np.random.default_rng(0).normal(0, 0.05, 14 * SAMPLE_RATE).astype(np.float32)
    return [sound[: 23 * SAMPLE_RATE], sound[-len(noise) :] + noise]


def decoded(model: WhisperModel, samples: Samples, place: Place | None = None) -> ChunkTranscript:
    decoder = Decoder(model, batch_size=8, searches=place)
    return decoder.decode(samples, DecodeOptions(language="en"), lambda part: None)


def test_the_words_are_those_of_the_chunk_alone(chunks: list[Samples]) -> None:
    model = WhisperModel(str(model_folder()), device="cpu", compute_type="int8", cpu_threads=1)
    sharing = Sharing(cores=1)
    busy = sharing.place()

    def decode(samples: Samples) -> ChunkTranscript:
        place = sharing.place()
        with place.taken():
            return decoded(model, samples, place)

    with ThreadPoolExecutor(len(chunks)) as pool:
        with busy.taken():
            futures = [pool.submit(decode, each) for each in chunks]
            eventually(lambda: sharing.waiting_count == len(chunks), "both chunks wait")
        together = [each.result(PATIENCE_SECONDS) for each in futures]
    assert all(each.segments for each in together)
    for one, alone in zip(together, (decoded(model, each) for each in chunks), strict=True):
        assert [each.text for each in one.segments] == [each.text for each in alone.segments]
        assert [word.text for word in words(one)] == [word.text for word in words(alone)]
        # A processor may add in another order for another number of windows: probabilities and times are near.
        assert times(one) == pytest.approx(times(alone), abs=0.1)


def words(transcript: ChunkTranscript) -> list[Word]:
    return [word for segment in transcript.segments for word in segment.words]


def times(transcript: ChunkTranscript) -> list[float]:
    return [seconds for word in words(transcript) for seconds in (word.start, word.end)]
