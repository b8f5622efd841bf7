"""Which book is read when: hurried ones first, paused ones not at all, and no further ahead than is needed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from swarmstt.core.books import BookState
from swarmstt.core.events import BookUnusable
from swarmstt.errors import EngineError
from swarmstt.ids import BookId
from swarmstt.node.folders import Folders
from swarmstt.node.reading import AHEAD_SECONDS, Reading
from swarmstt.speech.reader import (
    BookEnded,
    LanguageClip,
    LanguageClips,
    ReadEvent,
    ReadProgress,
    ReadRequest,
)

A, B, C = BookId("a"), BookId("b"), BookId("c")
END = BookEnded(sample_count=0, chapters=())


@dataclass
class FakeBook:
    state: BookState = BookState.OPEN
    paused: bool = False
    open_seconds: float = 0.0
    language: str | None = "en"
    chunks: tuple[()] = ()


@dataclass
class World:
    """Books that are read when a test says so."""

    folder: Path
    books: dict[BookId, FakeBook] = field(default_factory=lambda: {each: FakeBook() for each in (A, B, C)})
    begun: list[str] = field(default_factory=list)
    posted: list[Any] = field(default_factory=list)
    events: dict[str, asyncio.Queue[ReadEvent]] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    detecting: asyncio.Future[tuple[str, float]] | None = None

    def __post_init__(self) -> None:
        self.events = {str(each): asyncio.Queue() for each in self.books}

    # The parts of a node that Reading asks.

    @property
    def coordinator(self) -> Any:
        return SimpleNamespace(state=SimpleNamespace(books=self.books))

    def now(self) -> float:
        return 0.0

    def post(self, event: Any) -> None:
        self.posted.append(event)
        self.changed.set()

    def get(self, book_id: BookId) -> Any:
        settings = SimpleNamespace(chunk_seconds=300, model_hash="hash")
        return SimpleNamespace(book_id=book_id, filename=book_id, sources=(), is_folder=False, settings=settings)

    def title(self, book_id: BookId) -> str:
        return book_id

    async def describe(self, book_id: BookId, **facts: object) -> None:
        pass

    async def detect_language(self, model_hash: str, clips: object) -> tuple[str, float]:
        assert self.detecting is not None
        self.begun.append("detecting")
        self.changed.set()
        return await self.detecting

    # What a test does.

    @asynccontextmanager
    async def reader(self, request: ReadRequest) -> AsyncIterator[AsyncIterator[ReadEvent]]:
        self.begun.append(request.name)
        self.changed.set()
        yield self._events(request.name)

    async def _events(self, name: str) -> AsyncIterator[ReadEvent]:
        while True:
            event = await self.events[name].get()
            yield event
            if event is END:
                return

    async def until_begun(self, *names: str) -> None:
        while self.begun != list(names):
            assert len(self.begun) < len(names), self.begun
            self.changed.clear()
            await asyncio.wait_for(self.changed.wait(), 10)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
async def reading(world: World) -> AsyncIterator[Reading]:
    part = cast("Any", world)
    opened = Reading(part, part, Folders(world.folder), part, cast("Any", world.reader))
    task = asyncio.create_task(opened.run())
    yield opened
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_books_for_which_somebody_waits_are_read_first_and_in_their_order(world: World, reading: Reading) -> None:
    """Each is hurried a moment after it was queued, when its reading may have begun."""
    reading.queue(C)
    await world.until_begun("c")
    reading.queue(A)
    reading.hurry(A)
    await world.until_begun("c", "a")
    reading.queue(B)
    reading.hurry(B)
    reading.hurry(A)
    for name, begun in (("a", ("c", "a", "b")), ("b", ("c", "a", "b", "c"))):
        world.events[name].put_nowait(END)
        await world.until_begun(*begun)


async def test_one_that_is_read_already_is_not_begun_anew_when_it_is_hurried(world: World, reading: Reading) -> None:
    reading.queue(A)
    await world.until_begun("a")
    reading.hurry(A)
    reading.queue(B)
    reading.hurry(B)
    for _ in range(20):
        await asyncio.sleep(0)
    assert world.begun == ["a"]
    world.events["a"].put_nowait(END)
    await world.until_begun("a", "b")


async def test_a_paused_book_holds_up_no_other(world: World, reading: Reading) -> None:
    """Neither while it is read, nor with all that waits of it; it is read on when it goes on."""
    reading.queue(A)
    reading.queue(B)
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


async def test_a_book_that_was_paused_is_read_on_before_those_behind_it(world: World, reading: Reading) -> None:
    for book_id in (A, B, C):
        reading.queue(book_id)
    await world.until_begun("a")
    world.books[A].paused = True
    reading.progressed()
    reading.progressed()
    await world.until_begun("a", "b")
    world.books[A].paused = False
    reading.progressed()
    world.events["b"].put_nowait(END)
    await world.until_begun("a", "b", "a")


async def test_a_hurried_book_that_goes_on_is_read_at_once(world: World, reading: Reading) -> None:
    world.books[B].paused = True
    reading.queue(A)
    reading.queue(B)
    await world.until_begun("a")
    reading.hurry(B)
    for _ in range(20):
        await asyncio.sleep(0)
    assert world.begun == ["a"], "it is paused"
    world.books[B].paused = False
    reading.progressed()
    await world.until_begun("a", "b")


async def test_a_book_of_unknown_language_is_read_even_without_room(world: World, reading: Reading) -> None:
    """Until the clips of its language have come, without which nothing of it could be decoded."""
    world.detecting = asyncio.get_running_loop().create_future()
    world.books[A].open_seconds = AHEAD_SECONDS
    world.books[A].language = None
    reading.queue(B)
    reading.queue(A)
    await world.until_begun("a")
    world.events["a"].put_nowait(ReadProgress(read_seconds=1.0, total_seconds=2.0))
    clip = LanguageClip(path=world.folder / "clip.flac", sample_count=1)
    world.events["a"].put_nowait(LanguageClips(clips=(clip,)))
    await world.until_begun("a", "detecting")


async def test_a_language_that_cannot_be_found_is_heard_of_far_ahead_too(world: World, reading: Reading) -> None:
    world.detecting = asyncio.get_running_loop().create_future()
    world.books[A].language = None
    reading.queue(A)
    await world.until_begun("a")
    clip = LanguageClip(path=world.folder / "clip.flac", sample_count=1)
    world.books[A].open_seconds = AHEAD_SECONDS
    world.events["a"].put_nowait(LanguageClips(clips=(clip,)))
    await world.until_begun("a", "detecting")
    world.detecting.set_exception(EngineError("The engine failed."))
    while not any(isinstance(each, BookUnusable) for each in world.posted):
        world.changed.clear()
        await asyncio.wait_for(world.changed.wait(), 10)
