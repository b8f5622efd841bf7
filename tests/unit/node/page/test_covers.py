"""Each book's cover is looked for once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
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
        (tmp_path / "a.mp3").touch()
        await store.add_book(replace(RECORD, sources=(str(tmp_path / "a.mp3"),)))
        made = Library(store, tmp_path, now)
        await made.load()
        yield made


@pytest.mark.parametrize(("found", "answer"), [(png(), (png(), "image/png")), (b"", None), (b"<svg/>", None)])
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


async def test_of_a_drive_that_is_away_nothing_is_kept(library: Library, tmp_path: Path) -> None:
    found = iter([b"", png()])

    async def find(files: BookFiles) -> bytes | None:
        await asyncio.to_thread((tmp_path / "a.mp3").unlink, missing_ok=True)  # the drive goes meanwhile
        return next(found)

    covers = Covers(library, Folders(tmp_path), find=find)
    for _ in range(2):
        assert await covers.cover(RECORD.book_id) is None
    await asyncio.to_thread((tmp_path / "a.mp3").touch)
    assert await covers.cover(RECORD.book_id) == (png(), "image/png")


async def test_a_book_that_ends_the_child_is_looked_into_once_a_start(library: Library, tmp_path: Path) -> None:
    found = iter([None, png()])

    async def find(files: BookFiles) -> bytes | None:
        return next(found)

    covers = Covers(library, Folders(tmp_path), find=find)
    for _ in range(2):
        assert await covers.cover(RECORD.book_id) is None
    assert await Covers(library, Folders(tmp_path), find=find).cover(RECORD.book_id) == (png(), "image/png")


async def test_one_that_is_not_there_has_none(library: Library, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        await Covers(library, Folders(tmp_path)).cover(BookId("../../etc/passwd"))
