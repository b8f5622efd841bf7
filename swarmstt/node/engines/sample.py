"""The short sample that ships with the package, decoded on this PC: what it hears, and how fast it is."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.core.models.speeds import Seen
from swarmstt.core.work import ChunkJob
from swarmstt.ids import HelperId
from swarmstt.node.engines.engines import Engines
from swarmstt.options import DecodeOptions
from swarmstt.speech.ingest.reader import BookReader, ChunkReady, ReadRequest

SAMPLE = files("swarmstt").joinpath("sample")
"""A few spoken sentences, and their text."""


@dataclass(slots=True)
class SampleRead:
    """The sample as the reader gave it."""

    audio: bytes = b""
    sample_count: int = 0

    @property
    def seconds(self) -> float:
        return self.sample_count / SAMPLE_RATE

    def job(self, model: str, model_hash: str, *, beam_size: int | None = DecodeOptions().beam_size) -> ChunkJob:
        """Returns what it takes to decode it."""
        return ChunkJob(
            title="the sample",
            sample_count=self.sample_count,
            model=model,
            model_hash=model_hash,
            options=DecodeOptions(language="en", beam_size=beam_size),
            audio=self.audio,
        )


async def read_sample() -> SampleRead:
    """Reads it as a book is read. InputError if it cannot be read."""
    sample = SampleRead()
    with as_file(SAMPLE.joinpath("spoken.mp3")) as path, tempfile.TemporaryDirectory() as spool:
        request = ReadRequest(files=(path,), name=path.name, is_folder=False, spool=Path(spool), language_clips=False)
        async with BookReader(request) as reader:
            async for event in reader:
                if isinstance(event, ChunkReady):
                    sample.audio, sample.sample_count = event.path.read_bytes(), event.chunk.sample_count
    return sample


async def try_out(engines: Engines, helper_id: HelperId, model: str) -> Seen:
    """Decodes the sample with a model, which is loaded before; returns how long that took. ModelError if this PC cannot
    have it."""
    model_hash = await engines.obtain(model)
    sample = await read_sample()
    await engines.warm_up(model_hash)
    result = await engines.decode(sample.job(model, model_hash), lambda progress: None)
    return Seen(
        helper_id=helper_id,
        model=model,
        device=result.provenance.device,
        audio_seconds=sample.seconds,
        processing_seconds=result.provenance.processing_seconds,
    )
