"""A Dask cluster as one more helper of this node: its workers are watched, given what they lack, and decode chunks."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from swarmstt import __version__
from swarmstt.backoff import backoff_seconds
from swarmstt.core.books import SAMPLE_RATE
from swarmstt.core.helper_kinds import POLICY
from swarmstt.core.helping.cluster_workers import SOON_FREE_SECONDS, ClusterWorkers, SeenWorker
from swarmstt.core.scheduling.events import HelperOffer
from swarmstt.core.work import ChunkJob, ChunkResult
from swarmstt.display_text import one_line
from swarmstt.errors import HandedBackError
from swarmstt.ids import NodeId
from swarmstt.node.cluster.chunks import Attempts, content_key, frame_of, result_of
from swarmstt.node.cluster.connection import CONNECTION_ERRORS, Connection
from swarmstt.node.cluster.place import ClusterPlace
from swarmstt.node.cluster.supply import FindModel, ModelSupply
from swarmstt.node.cluster.view import cluster_view
from swarmstt.phrases import no_cluster_worker
from swarmstt.swarm.links.helper_client import HelperClient
from swarmstt.swarm.links.messages import NeededModel
from swarmstt.tasks import TaskSet, happens
from swarmstt.web.api.cluster_views import ClusterView

logger = logging.getLogger(__name__)

CLUSTER_ID = NodeId("cluster")
LOOK_SECONDS = 1.0
"""Between two looks at the workers; with a thousand of them each look is a megabyte."""
WORKERS_A_SECOND = 200
MOST_PAUSE_SECONDS = 30.0
"""Between two tries to reach the scheduler."""
MOST_SLOTS = POLICY["cluster"].most_slots
"""More are not believed of it, so it asks for no more."""

Connect = Callable[[ClusterPlace], Awaitable[Connection]]


class Cluster:
    """The ChunkDecoder of the helper that the cluster is. `engine`: what decodes on this PC, and has to decode there.
    `changed` is called when what is shown of it may be something else."""

    def __init__(
        self,
        place: ClusterPlace,
        find_model: FindModel,
        *,
        engine: str,
        dask: str = "",
        changed: Callable[[], None],
        look_seconds: float = LOOK_SECONDS,
        connect: Connect = Connection.open,
    ) -> None:
        self.place = place
        self.workers = ClusterWorkers(__version__, engine, dask)
        self.trouble: str | None = None
        """Why it does not decode, and what to do."""
        self.jobs: dict[str, ChunkJob] = {}
        """What it decodes now, by key."""
        self.helper = HelperClient(
            CLUSTER_ID,
            HelperOffer(name=one_line(f"Cluster {place.text}"), slots=0, unavailable_reason="no_workers"),
            self,
            needed=self._need,
            slot_kind="spread",
        )
        self._supply = ModelSupply(self.workers, find_model, self._look_now)
        self._engine = engine
        self._changed = changed
        self._look_seconds = look_seconds
        self._connect = connect
        self._look = asyncio.Event()
        self._freed = asyncio.Event()
        self._waiting: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        """By model: whoever waits for a worker."""
        self._connection: Connection | None = None
        self._lost: dict[str, asyncio.Future[bool]] = {}
        self._progress: dict[str, Callable[[float], None]] = {}
        self._attempts = Attempts()
        self._tasks = TaskSet()

    def view(self) -> ClusterView:
        """Returns what is shown of it."""
        return cluster_view(self.place.text, self.workers.all, self.jobs)

    async def finish(self) -> None:
        """Takes nothing more, and waits until what its workers do is stored."""
        await self.helper.finish()

    @property
    def failed(self) -> asyncio.Future[None]:
        return self._tasks.failed

    @asynccontextmanager
    async def working(self) -> AsyncIterator[Cluster]:
        """Looks for workers, and has them decode, until the context is left."""
        async with self.helper:
            self._tasks.heed(self.helper.failed)
            self._tasks.start(self._run())
            try:
                yield self
            finally:
                await self._tasks.close()

    async def _run(self) -> None:
        if self.place.is_read_on_the_way:
            logger.warning("%s is not over TLS: others on the way can read the sound and the text.", self.place.text)
        failures = 0
        while True:
            try:
                connection = await self._connect(self.place)
            except CONNECTION_ERRORS as error:
                failures += 1
                await self._say(f"{self.place.text} does not answer: {_reason(error)}. It is tried again and again.")
            else:
                failures = 1
                try:
                    await self._use(connection)
                finally:
                    await connection.close()
            await asyncio.sleep(
                backoff_seconds(failures, first_seconds=self._look_seconds, longest_seconds=MOST_PAUSE_SECONDS)
            )

    async def _use(self, connection: Connection) -> None:
        """Has the workers decode until the scheduler is gone."""
        asking, self._connection = TaskSet(), connection
        try:
            while not asking.failed.done():
                self._look.clear()
                for key, was_begun in self.workers.saw(await connection.workers()).items():
                    self._lose(key, was_begun)
                for seen in self.workers.to_ask(self._now()):
                    asking.start(self._begin(connection, seen))
                self._supply.start_all(connection, asking)
                for key, part in self.workers.progress().items():
                    self._progress[key](part)
                await self._offer()
                await happens(self._look, max(self._look_seconds, len(self.workers.all) / WORKERS_A_SECOND))
            await asking.failed
        except CONNECTION_ERRORS as error:
            await self._say(f"The scheduler at {self.place.text} is gone: {_reason(error)}. It is tried again.")
        finally:
            self._connection = None
            await asking.close()
            self.workers.saw({})
            for key in list(self._lost):
                self._lose(key, was_begun=False)
            await self._offer()

    async def _begin(self, connection: Connection, seen: SeenWorker) -> None:
        self.workers.answered(seen.address, await connection.begin(seen))
        self._look_now()

    async def _say(self, trouble: str) -> None:
        """Says what is wrong with the cluster, once."""
        if trouble != self.trouble:
            logger.warning("%s", trouble)
        self.trouble = trouble
        self._changed()

    async def _offer(self) -> None:
        """Keeps the helper's offer true."""
        if self._connection is not None:
            self._note_lack()
        slots, models = min(self.workers.slots, MOST_SLOTS), self.workers.model_hashes
        reason = None if slots and models else "no_model" if slots else "no_workers"
        offer = replace(self.helper.offer, slots=slots, model_hashes=models, unavailable_reason=reason)
        if offer != self.helper.offer:
            await self.helper.change(offer)
        self._freed.set()
        self._changed()

    def _note_lack(self) -> None:
        """Notes why no worker decodes, if none does."""
        unfit = [each.unfit for each in self.workers.all]
        lack = None if self.workers.slots or "asked" in unfit else no_cluster_worker(unfit)
        if lack is not None and lack != self.trouble:
            logger.warning("%s: %s", self.place.text, lack)
        self.trouble = lack or self._supply.trouble

    def _need(self, coordinator: NodeId, models: Sequence[NeededModel]) -> None:
        self._supply.needed = tuple(models)
        self._look_now()

    def _look_now(self) -> None:
        self._look.set()

    async def decode(self, job: ChunkJob, on_progress: Callable[[float], None]) -> ChunkResult:
        """Decode a chunk; see ChunkDecoder. HandedBackError if its worker has gone."""
        content = content_key(job, self._engine)
        key = self._attempts.key(content, self.jobs)
        self._progress[key], self.jobs[key] = on_progress, job
        self._lost[key] = asyncio.get_running_loop().create_future()
        try:
            result = await self._decode(key, job)
        except (asyncio.CancelledError, HandedBackError):
            lost = self._lost[key]
            self._attempts.ended(content, worker_died=lost.done() and lost.result())
            raise
        else:
            self._attempts.forget(content)
            return result
        finally:
            del self._progress[key], self.jobs[key], self._lost[key]
            self._freed.set()

    async def _decode(self, key: str, job: ChunkJob) -> ChunkResult:
        worker = await self._worker_for(job, key)
        decoded = False
        try:
            result = await self._decode_on(worker, key, job)
            decoded = True
            return result
        finally:
            self.workers.release(worker.address, key, self._now(), decoded=decoded)

    async def _worker_for(self, job: ChunkJob, key: str) -> SeenWorker:
        """Waits for a worker that has the model and a free slot, or will soon have one. Chunks that wait for the same
        model have their turns."""
        seconds = job.sample_count / SAMPLE_RATE
        async with self._waiting[job.model_hash]:
            while (worker := self.workers.take(job.model_hash, key, seconds, self._now())) is None:
                self._freed.clear()
                await happens(self._freed, SOON_FREE_SECONDS)
            return worker

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    async def _decode_on(self, worker: SeenWorker, key: str, job: ChunkJob) -> ChunkResult:
        if self._connection is None:
            raise HandedBackError
        decoding = asyncio.ensure_future(self._connection.decode(worker, key, frame_of(job)))
        either: set[asyncio.Future[Any]] = {decoding, self._lost[key]}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            decoding.cancel()
        if not decoding.done() or decoding.cancelled():  # its worker, the scheduler, or somebody at the dashboard
            self._look_now()
            await asyncio.sleep(self._look_seconds)  # by then it is known which
            raise HandedBackError
        return result_of(decoding.result())

    def _lose(self, key: str, was_begun: bool) -> None:
        if not self._lost[key].done():
            self._lost[key].set_result(was_begun)


def _reason(error: BaseException) -> str:
    return one_line(str(error) or type(error).__name__).rstrip(".")
