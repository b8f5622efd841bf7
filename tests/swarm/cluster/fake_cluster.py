"""A Dask cluster that is simulated: a scheduler and workers on a virtual clock, which decode by waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import cast

from swarmstt import __version__
from swarmstt.core.books import Provenance
from swarmstt.core.helping.cluster_workers import SeenWorker, Unfit, WorkerReport
from swarmstt.node.cluster.cluster import Cluster
from swarmstt.node.cluster.connection import Connection
from swarmstt.node.cluster.place import ClusterPlace
from swarmstt.swarm.links.local import serve_locally
from swarmstt.swarm.links.messages import Delivered, Leased, decode, encode
from swarmstt.swarm.models.transfer import SharedModel
from tests.swarm.fakes import FakeNode
from tests.unit.core.worlds import MODEL, transcript

ENGINE = "ctranslate2 1"
Answer = Callable[[Leased], bytes]


def right_words(leased: Leased) -> bytes:
    """What a worker sends that works."""
    seconds = leased.sample_count / 16_000
    made = Provenance(
        helper_name="one", model="base", device="cpu", compute_type="int8", processing_seconds=seconds / 10
    )
    words = transcript(leased.audio.decode(), seconds)
    return encode(Delivered(lease_id=leased.lease_id, transcript=words, provenance=made))


@dataclass(slots=True, kw_only=True, eq=False)
class FakeWorker:
    """Decodes ten seconds of audio a second. `answer` makes what it sends; `behave` may be told of each chunk."""

    name: str
    threads: int = 1
    unfit: Unfit | None = None
    models: set[str] = field(default_factory=lambda: {MODEL})
    answer: Answer = right_words
    takes_models: bool = True
    decoded: list[str] = field(default_factory=list)
    most_at_once: int = 0
    running: set[str] = field(default_factory=set)
    given: set[str] = field(default_factory=set)
    """What it runs, and what waits there."""
    most_given: int = 0
    died: asyncio.Event = field(default_factory=asyncio.Event)
    slots: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self.slots = asyncio.Semaphore(self.threads)

    @property
    def report(self) -> WorkerReport:
        return WorkerReport(version=__version__, engine=ENGINE, slots=self.threads, models=frozenset(self.models))


class FakeScheduler:
    """What Connection is to a real one. While `is_away`, nobody reaches it."""

    def __init__(self, *workers: FakeWorker) -> None:
        self.by_name = {each.name: each for each in workers}
        self.is_away = False
        self.connections = 0
        self.keys: list[str] = []
        self.parts: list[tuple[object, ...]] = []

    async def connect(self, place: ClusterPlace) -> Connection:
        self._check()
        self.connections += 1
        return cast("Connection", self)

    def add(self, worker: FakeWorker) -> FakeWorker:
        self.by_name[worker.name] = worker
        return worker

    def kill(self, name: str) -> None:
        self.by_name.pop(name).died.set()

    def _check(self) -> None:
        if self.is_away:
            raise OSError("nobody is there")

    async def close(self) -> None:
        pass

    async def workers(self) -> dict[str, SeenWorker]:
        self._check()
        return {
            each.name: SeenWorker(address=each.name, name=each.name, threads=each.threads, report=each.report)
            for each in self.by_name.values()
        }

    async def begin(self, seen: SeenWorker) -> WorkerReport | Unfit:
        worker = self.by_name[seen.address]
        return worker.unfit or replace(worker.report, models=frozenset())

    async def has_model(self, address: str, model: str, model_hash: str) -> bool:
        return model_hash in self.by_name[address].models

    async def send_part(self, addresses: list[str], *part: object) -> list[str]:
        self._check()
        self.parts.append(part)
        return [each for each in addresses if self.by_name[each].takes_models]

    async def decode(self, seen: SeenWorker, key: str, frame: bytes) -> bytes:
        worker, leased = self.by_name[seen.address], decode(frame)
        assert isinstance(leased, Leased)
        self.keys.append(key)
        worker.given.add(key)
        worker.most_given = max(worker.most_given, len(worker.given))
        try:
            async with worker.slots:
                await self._run(worker, key, leased)
        finally:
            worker.given.discard(key)
        worker.decoded.append(leased.audio.decode())
        return worker.answer(leased)

    async def _run(self, worker: FakeWorker, key: str, leased: Leased) -> None:
        worker.running.add(key)
        worker.most_at_once = max(worker.most_at_once, len(worker.running))
        try:
            await asyncio.sleep(leased.sample_count / 16_000 / 10)
            if worker.died.is_set() or self.is_away:
                await asyncio.Event().wait()  # nothing comes from it any more
        finally:
            worker.running.discard(key)


async def no_model(model_hash: str) -> SharedModel | None:
    return None


async def join(node: FakeNode, scheduler: FakeScheduler) -> Cluster:
    """Has the cluster help the node."""
    place = ClusterPlace(text="tls://scheduler:8786", is_file=False)
    cluster = Cluster(place, no_model, engine=ENGINE, changed=lambda: None, connect=scheduler.connect)

    async def work() -> None:
        async with cluster.working():
            await serve_locally(cluster.helper, node.helper_server, kind="cluster")

    node.tasks.start(work())
    node.tasks.heed(cluster.failed)
    return cluster
