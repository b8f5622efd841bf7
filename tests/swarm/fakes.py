"""Nodes in one process, on a virtual clock, that decode by waiting: everything but the sound and the wire is real."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

import async_solipsism

from swarmstt.core import actions, events
from swarmstt.core.books import BookState, Provenance
from swarmstt.core.coordinator import Coordinator
from swarmstt.core.events import HelperOffer
from swarmstt.core.transcript import ChunkTranscript
from swarmstt.errors import EngineError
from swarmstt.ids import BookId, ChunkId, HelperId, NodeId
from swarmstt.swarm.desk import Desk
from swarmstt.swarm.driver import Driver
from swarmstt.swarm.helper import Helper
from swarmstt.swarm.keeping import KeptResults
from swarmstt.swarm.link import MemoryLink
from swarmstt.swarm.messages import Leased
from swarmstt.tasks import TaskSet
from tests.unit.core.worlds import MODEL, SETTINGS, Disk, span, transcript

Result = TypeVar("Result")


def on_a_virtual_clock(story: Callable[[Swarm], Coroutine[Any, Any, Result]]) -> Result:
    """Runs a story to its end; waiting costs no time. Its nodes are ended with it."""

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


class FakeDecoding:
    """Takes as long as the audio's length over `speed`. `behave` may raise instead, or never end."""

    def __init__(self, name: str, speed: float) -> None:
        self.name = name
        self.speed = speed
        self.decoded: list[str] = []
        self.behave: Callable[[Leased], Coroutine[Any, Any, None]] | None = None

    async def decode(self, leased: Leased, on_progress: Callable[[float], None]) -> tuple[ChunkTranscript, Provenance]:
        seconds = leased.sample_count / 16_000
        if self.behave is not None:
            await self.behave(leased)
        for part in range(1, 11):
            await asyncio.sleep(seconds / self.speed / 10)
            on_progress(part / 10)
        text = leased.audio.decode()
        self.decoded.append(text)
        made = Provenance(
            helper_name=self.name,
            model="base",
            device="cpu",
            compute_type="int8",
            processing_seconds=seconds / self.speed,
        )
        return transcript(text, seconds), made


async def fail(leased: Leased) -> None:
    raise EngineError(f"part {leased.lease_id} makes it stumble")


async def hang(leased: Leased) -> None:
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
        kept: KeptResults | None = None,
    ) -> None:
        loop = asyncio.get_running_loop()
        self.name = name
        self.node_id = NodeId(name)
        self.disk = disk or Disk()
        self.merged: set[BookId] = set()
        self.decoding = FakeDecoding(name, speed)
        offer = HelperOffer(name=name, slots=slots, model_hashes=frozenset({MODEL}))
        self.helper = Helper(self.node_id, offer, self.decoding, clock=loop.time, kept=kept)
        coordinator = Coordinator(next_lease_id=max(self.disk.leases, default=0) + 1)
        self._begin_with = coordinator.restore(self.disk.stored_books())
        self.driver = Driver(coordinator, commit=self._commit, carry_out=self._carry_out, clock=loop.time)
        self.desk = Desk(self.node_id, name, self._read_audio, lambda book_id: str(book_id))
        self.tasks = TaskSet()
        self.links: list[MemoryLink] = []

    async def start(self) -> FakeNode:
        await self.helper.__aenter__()
        self.tasks.start(self.driver.run(self._begin_with))
        self.link_to(self, own=True)
        return self

    def link_to(self, coordinator: FakeNode, *, own: bool = False) -> tuple[MemoryLink, MemoryLink]:
        """Helps that node from now on."""
        near, far = MemoryLink.pair()
        coordinator.tasks.start(coordinator.desk.serve(near, coordinator.driver, own=own))
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
        driver.post(events.BookAdded(at=driver.now(), book_id=book_id, settings=SETTINGS))
        for index in range(chunks):
            driver.post(events.ChunkRead(at=driver.now(), span=span(index, seconds, book_id)))
        await driver.ask(events.BookRead(at=driver.now(), book_id=book_id))

    async def done(self, *book_ids: BookId) -> None:
        """Waits until these books are done."""
        books = self.driver.coordinator.state.books
        while any(books[book_id].state is not BookState.DONE for book_id in book_ids):
            if self.tasks.failed.done():
                self.tasks.failed.result()
            await asyncio.sleep(0.05)

    def words(self, book_id: BookId) -> list[str]:
        """The text of each chunk, in order."""
        results = sorted((key.index, value) for key, value in self.disk.results.items() if key.book_id == book_id)
        return [value.segments[0].text for _, value in results]

    async def _commit(self, stored: Sequence[actions.Stored]) -> None:
        for action in stored:
            self.disk.commit(action)

    async def _read_audio(self, chunk_id: ChunkId) -> bytes:
        return str(chunk_id).encode()

    def _carry_out(self, action: actions.AnyAction) -> None:
        match action:
            case actions.Grant() | actions.StopLease() | actions.Acknowledge():
                self.desk.carry_out(action)
            case actions.MergeBook(book_id=book_id):
                self.merged.add(book_id)
                self.driver.post(events.BookWritten(at=self.driver.now(), book_id=book_id))


def expected(book_id: BookId, chunks: int = 10) -> list[str]:
    return [str(ChunkId(book_id, index)) for index in range(chunks)]


def helper_of(node: FakeNode) -> HelperId:
    return HelperId(node.name)
