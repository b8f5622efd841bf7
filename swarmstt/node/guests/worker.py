"""Helps a node as its guest, from any network, with the same engine as a helper of its swarm."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol, TypeVar

import aiohttp

from swarmstt.backoff import backoff_seconds
from swarmstt.bodies import parse_json
from swarmstt.codec import PlainError
from swarmstt.core.work import ChunkDecoder
from swarmstt.errors import EngineError, InputError, LocalError, ModelError, NotLoadedError
from swarmstt.node.engines.load_retries import LoadRetries
from swarmstt.node.guests.client import CopiedError, GuestClient, HostAwayError, RefusedError, Task, WorkerSocket
from swarmstt.node.guests.time_left import TimeLeft
from swarmstt.speech.models.files import REPOSITORIES
from swarmstt.tasks import TaskSet, happens

logger = logging.getLogger(__name__)

ASK_SECONDS = 3.0
"""Between two requests for work, if the last one gave none."""
BEAT_SECONDS = 2.0
SLOW_BEAT_SECONDS = 10.0
"""The same if no WebSocket gets through."""
MOST_PAUSE_SECONDS = 30.0
"""Between two tries to reach a node that does not answer; they begin with one second."""
GOODBYE_SECONDS = 1.5
"""How long handing back may take after Ctrl-C."""

Answer = TypeVar("Answer")


class GuestEngines(ChunkDecoder, Protocol):
    """What decodes: the node's Engines, or a fake in tests."""

    @property
    def model_hashes(self) -> frozenset[str]: ...

    async def obtain(self, name: str, progress: Callable[[int, int], None]) -> str: ...

    async def look_around(self, preferred: str) -> list[str]: ...

    def slots(self, model_hashes: frozenset[str]) -> int: ...

    @property
    def load_retries(self) -> LoadRetries: ...


@dataclass(slots=True, kw_only=True, eq=False)
class _Job:
    task: Task
    progress: float = 0.0
    decoded: bool = False
    running: asyncio.Task[None] | None = None


class GuestWorker:
    """Takes chunks of one node until cancelled, or for so many seconds; then hands back what it holds. `say` gets what
    happens, in sentences for the person at this PC; `preferred` is a model, perhaps in a folder, that this PC has."""

    def __init__(
        self,
        client: GuestClient,
        engines: GuestEngines,
        *,
        name: str,
        preferred: str,
        say: Callable[[str], None],
        for_seconds: float | None = None,
        ask_seconds: float = ASK_SECONDS,
        beat_seconds: float = BEAT_SECONDS,
        most_pause_seconds: float = MOST_PAUSE_SECONDS,
    ) -> None:
        self._client = client
        self._engines = engines
        self._name = name
        self._preferred = preferred
        self._say = say
        self._time_left = TimeLeft(for_seconds)
        self._ask_seconds = ask_seconds
        self._beat_seconds = beat_seconds
        self._most_pause_seconds = most_pause_seconds
        self._slots = 1
        self._jobs: dict[str, _Job] = {}
        self._is_away = False
        self._is_leaving = False
        self._freed = asyncio.Event()
        self._taking: asyncio.Task[None] | None = None
        self._tasks = TaskSet()

    async def run(self) -> None:
        """Help until cancelled or the time is over. NoInvitationError if the invitation is not valid (any more),
        HostAwayError if the node cannot be reached at first, ModelError if this PC cannot decode the book, CopiedError
        if another PC has begun with the same id since."""
        try:
            await self._client.register(self._name, self._slots)
            self._say("This PC helps now. Ctrl-C ends it.")
            self._time_left.begin()
            self._tasks.start(self._beat())
            self._taking = self._tasks.start(self._take())
            over = self._tasks.start(self._time_left.over())
            either: set[asyncio.Future[None]] = {self._tasks.failed, over}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if self._tasks.failed.done():
                await self._tasks.failed
        finally:
            await self._leave()

    async def _take(self) -> None:
        """Asks for chunks while there is a slot."""
        while not self._is_leaving:
            self._freed.clear()
            may_ask = len(self._jobs) < self._slots and self._time_left.is_enough()
            if not self._jobs and not may_ask:
                self._time_left.end()
            task = await self._next_task() if may_ask else None
            if task is not None and task.id not in self._jobs:
                job = self._jobs[task.id] = _Job(task=task)
                job.running = None if self._is_leaving else self._tasks.start(self._do(job))
            else:
                await happens(self._freed, self._ask_seconds)

    async def _next_task(self) -> Task | None:
        try:
            return await self._patiently(self._client.next_task)
        except CopiedError:
            # They were taken from this PC when the other one began, and may be that one's by now, which has the same
            # id: it would lose them if this one handed them back.
            self._jobs.clear()
            raise

    async def _do(self, job: _Job) -> None:
        began_at = asyncio.get_running_loop().time()
        try:
            await self._ready_model(job.task)
            audio = await self._patiently(lambda: self._client.audio(job.task))
            await self._decode(job, audio)
        except RefusedError:
            logger.info("A part is no longer needed.")
        self._time_left.took(asyncio.get_running_loop().time() - began_at)
        self._jobs.pop(job.task.id, None)
        self._freed.set()

    async def _ready_model(self, task: Task) -> None:
        """Sees to it that this PC has the very model that the chunk is to be decoded with; ModelError if it cannot."""
        if task.model_hash not in self._engines.model_hashes:
            await self._engines.look_around(self._preferred)
        if task.model_hash not in self._engines.model_hashes:
            # Only the names that everybody knows: another PC has no say in what else is fetched and loaded here.
            if task.model not in REPOSITORIES:
                raise ModelError(f"This PC does not have the model {task.model!r} that the book needs.")
            self._say(f"Getting the model {task.model}; this may take some minutes.")
            if await self._engines.obtain(task.model, self._check_leaving) != task.model_hash:
                raise ModelError(f"That PC has another edition of the model {task.model} than this PC can have.")
        self._slots = self._engines.slots(frozenset({task.model_hash}))

    def _check_leaving(self, done: int, total: int) -> None:
        if self._is_leaving:
            raise ModelError("The download was broken off; it goes on from there the next time.")

    async def _decode(self, job: _Job, audio: bytes) -> None:
        task = job.task

        def on_progress(part: float) -> None:
            job.progress = part

        try:
            result = await self._engines.decode(task.job(audio), on_progress)
        except NotLoadedError as error:
            self._say(error.message)
            job.decoded = True  # it is no longer this PC's, and nobody can stop it
            await self._patiently(lambda: self._client.hand_back(task))
            await self._engines.load_retries.wait(task.model_hash)
            return
        except (EngineError, InputError) as error:
            logger.warning("A part of %s could not be decoded: %s", task.original_filename, error.message)
            reason = error.message
            await self._patiently(lambda: self._client.hand_back(task, reason))
            return
        job.decoded = True
        self._slots = self._engines.slots(frozenset({task.model_hash}))
        await self._patiently(lambda: self._client.complete(task, result))
        self._say(f"A part of {task.original_filename} is done, in {result.provenance.processing_seconds:.0f} s.")

    async def _patiently(self, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        """Asks until the node answers, with longer and longer pauses."""
        failures = 0
        while True:
            try:
                answer = await ask()
            except HostAwayError as error:
                if not self._is_away:
                    self._say(f"{error.message} It is tried again and again.")
                self._is_away = True
                failures += 1
                await asyncio.sleep(
                    backoff_seconds(failures, first_seconds=1.0, longest_seconds=self._most_pause_seconds)
                )
                continue
            if self._is_away:
                self._say("That PC answers again.")
            self._is_away = False
            return answer

    async def _beat(self) -> None:
        """Send how far the chunks are: by a WebSocket, or if none gets through by plain heartbeats."""
        while True:
            try:
                socket = await self._client.open_socket()
            except HostAwayError:
                if self._jobs:
                    with suppress(LocalError):  # whoever asks for chunks says what is wrong
                        await self._client.heartbeat()
                await asyncio.sleep(SLOW_BEAT_SECONDS)
                continue
            try:
                await self._tell(socket)
            finally:
                await socket.close()
            await asyncio.sleep(self._beat_seconds)

    async def _tell(self, socket: WorkerSocket) -> None:
        """Until the socket closes."""
        listening = self._tasks.start(self._listen(socket))
        while not listening.done():
            for job in list(self._jobs.values()):
                message = {"type": "progress", "task_id": job.task.id, "progress": job.progress, "heartbeats": True}
                with suppress(ConnectionError):  # then the listening ends too
                    await socket.send_json(message)
            await asyncio.wait({listening}, timeout=self._beat_seconds)

    async def _listen(self, socket: WorkerSocket) -> None:
        async for message in socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                continue
            with suppress(PlainError):
                said = parse_json(message.data)
                if isinstance(said, dict) and said.get("type") == "stopped":
                    self._stop(str(said.get("task_id")))

    def _stop(self, task_id: str) -> None:
        """Stops a chunk that the node no longer needs: it was done elsewhere, its book was paused, or is gone."""
        job = self._jobs.get(task_id)
        if job is not None and not job.decoded and job.running is not None:
            del self._jobs[task_id]
            job.running.cancel()
            self._freed.set()

    async def _leave(self) -> None:
        """Hands back what is held, and stops all."""
        self._is_leaving = True
        self._freed.set()
        returning = asyncio.ensure_future(self._hand_back_all())
        await asyncio.wait({returning}, timeout=GOODBYE_SECONDS)
        returning.cancel()
        await asyncio.gather(returning, return_exceptions=True)
        await self._tasks.close()

    async def _hand_back_all(self) -> None:
        if self._taking is not None:  # the node may have given a chunk that is on its way to this PC
            await asyncio.wait({self._taking})
        returning = (self._client.hand_back(job.task) for job in self._jobs.values())
        await asyncio.gather(*returning, return_exceptions=True)
