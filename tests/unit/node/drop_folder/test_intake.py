"""What is there again as it was: only what is to be tried again is looked into."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from swarmstt.core.books import BookSettings, BookState, ChunkSpan, ChunkState
from swarmstt.core.drop_folder.drop_table import Drop, DropTable, Place
from swarmstt.core.requests import BookOptions
from swarmstt.core.scheduling.coordinator import Coordinator
from swarmstt.core.scheduling.state import Book, Chunk
from swarmstt.ids import BookId, ChunkId, LeaseId
from swarmstt.node.drop_folder import intake
from swarmstt.options import DecodeOptions

BOOK_ID = BookId("book")
DROP = Drop(place=Place("/drop", "a.mp3"), signature="as it was", fingerprint="hash", book_id=BOOK_ID)
SETTINGS = BookSettings(model="tiny.en", model_hash="hash", decode=DecodeOptions(language="en"))


class Looks:
    """Plays the node: notes whose files were looked into, and what was tried again."""

    def __init__(self) -> None:
        self.looked: list[str] = []
        self.retried: list[BookId] = []

    async def look_up(self, path: str) -> Any:
        self.looked.append(path)
        return SimpleNamespace(name=path)

    async def retry(self, book_id: BookId) -> None:
        self.retried.append(book_id)

    async def moved(self, book_id: BookId, files: object) -> None:
        pass

    def current(self, book_id: BookId) -> BookId:
        return book_id


@pytest.mark.parametrize(
    ("chunk", "state", "is_given", "tried"),
    [
        (ChunkState.COMPLETED, BookState.DONE, True, False),
        (ChunkState.PENDING, BookState.OPEN, True, False),
        (ChunkState.FAILED, BookState.DONE, True, True),
        (ChunkState.FAILED, BookState.DONE, False, False),
        (ChunkState.COMPLETED, BookState.FAILED, False, True),
    ],
)
async def test_files_are_looked_into_only_if_their_book_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, chunk: ChunkState, state: BookState, is_given: bool, tried: bool
) -> None:
    looks, books = Looks(), Coordinator(next_lease_id=LeaseId(1)).state
    book = Book(book_id=BOOK_ID, settings=SETTINGS, language="en", state=state)
    span = ChunkSpan(chunk_id=ChunkId(BOOK_ID, 0), start_sample=0, sample_count=160_000)
    book.chunks = [Chunk(span=span, book=book, state=chunk)]
    books.books[BOOK_ID] = book
    monkeypatch.setattr(intake, "look_up", looks.look_up)
    taking = intake.Intake(
        DropTable(8.0, [DROP]),
        cast(Any, None),
        library=cast(Any, looks),
        state=books,
        adding=cast(Any, None),
        books=cast(Any, looks),
        options=BookOptions(),
        clock=lambda: 0.0,
        settle_seconds=8.0,
    )
    await taking.came_back(DROP, is_given=is_given)
    assert (bool(looks.looked), looks.retried) == (tried, [BOOK_ID] if tried else [])
