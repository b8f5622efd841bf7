"""Nodes in one process, on a virtual clock, that decode by waiting: everything but the sound and the wire is real."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

import async_solipsism

from swarmstt.core.books import BookState, Provenance
from swarmstt.core.scheduling import actions, events
from swarmstt.core.scheduling.coordinator import Coordinator
from swarmstt.core.scheduling.events import HelperOffer
from swarmstt.core.work import ChunkJob, ChunkResult
from swarmstt.errors import EngineError
from swarmstt.ids import BookId, ChunkId, HelperId, NodeId
from swarmstt.swarm.links.driver import Driver
from swarmstt.swarm.links.helper_client import HelperClient
from swarmstt.swarm.links.helper_server import HelperServer, ReadAudio
from swarmstt.swarm.links.kept_results import ResultStore
from swarmstt.swarm.links.link import MemoryLink
from swarmstt.swarm.links.local import serve_locally
from swarmstt.swarm.links.outlets import Outlets
from swarmstt.tasks import TaskSet
from tests.support.waiting import eventually
from tests.unit.core.worlds import MODEL, SETTINGS, Disk, span, transcript

Result = TypeVar("Result")

MOST_VIRTUAL_SECONDS = 100_000.0
"""Waiting costs nothing on a virtual clock."""


def on_a_virtual_clock(story: Callable[[Swarm], Coroutine[Any, Any, Result]]) -> Result:
    """Runs a story to its end. Its nodes are ended with it.

    Waiting costs no time: `asyncio.sleep` is how a story says that time passes.
    """

    async def run() -> Result:
        swarm = Swarm()
        try:
            return await story(swarm)
        finally:
            for node in swarm.nodes:
                await node.kill()

    loop = async_solipsism.EventLoop()
    try:
        result: Result = loop.run_until_complete(run())
        return result
    finally:
        loop.close()


class Swarm:
    """The nodes of one story."""

    def __init__(self) -> None:
        self.nodes: list[FakeNode] = []

    async def node(self, name: str, *, speed: float = 10.0, slots: int = 1, disk: Disk | None = None) -> FakeNode:
        node = await FakeNode(name, speed=speed, slots=slots, disk=disk).start()
        self.nodes.append(node)
        return node


class FakeDecoder:
    """Takes as long as the audio's length over `speed`. `behave` may raise instead, or never end."""

    def __init__(self, name: str, speed: float) -> None:
        self.name = name
        self.speed = speed
        self.decoded: list[str] = []
        self.behave: Callable[[ChunkJob], Coroutine[Any, Any, None]] | None = None

    async def decode(self, job: ChunkJob, on_progress: Callable[[float], None]) -> ChunkResult:
        seconds = job.sample_count / 16_000
        if self.behave is not None:
            await self.behave(job)
        for part in range(1, 11):
            await asyncio.sleep(seconds / self.speed / 10)
            on_progress(part / 10)
        text = job.audio.decode()
        self.decoded.append(text)
        made = Provenance(
            helper_name=self.name,
            model="base",
            device="cpu",
            compute_type="int8",
            processing_seconds=seconds / self.speed,
        )
        return ChunkResult(transcript=transcript(text, seconds), provenance=made)


async def fail(job: ChunkJob) -> None:
    raise EngineError(f"{job.audio.decode()} makes it stumble")


async def hang(job: ChunkJob) -> None:
    await asyncio.Event().wait()


class FakeNode:
    """Coordinator and helper of one node. Its disk outlives `kill`."""

    def __init__(
        self,
        name: str,
        *,
        speed: float = 10.0,
        slots: int = 1,
        disk: Disk | None = None,
        kept: ResultStore | None = None,
    ) -> None:
        loop = asyncio.get_running_loop()
        self.name = name
        self.node_id = NodeId(name)
        self.disk = disk or Disk()
        self.disk_answers = asyncio.Event()
        self.disk_answers.set()
        self.merged: set[BookId] = set()
        self.decoder = FakeDecoder(name, speed)
        offer = HelperOffer(name=name, slots=slots, model_hashes=frozenset({MODEL}))
        self.helper = HelperClient(self.node_id, offer, self.decoder, clock=loop.time, kept=kept)
        coordinator = Coordinator(next_lease_id=max(self.disk.leases, default=0) + 1)
        self._begin_with = coordinator.restore(self.disk.stored_books())
        self.driver = Driver(coordinator, commit=self._commit, carry_out=self._carry_out, clock=loop.time)
        self.outlets = Outlets()
        self.read_audio: ReadAudio = _name_as_audio
        self.helper_server = HelperServer(
            self.node_id,
            name,
            driver=self.driver,
            outlets=self.outlets,
            read_audio=lambda chunk_id: self.read_audio(chunk_id),
            title_of=lambda book_id: str(book_id),
        )
        self.tasks = TaskSet()
        self.links: list[MemoryLink] = []

    async def start(self) -> FakeNode:
        await self.helper.__aenter__()
        self.tasks.start(self.driver.run(self._begin_with))
        self.tasks.start(serve_locally(self.helper, self.helper_server, kind="own"))
        return self

    def link_to(self, coordinator: FakeNode) -> tuple[MemoryLink, MemoryLink]:
        """Helps that node from now on."""
        near, far = MemoryLink.pair()
        coordinator.tasks.start(coordinator.helper_server.serve(near, kind="peer"))
        self.tasks.start(self.helper.serve(far, coordinator.node_id))
        self.links.append(far)
        coordinator.links.append(near)
        return near, far

    async def kill(self) -> None:
        """As power off: nothing is said to anybody, links break."""
        await self.tasks.close()
        await self.helper.__aexit__()
        for link in self.links:
            await link.close()

    async def add_book(self, book_id: BookId, chunks: int = 10, seconds: float = 100.0) -> None:
        self.disk.add_book(book_id, SETTINGS)
        driver = self.driver
        driver.post(events.BookAdded, book_id=book_id, settings=SETTINGS)
        for index in range(chunks):
            driver.post(events.ChunkRead, span=span(index, seconds, book_id))
        await driver.ask(events.BookIngested, book_id=book_id)

    async def done(self, *book_ids: BookId) -> None:
        """Waits until these books are done."""
        books = self.driver.state.books

        def are_done() -> bool:
            if self.tasks.failed.done():
                self.tasks.failed.result()
            return all(books[book_id].state is BookState.DONE for book_id in book_ids)

        await eventually(are_done, f"{book_ids} done", MOST_VIRTUAL_SECONDS, pause_seconds=0.05)

    def words(self, book_id: BookId) -> list[str]:
        """The text of each chunk, in order."""
        results = sorted((key.index, value) for key, value in self.disk.results.items() if key.book_id == book_id)
        return [value.segments[0].text for _, value in results]

    async def _commit(self, stored: Sequence[actions.Stored]) -> None:
        await self.disk_answers.wait()
        for action in stored:
            self.disk.commit(action)

    def _carry_out(self, action: actions.AnyAction) -> None:
        match action:
            case actions.Grant() | actions.StopLease() | actions.Acknowledge():
                self.outlets.carry_out(action)
            case actions.MergeBook(book_id=book_id):
                self.merged.add(book_id)
                self.driver.post(events.BookWritten, book_id=book_id)


async def _name_as_audio(chunk_id: ChunkId) -> bytes:
    return str(chunk_id).encode()


def expected(book_id: BookId, chunks: int = 10) -> list[str]:
    return [str(ChunkId(book_id, index)) for index in range(chunks)]


def helper_of(node: FakeNode) -> HelperId:
    return HelperId(node.name)
