"""Helps a node as its guest, from any network, with the same engine as a helper of its swarm."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Protocol, TypeVar

import aiohttp
from filelock import FileLock, Timeout

from swarmstt.core.books import Provenance
from swarmstt.core.transcript import ChunkTranscript
from swarmstt.errors import EngineError, InputError, LocalError, ModelError, StorageError
from swarmstt.ids import BookId, LeaseId
from swarmstt.node.folders import Folders
from swarmstt.node.guest_client import GuestClient, HostAwayError, RefusedError, Task, WorkerSocket
from swarmstt.speech.model_files import REPOSITORIES
from swarmstt.swarm.messages import Leased
from swarmstt.tasks import TaskSet, happens

logger = logging.getLogger(__name__)

ASK_SECONDS = 3.0
"""Between two questions for work, while there is none."""
BEAT_SECONDS = 2.0
SLOW_BEAT_SECONDS = 10.0
"""The same where no WebSocket gets through."""
MOST_PAUSE_SECONDS = 30.0
"""Between two tries to reach a node that does not answer; they begin with one second."""
GOODBYE_SECONDS = 1.5
"""How long handing back may take after Ctrl-C."""

Answer = TypeVar("Answer")


class GuestEngines(Protocol):
    """What decodes: the node's Engines, or a fake in tests."""

    @property
    def model_hashes(self) -> frozenset[str]: ...

    async def obtain(self, name: str, progress: Callable[[int, int], None]) -> str: ...

    async def look_around(self, preferred: str) -> list[str]: ...

    def slots(self, model_hashes: frozenset[str]) -> int: ...

    async def decode(
        self, leased: Leased, on_progress: Callable[[float], None]
    ) -> tuple[ChunkTranscript, Provenance]: ...


@dataclass(slots=True, kw_only=True, eq=False)
class _Job:
    task: Task
    progress: float = 0.0
    decoded: bool = False
    running: asyncio.Task[None] | None = None


class GuestWorker:
    """Takes chunks of one node until cancelled; then hands back what it holds. `say` is told what happens, in
    sentences for the person at this PC; `preferred` is a model, perhaps in a folder, that this PC has."""

    def __init__(
        self,
        client: GuestClient,
        engines: GuestEngines,
        *,
        name: str,
        preferred: str,
        say: Callable[[str], None],
        ask_seconds: float = ASK_SECONDS,
    ) -> None:
        self._client = client
        self._engines = engines
        self._name = name
        self._preferred = preferred
        self._say = say
        self._ask_seconds = ask_seconds
        self._slots = 1
        self._jobs: dict[str, _Job] = {}
        self._is_away = False
        self._is_leaving = False
        self._freed = asyncio.Event()
        self._taking: asyncio.Task[None] | None = None
        self._tasks = TaskSet()

    async def run(self) -> None:
        """NoInvitationError where the invitation is not valid (any more), HostAwayError where the node cannot be
        reached at first, ModelError where this PC cannot decode the book."""
        try:
            await self._client.register(self._name, self._slots)
            self._say("This PC helps now. Ctrl-C ends it.")
            self._tasks.start(self._beat())
            self._taking = self._tasks.start(self._take())
            await asyncio.shield(self._tasks.failed)
        finally:
            await self._leave()

    async def _take(self) -> None:
        """Asks for chunks while there is a slot."""
        while not self._is_leaving:
            self._freed.clear()
            task = await self._patiently(self._client.next_task) if len(self._jobs) < self._slots else None
            if task is not None and task.id not in self._jobs:
                job = self._jobs[task.id] = _Job(task=task)
                job.running = None if self._is_leaving else self._tasks.start(self._do(job))
            else:
                await happens(self._freed, self._ask_seconds)

    async def _do(self, job: _Job) -> None:
        try:
            await self._ready_model(job.task)
            audio = await self._patiently(lambda: self._client.audio(job.task))
            await self._decode(job, audio)
        except RefusedError:
            logger.info("A part was needed no more.")
        self._jobs.pop(job.task.id, None)
        self._freed.set()

    async def _ready_model(self, task: Task) -> None:
        """Sees to it that this PC has the very model that the chunk is to be decoded with; ModelError if it cannot."""
        if task.model_hash not in self._engines.model_hashes:
            await self._engines.look_around(self._preferred)
        if task.model_hash not in self._engines.model_hashes:
            # Only the names that everybody knows: another PC has no say in what else is fetched and loaded here.
            if task.model not in REPOSITORIES:
                raise ModelError(f"This PC does not have the model {task.model!r} that the book is decoded with.")
            self._say(f"Getting the model {task.model}; this may take some minutes.")
            if await self._engines.obtain(task.model, self._check_leaving) != task.model_hash:
                raise ModelError(f"That node has another edition of the model {task.model} than this PC can have.")
        self._slots = self._engines.slots(frozenset({task.model_hash}))

    def _check_leaving(self, done: int, total: int) -> None:
        if self._is_leaving:
            raise ModelError("The download was broken off; it goes on from there the next time.")

    async def _decode(self, job: _Job, audio: bytes) -> None:
        task = job.task

        def on_progress(part: float) -> None:
            job.progress = part

        try:
            transcript, provenance = await self._engines.decode(_leased(task, audio), on_progress)
        except (EngineError, InputError) as error:
            logger.warning("A part of %s could not be decoded: %s", task.original_filename, error.message)
            reason = error.message
            await self._patiently(lambda: self._client.hand_back(task, reason))
            return
        job.decoded = True
        self._slots = self._engines.slots(frozenset({task.model_hash}))
        await self._patiently(lambda: self._client.complete(task, transcript, provenance.processing_seconds))
        self._say(f"A part of {task.original_filename} is done, in {provenance.processing_seconds:.0f} s.")

    async def _patiently(self, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        """Asks until the node answers, with longer and longer pauses."""
        pause_seconds = 1.0
        while True:
            try:
                answer = await ask()
            except HostAwayError as error:
                if not self._is_away:
                    self._say(f"{error.message} It is tried again and again.")
                self._is_away = True
                await asyncio.sleep(pause_seconds)
                pause_seconds = min(2 * pause_seconds, MOST_PAUSE_SECONDS)
                continue
            if self._is_away:
                self._say("The node answers again.")
            self._is_away = False
            return answer

    async def _beat(self) -> None:
        """Tells how far the chunks are: by a WebSocket, or where none gets through by plain heartbeats."""
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
            await asyncio.sleep(BEAT_SECONDS)

    async def _tell(self, socket: WorkerSocket) -> None:
        """Until the socket closes."""
        listening = self._tasks.start(self._listen(socket))
        while not listening.done():
            for job in list(self._jobs.values()):
                message = {"type": "progress", "task_id": job.task.id, "progress": job.progress, "heartbeats": True}
                with suppress(ConnectionError):  # then the listening ends too
                    await socket.send_json(message)
            await asyncio.wait({listening}, timeout=BEAT_SECONDS)

    async def _listen(self, socket: WorkerSocket) -> None:
        async for message in socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                continue
            with suppress(ValueError, RecursionError):
                told = json.loads(message.data)
                if isinstance(told, dict) and told.get("type") == "stopped":
                    self._stop(str(told.get("task_id")))

    def _stop(self, task_id: str) -> None:
        """The node needs that chunk no more: it was done elsewhere, its book was paused, or is gone."""
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


def _leased(task: Task, audio: bytes) -> Leased:
    """The chunk as the engines take it; lease and book are that node's affair."""
    return Leased(
        lease_id=LeaseId(0),
        book_id=BookId(""),
        book_title=task.original_filename,
        sample_count=task.sample_count,
        model=task.model,
        model_hash=task.model_hash,
        options=task.options,
        audio=audio,
    )


@contextmanager
def worker_id(folders: Folders) -> Iterator[str]:
    """The id of this PC as a guest: the same at each start, or one of its own while another guest runs here."""
    try:
        folders.data_dir.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folders.data_dir / "guest.lock")
        with suppress(Timeout):
            lock.acquire(timeout=0)
        file = folders.data_dir / "guest-id"
        kept = file.read_text(encoding="utf-8") if lock.is_locked and file.exists() else ""
        chosen = kept if len(kept) == 16 and kept.isalnum() else secrets.token_hex(8)
        if lock.is_locked and not kept:
            file.write_text(chosen, encoding="utf-8")
    except OSError as error:
        raise StorageError(f"The data folder {folders.data_dir} cannot be used: {error.strerror}.") from error
    try:
        yield chosen
    finally:
        lock.release()
