"""What the page's reader is told of a book."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from swarmstt.core.books import BookState
from swarmstt.node.node import Node
from swarmstt.node.reader_page import ReaderPage
from tests.unit.core.worlds import BOOK, World
from tests.unit.node.records import RECORD


async def told_of(world: World) -> dict[str, Any]:
    """What the reader is told of the world's book, of which nothing is decoded."""
    node = SimpleNamespace(state=world.state, shelf=SimpleNamespace(get=lambda book_id: RECORD))
    return await ReaderPage(cast(Node, node)).text(BOOK, 0.0, 1e9)


async def test_why_a_book_failed() -> None:
    world = World()
    world.add_book(chunks=1)
    assert (await told_of(world))["reason"] is None
    book = world.state.books[BOOK]
    book.state, book.reason = BookState.FAILED, "Its file is damaged."
    told = await told_of(world)
    assert (told["state"], told["reason"]) == ("failed", "Its file is damaged.")
