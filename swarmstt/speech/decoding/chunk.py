"""A chunk's job into its transcript: the one function that all ways to decode end in, in whatever process."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from swarmstt.core.transcript import ChunkTranscript
from swarmstt.core.work import ChunkJob
from swarmstt.speech.audio import flac
from swarmstt.speech.decoding.decoder import Decoder
from swarmstt.speech.decoding.sharing import Searches

if TYPE_CHECKING:
    from faster_whisper import WhisperModel


def decode_chunk(
    job: ChunkJob,
    model: WhisperModel,
    progress: Callable[[float], None],
    *,
    batch_size: int = 1,
    searches: Searches | None = None,
) -> ChunkTranscript:
    """Decode a chunk with a model that is loaded; others may use the model at the same time.

    The transcript depends on job and model alone. `progress` gets the part that is decoded, from 0 to 1, after each
    batch of windows; it may raise to end this. `searches` may join its windows with those of other chunks. Raises
    InputError for audio that is not what the job says.
    """
    samples = flac.decode(job.audio, job.sample_count)
    decoder = Decoder(model, batch_size=batch_size, searches=searches)
    return decoder.decode(samples, job.options, progress, tries=job.tries)
