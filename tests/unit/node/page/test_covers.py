"""Each book's cover is looked for once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from swarmstt.errors import NotFoundError
from swarmstt.ids import BookId
from swarmstt.node.books.library import Library
from swarmstt.node.data_dir import Folders
from swarmstt.node.page.covers import Covers
from swarmstt.speech.audio.book_files import BookFiles
from swarmstt.storage.store import Store
from tests.support.clocks import now
from tests.support.pictures import png
from tests.support.records import RECORD


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[Library]:
    async with Store(tmp_path / "swarmstt.sqlite", now) as store:
        await store.add_book(RECORD)
        made = Library(store, tmp_path, now)
        await made.load()
        yield made


@pytest.mark.parametrize(("found", "answer"), [(png(), (png(), "image/png")), (None, None), (b"<svg/>", None)])
async def test_it_is_kept_until_the_book_goes(
    library: Library, tmp_path: Path, found: bytes | None, answer: tuple[bytes, str] | None
) -> None:
    looked: list[str] = []

    async def find(files: BookFiles) -> bytes | None:
        looked.append(files.name)
        return found

    folders = Folders(tmp_path)
    for _ in range(2):
        assert await Covers(library, folders, find=find).cover(RECORD.book_id) == answer
    assert looked == [RECORD.filename]
    await asyncio.to_thread(folders.remove_book, RECORD.book_id)
    assert await Covers(library, folders, find=find).cover(RECORD.book_id) == answer
    assert looked == [RECORD.filename] * 2


async def test_one_that_is_not_there_has_none(library: Library, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        await Covers(library, Folders(tmp_path)).cover(BookId("../../etc/passwd"))
