"""What is dropped once more: a book of which some has no words is tried again, unless nobody gave it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from swarmstt.core.books import ChunkSpan, ChunkState
from swarmstt.core.scheduling.state import Chunk
from swarmstt.core.transcript import Wordless
from swarmstt.ids import BookId, ChunkId
from tests.e2e.drop_folder.test_dropping import World, put
from tests.support.waiting import eventually

pytestmark = pytest.mark.e2e


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def leave_wordless(world: World, book_id: BookId) -> None:
    """Ends a book in which a passage stayed without words."""
    book = world.state.books[book_id]
    span = ChunkSpan(chunk_id=ChunkId(book_id, 0), start_sample=0, sample_count=160_000)
    passage = Wordless(start=2.0, end=8.0)
    book.chunks = [Chunk(span=span, book=book, state=ChunkState.COMPLETED, wordless=(passage,))]
    world.fail(book_id, None)


@pytest.mark.parametrize("how", ["copied over", "put back", "under another name"])
async def test_what_has_gaps_is_tried_again_when_it_is_dropped_again(world: World, how: str) -> None:
    async with world.node() as books:
        put(world.drop / "another.mp3", b"another")
        await eventually(lambda: books.added)  # a folder that is empty meanwhile may be a drive that is away
        dropped = put(world.drop / "a.mp3")
        await eventually(lambda: "a.mp3" in books.names)
        book_id = dict(books.added)["a.mp3"]
        leave_wordless(world, book_id)
        match how:
            case "copied over":
                os.utime(dropped, ns=(1, 1))
            case "put back":
                dropped.rename(world.root / "a.mp3")
                await world.settle()
                (world.root / "a.mp3").rename(dropped)
            case _:
                shutil.copy(dropped, world.drop / "b.mp3")
        await eventually(lambda: books.retried == [book_id])
        assert [name for name in books.names if not name[0].isdigit()] == ["another.mp3", "a.mp3"]


async def test_gaps_are_not_tried_again_by_a_restart_or_a_drive_that_is_back(world: World) -> None:
    async with world.node() as books:
        put(world.drop / "a.mp3")
        await eventually(lambda: books.added)
        leave_wordless(world, books.added[0][1])
        world.drop.rename(world.root / "away")
        await eventually(lambda: not world.dropping.views()[0]["present"])
        (world.root / "away").rename(world.drop)
        await eventually(lambda: world.dropping.views()[0]["present"])
        await world.settle()
        assert books.retried == []
    async with world.node() as books:
        await world.settle()
        assert books.retried == []
