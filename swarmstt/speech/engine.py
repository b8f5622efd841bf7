"""The engine as the node uses it: `decode` returns a chunk's transcript, whatever becomes of the child that does it.

One task owns the child and everything that happens to it; the public methods queue jobs and await their futures.
A job that saw a child die runs alone the next time, so a chunk that kills its child is told from one that was near.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from swarmstt.core.plain import from_plain, to_plain
from swarmstt.core.transcript import ChunkTranscript, DecodeOptions
from swarmstt.errors import EngineDiedError, EngineError, InputError, LocalError, ModelError, OutOfMemoryError
from swarmstt.speech.engine_capacity import EngineCapacity
from swarmstt.speech.engine_frames import EngineDescription
from swarmstt.speech.engine_jobs import Job, Jobs
from swarmstt.speech.engine_session import (
    Ending,
    EngineSession,
    EngineTiming,
    Launch,
    child_environment,
    launch_engine,
)
from swarmstt.speech.engine_settings import EngineSettings
from swarmstt.speech.frames import FRAME_LIMIT_BYTES
from swarmstt.speech.model_files import what_lacks

__all__ = ["Engine", "EngineDescription", "EngineSettings", "EngineTiming"]

logger = logging.getLogger(__name__)

_MOST_FLAC_BYTES = FRAME_LIMIT_BYTES - 2**20


class Engine:
    """Decodes up to `slots` chunks at once in a child process that it keeps warm and replaces when it dies.

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
    ) -> None:
        """`say` is told, once, in a sentence for the person at this PC, that memory ran short, and that more is taken
        than was set; `resized` is called each time that `slots` may be another number."""
        self._settings = settings
        self._launch = launch
        self._timing = timing or EngineTiming()
        self._capacity = EngineCapacity(settings, say, resized)
        self._jobs = Jobs()
        self._job_count = 0
        self._starters: list[asyncio.Future[EngineDescription]] = []
        self._session: EngineSession | None = None
        self._load_deaths = 0
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
        self._fail_all(EngineError("The engine was closed."))

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
        """Loads the model if that is not done. ModelError or OutOfMemoryError if it cannot be."""
        description = self._capacity.description
        if self._session is not None and self._session.is_ready and description is not None:
            return description
        self._check_serving()
        starter: asyncio.Future[EngineDescription] = asyncio.get_running_loop().create_future()
        self._starters.append(starter)
        self._needed.set()
        return await starter

    async def decode(
        self,
        flac: bytes | Path,
        sample_count: int,
        options: DecodeOptions,
        on_progress: Callable[[float], None] = lambda fraction: None,
    ) -> ChunkTranscript:
        """The transcript of a chunk of `sample_count` samples at 16 kHz. Cancelling the task stops the decoding.

        Errors: InputError (bad audio), EngineDiedError (this chunk ended two children), OutOfMemoryError (even the
        smallest capacity is too much), ModelError, else EngineError.
        """
        if isinstance(flac, bytes) and len(flac) > _MOST_FLAC_BYTES:
            raise InputError("This part is too long to be decoded; choose a shorter --chunk_seconds.")
        audio = {"flac": flac, "path": None} if isinstance(flac, bytes) else {"flac": None, "path": str(flac)}
        request = {"type": "decode", **audio, "sample_count": sample_count, "options": to_plain(options)}
        return from_plain(ChunkTranscript, (await self._do(request, on_progress))["transcript"])

    async def detect_language(self, clip_paths: Sequence[Path]) -> tuple[str, float]:
        """The language of some FLAC clips of one book, and its probability. Errors as `decode`."""
        request = {"type": "detect", "clips": [str(path) for path in clip_paths]}
        reply = await self._do(request, lambda fraction: None)
        return reply["language"], reply["probability"]

    async def stop_all(self, *, unload: bool = False) -> None:
        """Stops every job, whose callers get an EngineError, and waits until none runs; `unload` ends the child too."""
        for job in [*self._jobs.waiting, *self._jobs.running.values()]:
            self._abandon(job)
            job.fail(EngineError("Decoding was stopped."))
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
        """Ends the child at once, and frees its memory; what somebody still waits for is done by the next one."""
        if self._session is not None:
            self._session.kill("stopped")

    async def _do(self, request: dict[str, Any], on_progress: Callable[[float], None]) -> dict[str, Any]:
        self._check_serving()
        self._job_count += 1
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        job = Job(
            number=self._job_count,
            request={**request, "job": self._job_count},
            on_progress=on_progress,
            future=future,
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
        """Takes a job out; one that runs is asked to stop, and its child killed if it does not answer soon."""
        if job in self._jobs.waiting:
            self._jobs.waiting.remove(job)
        elif self._jobs.running.pop(job.number, None) is not None and self._session is not None:
            self._jobs.leaving.add(job.number)
            self._session.post({"type": "stop", "job": job.number})
            alone = not self._jobs.running
            patience = self._timing.stop_seconds if alone else self._timing.busy_stop_seconds
            self._kill_later(self._session, job.number, patience)

    def _kill_later(self, session: EngineSession, number: int, delay_seconds: float) -> None:
        def kill_if_there() -> None:
            if self._session is session and number in self._jobs.leaving:
                session.kill("stopped")

        asyncio.get_running_loop().call_later(delay_seconds, kill_if_there)

    def _dispatch(self) -> None:
        """Gives the child what its free slots can take."""
        session = self._session
        if session is None or not session.is_ready:
            return
        while job := self._jobs.next_to_start(self._capacity.slots):
            self._jobs.running[job.number] = job
            session.post(job.request)

    async def _serve(self) -> None:
        """The task that owns the child."""
        try:
            while True:
                self._starters = [starter for starter in self._starters if not starter.done()]
                if not self._jobs.waiting and not self._starters:
                    self._needed.clear()
                    await self._needed.wait()
                await self._run_child()
        except Exception as error:  # a defect: nobody may wait for ever
            logger.exception("The engine's task failed")
            self._fail_all(EngineError(f"The engine failed: {error}."))
            raise

    async def _run_child(self) -> None:
        if lack := what_lacks(self._settings.model_folder):
            self._fail_all(ModelError(f"{lack}; fetch the model again."))
            return
        request = self._capacity.load_request()
        try:
            child = await self._launch(child_environment(request.cpu.threads))
        except EngineError as error:
            self._fail_all(ModelError(error.message))
            return
        session = self._session = EngineSession(child, self._timing)
        session.post({"type": "load", **to_plain(request)})
        try:
            async for frame in session.frames():
                self._handle(session, frame)
        finally:
            self._session = None
            ending = await session.close()
            self._quiet.set()
        await self._after(session, ending)

    def _handle(self, session: EngineSession, frame: dict[str, Any]) -> None:
        kind = frame["type"]
        if kind == "ready":
            self._ready(from_plain(EngineDescription, frame))
        elif kind == "progress":
            if job := self._jobs.running.get(frame["job"]):
                job.on_progress(frame["fraction"])
        elif kind in {"done", "failed", "stopped"}:
            self._job_ended(session, frame)

    def _ready(self, description: EngineDescription) -> None:
        self._load_deaths = 0
        self._capacity.loaded(description)
        for starter in self._starters:
            if not starter.done():
                starter.set_result(description)
        self._starters.clear()
        self._dispatch()

    def _job_ended(self, session: EngineSession, frame: dict[str, Any]) -> None:
        number = frame["job"]
        if frame["type"] == "failed" and frame["kind"] == "out_of_memory":
            session.kill("out_of_memory")  # what it holds is freed for certain only with the process
            return
        if number is None:
            self._fail_all(ModelError(frame["message"]))
            return
        job = self._jobs.running.pop(number, None)
        self._jobs.leaving.discard(number)
        if job is not None:
            job.answer(frame)
        self._quiet.set()
        self._dispatch()

    async def _after(self, session: EngineSession, ending: Ending) -> None:
        """Decides what becomes of the jobs that the child owed."""
        owed = self._jobs.child_ended()
        if ending.kind == "stopped":
            self._jobs.wait_first(owed)
        elif not session.is_ready:
            await self._load_ended(session, ending)
        elif ending.kind == "out_of_memory" or (ending.kind == "died" and self._capacity.may_lack_memory):
            self._memory_ran_short(owed)
        else:
            self._child_died(owed, ending)

    def _child_died(self, owed: list[Job], ending: Ending) -> None:
        logger.warning("The decoding process ended (%s); %d parts are decoded again", ending.reason, len(owed))
        for job in owed:
            job.deaths += 1
        self._jobs.wait_first([job for job in owed if job.deaths < 2])
        for job in owed:
            if job.deaths >= 2:
                message = f"This part ended the decoding process twice ({ending.reason}); {_WHAT_HELPS}"
                job.fail(EngineDiedError(message))

    def _memory_ran_short(self, owed: list[Job]) -> None:
        if not owed:
            return
        if self._capacity.take_less():
            self._jobs.wait_first(owed)
            return
        for job in owed:
            job.fail(OutOfMemoryError(_OUT_OF_MEMORY))

    async def _load_ended(self, session: EngineSession, ending: Ending) -> None:
        """A child ended before it was ready. If it told why, nobody waits any more; else it is tried again."""
        if not self._jobs.waiting and not self._starters:
            return
        if session.tried_gpu and self._capacity.leave_gpu(ending.reason):
            return
        if ending.kind == "out_of_memory":
            if not self._capacity.take_least():
                self._fail_all(OutOfMemoryError(_OUT_OF_MEMORY))
        elif self._load_deaths < len(self._timing.restart_pauses_seconds):
            self._load_deaths += 1
            await asyncio.sleep(self._timing.restart_pauses_seconds[self._load_deaths - 1])
        else:
            self._load_deaths = 0
            self._fail_all(ModelError(f"The model cannot be loaded: the decoding process ended ({ending.reason})."))

    def _fail_all(self, error: LocalError) -> None:
        """Ends whatever waits or runs with this error."""
        for job in self._jobs.take_all():
            job.fail(type(error)(error.message))
        starters, self._starters = self._starters, []
        for starter in starters:
            if not starter.done():
                starter.set_exception(type(error)(error.message))


_WHAT_HELPS = "try it again, or use a smaller model."
_OUT_OF_MEMORY = (
    "There is not enough memory to decode, even one window at a time: close programs or choose a smaller model."
)
