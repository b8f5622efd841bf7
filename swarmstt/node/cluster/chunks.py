"""Chunks on their way to the workers of a cluster and back: their keys, and the bytes that are sent."""

from __future__ import annotations

import hashlib
from collections.abc import Container

import msgpack

from swarmstt import __version__
from swarmstt.codec import to_plain
from swarmstt.core.work import ChunkJob, ChunkResult
from swarmstt.errors import EngineError, HandedBackError
from swarmstt.ids import BookId, LeaseId
from swarmstt.swarm.links.messages import Delivered, Failed, Leased, decode, encode

MOST_COUNTED = 10_000
"""Chunks of which it is kept that something went wrong with them."""
MOST_DEATHS = 3
"""After so many workers that ended with a chunk, the chunk is taken for the cause."""


def content_key(job: ChunkJob, engine: str) -> str:
    """Returns a key that is the same for all jobs that have the same result."""
    tries = [job.tries] if job.tries else []
    what = msgpack.packb([job.sample_count, job.model_hash, to_plain(job.options), engine, __version__, *tries])
    return f"swarmstt-{hashlib.sha256(what + job.audio).hexdigest()}"


def frame_of(job: ChunkJob) -> bytes:
    """Returns what a worker is sent: the job, without its title or whose it is."""
    return encode(
        Leased(
            lease_id=LeaseId(0),
            book_id=BookId(""),
            book_title="",
            sample_count=job.sample_count,
            model=job.model,
            model_hash=job.model_hash,
            options=job.options,
            audio=job.audio,
            tries=job.tries,
        )
    )


def result_of(frame: bytes) -> ChunkResult:
    """Returns the result that a worker sent, within the bounds of what any helper may send. EngineError if it could not
    decode the chunk, HandedBackError if others should, PlainError for what makes no sense."""
    match decode(frame):
        case Delivered() as delivered:
            return delivered.result()
        case Failed(reason=reason):
            raise EngineError(reason)
    raise HandedBackError


class Attempts:
    """What went wrong with chunks, by their content, so that each attempt has a key of its own: Dask may not be done
    with an earlier one."""

    def __init__(self) -> None:
        self._unclean: dict[str, int] = {}
        self._deaths: dict[str, int] = {}

    def key(self, content: str, taken: Container[str]) -> str:
        """Returns a key for the next attempt: the content's own, unless that is taken or an attempt went wrong."""
        number = self._unclean.get(content, 0) + 1
        while (key := content if number == 1 else f"{content}-{number}") in taken:
            number += 1
        return key

    def ended(self, content: str, *, worker_died: bool) -> None:
        """Takes note of an attempt without an outcome. EngineError if too many workers died with this chunk."""
        _count(self._unclean, content)
        if worker_died and _count(self._deaths, content) >= MOST_DEATHS:
            self.forget(content)
            raise EngineError(f"{MOST_DEATHS} workers of the cluster ended while they decoded this part.")

    def forget(self, content: str) -> None:
        """Takes note of an attempt that had an outcome."""
        self._unclean.pop(content, None)
        self._deaths.pop(content, None)


def _count(counts: dict[str, int], content: str) -> int:
    """Counts once more, and returns how often that was; of so many chunks the oldest are forgotten."""
    counts[content] = counts.pop(content, 0) + 1
    if len(counts) > MOST_COUNTED:
        del counts[next(iter(counts))]
    return counts[content]
