"""The engine as the node uses it: `decode` returns a chunk's transcript, whatever becomes of the child that does it.

One task owns the child and everything that happens to it; the public methods queue jobs and await their futures.
A job that saw a child die runs alone the next time, so a chunk that kills its child is told from one that was near.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from swarmstt.codec import from_plain, to_plain
from swarmstt.core.books import SAMPLE_RATE
from swarmstt.core.transcript import ChunkTranscript
from swarmstt.core.work import ChunkJob
from swarmstt.errors import EngineError, InputError, ModelError
from swarmstt.speech.engine.capacity import EngineCapacity
from swarmstt.speech.engine.frames import EngineDescription, FoundBatchSize
from swarmstt.speech.engine.jobs import Job, Jobs
from swarmstt.speech.engine.recovery import Recovery
from swarmstt.speech.engine.session import (
    EngineSession,
    EngineTiming,
    Launch,
    WatchesMemory,
    child_environment,
    launch_engine,
)
from swarmstt.speech.engine.settings import EngineSettings
from swarmstt.speech.models.files import what_lacks
from swarmstt.speech.process.frames import FRAME_LIMIT_BYTES
from swarmstt.speech.process.memory_watch import MemoryWatch

logger = logging.getLogger(__name__)

_MOST_FLAC_BYTES = FRAME_LIMIT_BYTES - 2**20


class Engine:
    """Decodes up to `slots` chunks at once, twice as many if they are short, in a child process that it keeps warm and
    replaces when it dies.

    Use it as an async context manager. The child starts when it is first needed.
    """

    def __init__(
        self,
        settings: EngineSettings,
        *,
        say: Callable[[str], None] = lambda sentence: None,
        resized: Callable[[], None] = lambda: None,
        launch: Launch = launch_engine,
        timing: EngineTiming | None = None,
        watch_memory: Callable[[], WatchesMemory] = MemoryWatch,
    ) -> None:
        """Call `say` once with a sentence for the person at this PC when memory ran short, or more is taken than was
        set; and `resized` each time that `slots` may be another number."""
        self._settings = settings
        self._launch = launch
        self._watch_memory = watch_memory
        self._timing = timing or EngineTiming()
        self._capacity = EngineCapacity(settings, say, resized)
        self._jobs = Jobs()
        self._job_count = 0
        self._session: EngineSession | None = None
        self._recovery = Recovery(self._jobs, self._capacity, self._timing)
        self._needed = asyncio.Event()
        self._quiet = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Engine:
        self._task = asyncio.create_task(self._serve())
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._jobs.fail_all(EngineError("The engine was closed."))

    @property
    def slots(self) -> int:
        """How many chunks it decodes at once; until the first start, what is planned for the device that is likely."""
        return self._capacity.slots

    @property
    def notice(self) -> str | None:
        """A sentence for the person at this PC, if memory ran short, or too little was set; else None."""
        return self._capacity.notice

    def describe(self) -> EngineDescription | None:
        """What it runs on; None until the first child is ready."""
        return self._capacity.description

    async def start(self) -> EngineDescription:
        """Load the model if that is not done. ModelError if it cannot be; NotLoadedError if a later try may go well."""
        description = self._capacity.description
        session = self._session
        if session is not None and session.is_ready and not session.is_worn_out and description is not None:
            return description
        self._check_serving()
        starter: asyncio.Future[EngineDescription] = asyncio.get_running_loop().create_future()
        self._jobs.starters.append(starter)
        self._needed.set()
        return await starter

    async def decode(
        self, job: ChunkJob, on_progress: Callable[[float], None] = lambda fraction: None
    ) -> ChunkTranscript:
        """Decode a chunk. Cancelling the task stops the decoding.

        Errors: InputError (bad audio), EngineDiedError (this chunk ended two children), OutOfMemoryError (even the
        smallest capacity is too much), ModelError as `start`, else EngineError.
        """
        if len(job.audio) > _MOST_FLAC_BYTES:
            raise InputError("This part is too long to be transcribed; choose a shorter --chunk_seconds.")
        request = {"type": "decode", "chunk": to_plain(job)}
        reply = await self._do(request, on_progress, urgent=job.urgent, audio_seconds=job.sample_count / SAMPLE_RATE)
        return from_plain(ChunkTranscript, reply["transcript"])

    async def detect_language(self, clip_paths: Sequence[Path], among: Sequence[str] = ()) -> tuple[str, float]:
        """Return the language of some FLAC clips of one book, one of `among` unless that is empty, and its probability,
        soon also while chunks are decoded: nothing can be done with the book before. Errors as `decode`."""
        request = {"type": "detect", "clips": [str(path) for path in clip_paths], "among": list(among)}
        reply = await self._do(request, lambda fraction: None, urgent=True)
        return reply["language"], reply["probability"]

    async def stop_all(self, *, unload: bool = False) -> None:
        """Stop every job, whose callers get an EngineError, and wait until none runs; `unload` ends the child too."""
        for job in [*self._jobs.waiting, *self._jobs.running.values()]:
            self._abandon(job)
            job.fail(EngineError("Transcribing was stopped."))
        session = self._session
        if session is None:
            return
        if unload:
            session.kill("stopped")
        elif self._jobs.leaving:
            for number in tuple(self._jobs.leaving):
                self._kill_later(session, number, self._timing.stop_seconds)
        while self._session is session and (unload or self._jobs.leaving):
            self._quiet.clear()
            await self._quiet.wait()

    def end_child(self) -> None:
        """End the child at once, and free its memory; what somebody still waits for is done by the next one."""
        if self._session is not None:
            self._session.kill("stopped")

    async def _do(
        self,
        request: dict[str, Any],
        on_progress: Callable[[float], None],
        *,
        urgent: bool,
        audio_seconds: float = math.inf,
    ) -> dict[str, Any]:
        self._check_serving()
        self._job_count += 1
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        job = Job(
            number=self._job_count,
            request={**request, "job": self._job_count},
            on_progress=on_progress,
            future=future,
            urgent=urgent,
            audio_seconds=audio_seconds,
        )
        self._jobs.waiting.append(job)
        self._needed.set()
        self._dispatch()
        try:
            return await future
        except asyncio.CancelledError:
            self._abandon(job)
            raise

    def _check_serving(self) -> None:
        if self._task is None or self._task.done():
            raise EngineError("The engine was closed.")

    def _abandon(self, job: Job) -> None:
        """Take a job out; one that runs is asked to stop, and its child killed if it does not answer soon."""
        if job in self._jobs.waiting:
            self._jobs.waiting.remove(job)
        elif self._jobs.running.pop(job.number, None) is not None and self._session is not None:
            self._jobs.leaving.add(job.number)
            self._session.post({"type": "stop", "job": job.number})
            patience = self._timing.busy_stop_seconds if self._jobs.running else self._timing.stop_seconds
            self._kill_later(self._session, job.number, patience)

    def _kill_later(self, session: EngineSession, number: int, delay_seconds: float) -> None:
        def kill_if_there() -> None:
            if self._session is session and number in self._jobs.leaving:
                session.kill("stopped")

        asyncio.get_running_loop().call_later(delay_seconds, kill_if_there)

    def _dispatch(self) -> None:
        """Give the child what its free slots can take; one that is worn out is ended between two jobs instead."""
        session = self._session
        if session is None or not session.is_ready:
            return
        if session.is_worn_out:
            if not self._jobs.in_child:
                session.kill("worn_out")
            return
        while job := self._jobs.next_to_start(self._capacity.slots, self._capacity.shared_seconds):
            self._jobs.running[job.number] = job
            session.post(job.request)
        session.working_time.note(self._jobs.in_child > 0)

    async def _serve(self) -> None:
        """The task that owns the child."""
        try:
            while True:
                if not self._jobs.is_child_wanted:
                    self._needed.clear()
                    await self._needed.wait()
                await self._run_child()
        except Exception as error:  # a defect: nobody may wait for ever
            logger.exception("The engine's task failed")
            self._jobs.fail_all(EngineError(f"The engine failed: {error}."))
            raise

    async def _run_child(self) -> None:
        if lack := await asyncio.to_thread(what_lacks, self._settings.model_folder):
            self._jobs.fail_all(ModelError(f"{lack}; fetch the model again."))
            return
        request = await self._capacity.load_request()
        try:
            child = await self._launch(child_environment(request.cpu.threads))
        except EngineError as error:
            self._jobs.fail_all(ModelError(error.message))
            return
        session = self._session = EngineSession(child, self._timing, self._watch_memory)
        session.post({"type": "load", **to_plain(request)})
        try:
            async for frame in session.frames():
                self._handle(session, frame)
                await self._capacity.keep_batch_sizes()
        finally:
            self._session = None
            ending = await session.close()
            self._quiet.set()
        await self._recovery.child_ended(session, ending)

    def _handle(self, session: EngineSession, frame: dict[str, Any]) -> None:
        kind = frame["type"]
        if kind == "ready":
            self._ready(from_plain(EngineDescription, frame))
        elif kind == "batch":
            self._capacity.batch_found(from_plain(FoundBatchSize, frame))
        elif kind == "progress":
            self._jobs.tell(frame)
        elif kind in {"done", "failed", "stopped"}:
            self._job_ended(session, frame)

    def _ready(self, description: EngineDescription) -> None:
        self._recovery.child_ready()
        self._capacity.loaded(description)
        self._jobs.child_ready(description)
        self._dispatch()

    def _job_ended(self, session: EngineSession, frame: dict[str, Any]) -> None:
        number = frame["job"]
        if frame["type"] == "failed" and frame["kind"] == "out_of_memory":
            session.kill("out_of_memory")  # what it holds is freed for certain only with the process
            return
        if number is None:
            self._jobs.fail_all(ModelError(frame["message"]))
            return
        job = self._jobs.running.pop(number, None)
        self._jobs.leaving.discard(number)
        if job is not None:
            job.answer(frame)
        self._quiet.set()
        self._dispatch()
