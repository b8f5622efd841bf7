"""A decoder of chunks in another process, behind a plain queue: all that a cluster needs to help a node. It stands for
Dask, Ray or a batch system: jobs go in, what becomes of them comes out, and nothing is known of books or nodes."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing import Pipe, get_context
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import ctranslate2
from faster_whisper import WhisperModel

from swarmstt.core.books import Provenance
from swarmstt.core.work import ChunkJob, ChunkResult
from swarmstt.errors import EngineError, InputError
from swarmstt.speech.decoding.chunk import decode_chunk
from swarmstt.speech.engine.session import child_environment
from swarmstt.tasks import in_own_thread

DIED = "The process that decodes has ended: start the cluster again."


class QueuedDecoder:
    """A ChunkDecoder; use it as an async context manager. A job that is cancelled never begins; one in hand ends after
    the window that is being decoded. If the process dies, all jobs raise EngineError, and so do those that follow."""

    def __init__(self, model_folder: str) -> None:
        self._pipe, self._far_end = Pipe()
        self._process = get_context("spawn").Process(target=decode_all, args=(model_folder, self._far_end), daemon=True)
        self._sender = ThreadPoolExecutor(1)  # the queue: a full pipe makes its thread wait, and not the event loop
        self._answers: dict[str, asyncio.Queue[float | ChunkResult | Exception]] = {}

    async def __aenter__(self) -> QueuedDecoder:
        with patch.dict(os.environ, child_environment(threads=1)):  # the last digits of a sum depend on the threads
            await asyncio.to_thread(self._process.start)
        self._far_end.close()  # the pipe ends with the process
        self._listening = asyncio.create_task(self._listen())
        return self

    async def __aexit__(self, *exception: object) -> None:
        with self._pipe, self._sender:
            self._process.kill()
            await self._listening
            await asyncio.to_thread(self._process.join)

    async def decode(self, job: ChunkJob, on_progress: Callable[[float], None]) -> ChunkResult:
        if self._listening.done():
            raise EngineError(DIED)
        job_id = uuid4().hex
        answers = self._answers[job_id] = asyncio.Queue()
        self._sender.submit(self._pipe.send, (job_id, job))
        try:
            while isinstance(answer := await answers.get(), float):
                on_progress(answer)
        finally:
            del self._answers[job_id]
            self._sender.submit(self._pipe.send, (job_id, None))  # nobody waits for it any more
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def _listen(self) -> None:
        with suppress(EOFError, OSError):
            while True:
                job_id, answer = await in_own_thread(self._pipe.recv)
                if job_id in self._answers:
                    self._answers[job_id].put_nowait(answer)
        for answers in self._answers.values():
            answers.put_nowait(EngineError(DIED))


def decode_all(model_folder: str, pipe: Any) -> None:
    """The other process: decodes one job after another until it is killed. None instead of a job calls it off."""
    model = WhisperModel(model_folder, device="cpu", compute_type="int8", cpu_threads=1, local_files_only=True)
    about = {"device": "cpu", "compute_type": "int8", "engine": f"ctranslate2 {ctranslate2.__version__}"}
    jobs: dict[str, Any] = {}

    def on_progress(part: float) -> None:
        while pipe.poll():
            jobs.update([pipe.recv()])
        if jobs[job_id] is None:
            raise EngineError("Nobody waits for this chunk any more.")
        pipe.send((job_id, part))

    while True:
        job_id, job = next(iter(jobs.items() or [pipe.recv()]))
        jobs[job_id], began_at = job, time.monotonic()
        try:
            on_progress(0.0)
            transcript = decode_chunk(job, model, on_progress)
            seconds = time.monotonic() - began_at
            provenance = Provenance(helper_name="A cluster", model=job.model, processing_seconds=seconds, **about)
            pipe.send((job_id, ChunkResult(transcript=transcript, provenance=provenance)))
        except Exception as error:  # noqa: BLE001 - whatever a library raises costs this chunk alone
            pipe.send((job_id, error if isinstance(error, InputError) else EngineError(str(error))))
        del jobs[job_id]
