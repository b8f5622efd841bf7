"""What decoding a chunk is, wherever it is done: the job, its result, and whoever turns the one into the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from swarmstt.core.books import Provenance
from swarmstt.core.transcript import ChunkTranscript
from swarmstt.options import DecodeOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkJob:
    """All that is needed to decode a chunk, and nothing of who asked for it.

    `title` is the book's, to be shown. `audio` is FLAC, 16 kHz mono, of exactly `sample_count` samples. `model` is a
    name for people; the one to decode with is that whose weights have the SHA-256 `model_hash`. `urgent`: somebody sits
    and waits for it, so it begins at once, beside what is being decoded. `tries`: how often a person had its gaps
    tried again; each time they are read in another way.
    """

    title: str
    sample_count: int
    model: str
    model_hash: str
    options: DecodeOptions
    audio: bytes
    urgent: bool = False
    tries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkResult:
    """The words of a chunk, and how they came about."""

    transcript: ChunkTranscript
    provenance: Provenance


class ChunkDecoder(Protocol):
    """Turns chunks into words: this PC's engines, a fake in tests, or a cluster that somebody joins to a node."""

    async def decode(self, job: ChunkJob, on_progress: Callable[[float], None]) -> ChunkResult:
        """Decode a chunk. `on_progress` may be called now and then with the part that is decoded, from 0 to 1.

        Raises EngineError or InputError if this chunk cannot be decoded, ModelError if none can be decoded with its
        model, HandedBackError if others should decode it. Cancelling it stops the decoding.
        """
