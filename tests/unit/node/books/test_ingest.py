"""Which book is read when: prioritised ones first, paused ones not at all, and no further ahead than is needed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from swarmstt.core.books import ChunkSpan
from swarmstt.core.scheduling.actions import AnyAction
from swarmstt.core.scheduling.coordinator import Coordinator
from swarmstt.core.scheduling.events import AnyEvent, BookUnusable, ChunkRead, HelperOffer, PlanDropped
from swarmstt.core.scheduling.state import Book, Chunk, Helper, Lease
from swarmstt.core.speech.chunk_plan import PlannedChunk
from swarmstt.errors import EngineError, InputError
from swarmstt.ids import BookId, ChunkId, HelperId, LeaseId
from swarmstt.node.books.ingest import Ingest
from swarmstt.node.books.ingest_queue import AHEAD_SECONDS, IngestQueue
from swarmstt.node.books.library import Library
from swarmstt.node.data_dir import Folders
from swarmstt.speech.audio.book_files import fingerprint
from swarmstt.speech.ingest.reader import (
    BookEnded,
    ChunkReady,
    LanguageClip,
    LanguageClips,
    ReadEvent,
    ReadProgress,
    ReadRequest,
)
from swarmstt.storage.store import Store
from swarmstt.swarm.links.driver import Driver
from tests.support.clocks import now
from tests.support.records import RECORD
from tests.support.waiting import eventually, settled
from tests.unit.core.worlds import SETTINGS

A, B, C = BookId("a"), BookId("b"), BookId("c")
END = BookEnded(sample_count=0, chapters=())


class RecordingDriver(Driver):
    """A driver that keeps what was posted, and never runs."""

    def __init__(self, coordinator: Coordinator) -> None:
        super().__init__(coordinator, commit=_never, carry_out=lambda action: None, clock=lambda: 0.0)
        self.posted: list[AnyEvent] = []

    def post(self, event_type: Callable[..., AnyEvent], /, **values: Any) -> None:
        self.posted.append(event_type(at=self.now(), **values))

    def ask(self, event_type: Callable[..., AnyEvent], /, **values: Any) -> asyncio.Future[list[AnyAction]]:
        self.post(event_type, **values)
        answer: asyncio.Future[list[AnyAction]] = asyncio.get_running_loop().create_future()
        answer.set_result([])
        return answer


async def _never(stored: object) -> None:
    raise AssertionError("the driver does not run")


class World:
    """Books that are read when a test says so."""

    def __init__(self, folder: Path, library: Library) -> None:
        self.folder = folder
        self.library = library
        coordinator = Coordinator(next_lease_id=LeaseId(1))
        self.driver = RecordingDriver(coordinator)
        self.books = coordinator.state.books
        self.books.update({each: Book(book_id=each, settings=SETTINGS, language="en") for each in (A, B, C)})
        self.begun: list[str] = []
        self.grains: list[str | None] = []
        self.events: dict[str, asyncio.Queue[ReadEvent | InputError]] = {
            str(each): asyncio.Queue() for each in self.books
        }
        self.changed = asyncio.Event()
        self.detecting: asyncio.Future[tuple[str, float]] | None = None
        self.ingest: Ingest | None = None

    async def detect_language(self, model_hash: str, clips: object, among: object = ()) -> tuple[str, float]:
        assert self.detecting is not None
        self.begun.append("detecting")
        self.changed.set()
        return await self.detecting

    # What a test does.

    @asynccontextmanager
    async def reader(self, request: ReadRequest) -> AsyncIterator[AsyncIterator[ReadEvent]]:
        self.begun.append(request.name)
        self.grains.append(request.grain)
        self.changed.set()
        yield self._events(request.name)

    async def _events(self, name: str) -> AsyncIterator[ReadEvent]:
        while True:
            event = await self.events[name].get()
            if isinstance(event, InputError):
                raise event
            yield event
            if event is END:
                return

    async def until_begun(self, *names: str) -> None:
        while self.begun != list(names):
            assert len(self.begun) < len(names), self.begun
            self.changed.clear()
            await asyncio.wait_for(self.changed.wait(), 60)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with Store(tmp_path / "swarmstt.sqlite", now) as store:
        for book_id in (A, B, C):
            await store.add_book(replace(RECORD, book_id=book_id, filename=book_id, fingerprint=book_id))
        library = Library(store, tmp_path, now)
        await library.load()
        yield World(tmp_path, library)


@pytest.fixture
async def reading(world: World) -> AsyncIterator[IngestQueue]:
    queue = IngestQueue(world.driver.state)
    opened = world.ingest = Ingest(queue, world.driver, world.library, Folders(world.folder), world, world.reader)
    task = asyncio.create_task(opened.run())
    yield queue
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_books_for_which_somebody_waits_are_read_first_and_in_their_order(
    world: World, reading: IngestQueue
) -> None:
    """Each is prioritised a moment after it was queued, when its reading may have begun."""
    reading.add(C)
    await world.until_begun("c")
    reading.add(A)
    reading.prioritise(A)
    await world.until_begun("c", "a")
    reading.add(B)
    reading.prioritise(B)
    reading.prioritise(A)
    for name, begun in (("a", ("c", "a", "b")), ("b", ("c", "a", "b", "c"))):
        world.events[name].put_nowait(END)
        await world.until_begun(*begun)


async def test_one_that_is_read_already_is_not_begun_anew_when_it_is_prioritised(
    world: World, reading: IngestQueue
) -> None:
    reading.add(A)
    await world.until_begun("a")
    reading.prioritise(A)
    reading.add(B)
    reading.prioritise(B)
    await settled()
    assert world.begun == ["a"]
    world.events["a"].put_nowait(END)
    await world.until_begun("a", "b")


async def test_a_paused_book_holds_up_no_other(world: World, reading: IngestQueue) -> None:
    """Neither while it is read, nor with all that waits of it; it is read on when it goes on."""
    reading.add(A)
    reading.add(B)
    await world.until_begun("a")
    world.books[A].open_seconds = AHEAD_SECONDS
    world.events["a"].put_nowait(ReadProgress(read_seconds=1.0, total_seconds=2.0))
    world.books[A].paused = True
    reading.progressed()
    await world.until_begun("a", "b")
    world.events["b"].put_nowait(END)
    world.books[A].open_seconds = 0.0
    world.books[A].paused = False
    reading.progressed()
    await world.until_begun("a", "b", "a")


async def test_a_book_that_was_paused_is_read_on_before_those_behind_it(world: World, reading: IngestQueue) -> None:
    for book_id in (A, B, C):
        reading.add(book_id)
    await world.until_begun("a")
    world.books[A].paused = True
    reading.progressed()
    reading.progressed()
    await world.until_begun("a", "b")
    world.books[A].paused = False
    reading.progressed()
    world.events["b"].put_nowait(END)
    await world.until_begun("a", "b", "a")


async def test_a_prioritised_book_that_goes_on_is_read_at_once(world: World, reading: IngestQueue) -> None:
    world.books[B].paused = True
    reading.add(A)
    reading.add(B)
    await world.until_begun("a")
    reading.prioritise(B)
    await settled()
    assert world.begun == ["a"], "it is paused"
    world.books[B].paused = False
    reading.progressed()
    await world.until_begun("a", "b")


async def test_a_book_of_unknown_language_is_read_even_without_room(world: World, reading: IngestQueue) -> None:
    """Until the clips of its language have come, without which nothing of it could be decoded."""
    world.detecting = asyncio.get_running_loop().create_future()
    world.books[A].open_seconds = AHEAD_SECONDS
    world.books[A].language = None
    reading.add(B)
    reading.add(A)
    await world.until_begun("a")
    world.events["a"].put_nowait(ReadProgress(read_seconds=1.0, total_seconds=2.0))
    clip = LanguageClip(path=world.folder / "clip.flac", sample_count=1)
    world.events["a"].put_nowait(LanguageClips(clips=(clip,)))
    await world.until_begun("a", "detecting")


async def test_a_language_that_cannot_be_found_is_heard_of_far_ahead_too(world: World, reading: IngestQueue) -> None:
    world.detecting = asyncio.get_running_loop().create_future()
    world.books[A].language = None
    reading.add(A)
    await world.until_begun("a")
    clip = LanguageClip(path=world.folder / "clip.flac", sample_count=1)
    world.books[A].open_seconds = AHEAD_SECONDS
    world.events["a"].put_nowait(LanguageClips(clips=(clip,)))
    await world.until_begun("a", "detecting")
    world.detecting.set_exception(EngineError("The engine failed."))
    await eventually(lambda: any(isinstance(each, BookUnusable) for each in world.driver.posted))


async def test_while_helpers_hold_more_chunks_than_wait_for_them_more_is_read(
    world: World, reading: IngestQueue
) -> None:
    """As many workers of a cluster do: four hours are not enough for them."""
    book, helpers = world.books[A], world.driver.state.helpers
    book.open_seconds = 2 * AHEAD_SECONDS
    book.pending = [2, 3]
    cluster = helpers[HelperId("c")] = Helper(
        helper_id=HelperId("c"), kind="cluster", offer=HelperOffer(name="c", slots=3), speed=1.0
    )
    reading.add(B)
    for number in range(3):
        await settled()
        assert world.begun == []
        span = ChunkSpan(chunk_id=ChunkId(A, number), start_sample=0, sample_count=16_000)
        chunk = Chunk(span=span, book=book)
        cluster.hold(
            Lease(lease_id=LeaseId(number), chunk=chunk, helper_id=cluster.helper_id, deadline=1.0, progressed_at=0.0)
        )
        reading.progressed()
    await world.until_begun("b")


async def test_a_lost_chunk_is_cut_again_before_all_else_though_there_is_no_room(
    world: World, reading: IngestQueue
) -> None:
    """Also of a book that is being read: it is read from its start, since the chunk lies before."""
    assert world.ingest is not None
    reading.add(B)
    await world.until_begun("b")
    reading.add(A)
    world.books[B].open_seconds = 2 * AHEAD_SECONDS
    waiting = asyncio.ensure_future(world.ingest.cut_again(ChunkId(B, 0)))
    await world.until_begun("b", "b")
    world.events["b"].put_nowait(
        ChunkReady(chunk=PlannedChunk(index=0, start_sample=0, sample_count=16_000), path=world.folder / "0.flac")
    )
    await waiting
    world.books[B].open_seconds = 0.0
    reading.progressed()
    world.events["b"].put_nowait(END)
    await world.until_begun("b", "b", "a")


@pytest.mark.parametrize("is_same_audio", [True, False])
async def test_a_book_that_is_cut_otherwise_now_is_read_again_unless_its_audio_changed(
    world: World, reading: IngestQueue, is_same_audio: bool
) -> None:
    audio = world.folder / "a.mp3"
    await asyncio.to_thread(audio.write_bytes, b"sound")
    mark = await asyncio.to_thread(fingerprint, [audio]) if is_same_audio else "of other audio"
    record = replace(world.library.get(A), fingerprint=mark, sources=(str(audio),))
    world.library.get = lambda book_id: record  # type: ignore[method-assign]
    book = world.books[A]
    spans = [
        ChunkSpan(chunk_id=ChunkId(A, index), start_sample=index * 16_000, sample_count=16_000) for index in (0, 1)
    ]
    book.chunks += [Chunk(span=each, book=book) for each in spans]
    reading.add(A)
    await world.until_begun("a")
    for index, count in ((0, 16_000), (1, 20_000)):
        chunk = PlannedChunk(index=index, start_sample=index * 16_000, sample_count=count)
        world.events["a"].put_nowait(ChunkReady(chunk=chunk, path=world.folder / f"{index}.flac"))
    if is_same_audio:
        await world.until_begun("a", "a")
        assert [each.first for each in world.driver.posted if isinstance(each, PlanDropped)] == [ChunkId(A, 1)]
        assert not any(isinstance(each, ChunkRead) and each.span.sample_count == 20_000 for each in world.driver.posted)
    else:
        await eventually(lambda: sum(isinstance(each, ChunkRead) for each in world.driver.posted) == 2)
        assert not any(isinstance(each, PlanDropped) for each in world.driver.posted)


async def test_a_book_of_an_earlier_version_is_cut_as_it_was_then(world: World, reading: IngestQueue) -> None:
    earliest, earlier = world.library.get(A), world.library.get(B)
    assert earliest.settings.grain is None
    earlier = replace(earlier, settings=replace(earlier.settings, grain="fine"))
    records = {A: earliest, B: earlier}
    world.library.get = lambda book_id: records[book_id]  # type: ignore[method-assign]
    reading.add(A)
    reading.add(B)
    await world.until_begun("a")
    world.events["a"].put_nowait(END)
    await world.until_begun("a", "b")
    assert world.grains == [None, "fine"]


async def test_a_lost_chunk_of_a_book_that_cannot_be_read_any_more_costs_only_that_chunk(
    world: World, reading: IngestQueue
) -> None:
    assert world.ingest is not None
    world.books[B].read_whole = True
    waiting = asyncio.ensure_future(world.ingest.cut_again(ChunkId(B, 0)))
    await world.until_begun("b")
    world.events["b"].put_nowait(InputError("b does not exist."))
    with pytest.raises(InputError, match="damaged on the disk, and cannot be cut again: b does not exist"):
        await waiting
    assert not any(isinstance(each, BookUnusable) for each in world.driver.posted)
