"""What a person changes of a book is kept, whatever its files say, and the book is written again with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from swarmstt.core.books import BookDescription, BookState, Chapter
from swarmstt.core.edits import BookEdits, Respelling, WantedChapter
from swarmstt.core.scheduling import events
from swarmstt.errors import ConflictError, InputError, NotFoundError, SwarmError
from swarmstt.ids import BookId
from swarmstt.node.books.library import Library
from swarmstt.node.books.writing import given_chapters, with_respellings
from swarmstt.node.page.edits import Edits
from swarmstt.node.page.views import book_view
from swarmstt.node.page.written_text import is_as_written
from swarmstt.options import OutputOptions
from swarmstt.storage.store import Store
from tests.support.clocks import now
from tests.support.records import RECORD
from tests.unit.core.worlds import BOOK, World

TAGGED = Chapter(title="Loomings", start=0.0, end=200.0)
FOUND = Chapter(title="Chapter one", start=0.0, end=200.0, source="found", certainty=0.8)


class FakeDriver:
    """Notes what it is asked."""

    def __init__(self, world: World) -> None:
        self.state = world.state
        self.asked: list[object] = []

    async def ask(self, event_type: object, *, book_id: BookId) -> None:
        self.asked.append((event_type, book_id))


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[Library]:
    async with Store(tmp_path / "swarmstt.sqlite", now) as store:
        await store.add_book(RECORD)
        opened = Library(store, tmp_path, now)
        await opened.load()
        yield opened
        assert await store.books() == opened.records()


def done(state: BookState = BookState.DONE) -> FakeDriver:
    """A book of two hundred seconds."""
    world = World()
    world.add_book(chunks=2)
    world.state.books[BOOK].state = state
    return FakeDriver(world)


def edits_of(driver: FakeDriver, library: Library) -> Edits:
    return Edits(driver, library)  # type: ignore[arg-type]


async def test_chapters_are_kept_whatever_the_files_say_later(library: Library) -> None:
    driver = done()
    edits = edits_of(driver, library)
    await library.describe(BOOK, BookDescription(chapters=(FOUND,)))
    await edits.set_chapters(
        BOOK, [WantedChapter(title="Two", start=50.0), WantedChapter(title="Chapter one", start=0.0)]
    )
    assert driver.asked == [(events.BookRewritten, BOOK)]
    await library.describe(BOOK, BookDescription(chapters=(TAGGED,)))
    expected = (replace(FOUND, end=50.0), Chapter(title="Two", start=50.0, end=200.0, source="edited"))
    assert given_chapters(library.get(BOOK)) == expected
    view = book_view(library.get(BOOK), driver.state.books[BOOK], None)
    assert ([each["title"] for each in view["chapters"]], view["chapters_edited"]) == (["Chapter one", "Two"], True)

    await edits.set_chapters(BOOK, [])
    assert given_chapters(library.get(BOOK)) == ()
    await edits.set_chapters(BOOK, None)
    assert given_chapters(library.get(BOOK)) == (TAGGED,)


async def test_what_is_sent_again_is_written_again(library: Library) -> None:
    """The node may have ended before it was written."""
    driver = done(BookState.MERGING)
    edits = edits_of(driver, library)
    for _ in range(2):
        await edits.set_respellings(BOOK, {"Akab": "Ahab"})
    assert driver.asked == [(events.BookRewritten, BOOK)] * 2
    assert is_as_written(library.get(BOOK))


async def test_what_could_not_be_stored_is_stored_by_the_next_try(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = done()
    edits = edits_of(driver, library)

    async def disk_is_full(*_: object) -> None:
        raise SwarmError("The disk is full.")

    with monkeypatch.context() as patched:
        patched.setattr(Store, "set_edits", disk_is_full)
        with pytest.raises(SwarmError, match="full"):
            await edits.set_respellings(BOOK, {"Akab": "Ahab"})
    assert (library.get(BOOK).edits, driver.asked) == (BookEdits(), [])
    await edits.set_respellings(BOOK, {"Akab": "Ahab"})  # that it is in the store is checked at the end


async def test_two_changes_at_once_are_both_kept(library: Library) -> None:
    edits = edits_of(done(), library)
    await asyncio.gather(edits.set_chapters(BOOK, []), edits.set_respellings(BOOK, {"Akab": "Ahab"}))
    assert library.get(BOOK).edits == BookEdits(chapters=(), respellings=(Respelling(heard="Akab", name="Ahab"),))


async def test_what_cannot_be_is_refused(library: Library) -> None:
    edits = edits_of(done(), library)
    with pytest.raises(InputError, match="after the end"):
        await edits.set_chapters(BOOK, [WantedChapter(title="One", start=200.0)])
    with pytest.raises(InputError, match="become a again"):
        await edits.set_respellings(BOOK, {"a": "b", "b": "a"})
    with pytest.raises(NotFoundError):
        await edits.set_chapters(BookId("bbbb0000"), None)
    with pytest.raises(ConflictError, match="once the book is transcribed"):
        await edits_of(done(BookState.OPEN), library).set_chapters(BOOK, None)


def test_names_of_the_page_are_written_besides_those_of_the_command_line() -> None:
    edits = BookEdits(respellings=(Respelling(heard="Akab", name="Ahab"),))
    assert with_respellings(OutputOptions(), BookEdits()) == OutputOptions()
    assert with_respellings(OutputOptions(), edits).names == "Akab=Ahab"
    assert with_respellings(OutputOptions(names="Ishmael"), edits).names == "Ishmael,Akab=Ahab"
    assert with_respellings(OutputOptions(names="Ishmael,Ahab=Akab"), edits).names == "Ishmael,Akab=Ahab"
