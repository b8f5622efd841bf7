"""A mended copy of a damaged book is another book; the damaged one itself stays known."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from swarmstt.core.books import BookDescription, Gap
from swarmstt.core.requests import AddedBook, BookOptions
from swarmstt.node.books.library import Library
from swarmstt.node.books.looking_up import look_up
from swarmstt.speech.audio.book_files import content_hash, fingerprint
from swarmstt.storage.store import Store
from tests.support.clocks import now
from tests.unit.core.worlds import SETTINGS

SIZE_BYTES = 40 * 2**20
GAP = Gap(start=1.0, end=1.0, reason="it is damaged here")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with Store(tmp_path / "db.sqlite", now) as opened:
        yield opened


@pytest.fixture
async def library(store: Store, tmp_path: Path) -> Library:
    return Library(store, tmp_path / "out", now)


def put(path: Path, damage: bytes = b"") -> Path:
    """A large file; what is damaged of it lies between the blocks that its fingerprint is made of."""
    with path.open("wb") as file:
        file.truncate(SIZE_BYTES)
        file.seek(300 * 2**10)
        file.write(damage)
    os.utime(path, (now().timestamp() - 1000,) * 2)
    return path


async def add(library: Library, path: Path) -> AddedBook:
    return await library.add(await look_up(str(path)), SETTINGS, BookOptions(), uploaded=False)


async def add_damaged(library: Library, path: Path, *, kept: bool = True) -> AddedBook:
    """A damaged book that was read; `kept`: by a version that keeps what its bytes are known by."""
    added = await add(library, path)
    await library.describe(
        added.book_id,
        BookDescription(
            title="t",
            damages=(GAP,),
            estimated_seconds=1.0,
            content_hash=await asyncio.to_thread(content_hash, (path,)) if kept else None,
        ),
    )
    return added


async def test_a_mended_copy_is_read_and_both_are_known_from_then_on(library: Library, tmp_path: Path) -> None:
    damaged, mended = put(tmp_path / "damaged.mp3", b"xyz"), put(tmp_path / "mended.mp3")
    marks = [await asyncio.to_thread(fingerprint, (path,)) for path in (damaged, mended)]
    assert marks[0] == marks[1]
    first = await add_damaged(library, damaged)
    second = await add(library, mended)
    assert not second.known
    assert second.book_id != first.book_id
    assert (await add(library, damaged)).book_id == first.book_id
    assert (await add(library, put(tmp_path / "again.mp3"))).book_id == second.book_id


async def test_a_copy_that_was_mended_in_place_is_read(library: Library, tmp_path: Path) -> None:
    path = put(tmp_path / "a.mp3", b"xyz")
    await add_damaged(library, path)
    assert not (await add(library, put(path))).known


async def test_of_a_book_that_is_whole_nothing_more_is_compared(library: Library, tmp_path: Path) -> None:
    await add(library, put(tmp_path / "a.mp3"))
    assert (await add(library, put(tmp_path / "b.mp3", b"xyz"))).known


async def test_what_its_bytes_are_known_by_outlives_a_restart_and_a_second_reading(
    library: Library, store: Store, tmp_path: Path
) -> None:
    path = put(tmp_path / "a.mp3", b"xyz")
    added = await add_damaged(library, path)
    await add_damaged(library, path, kept=False)
    later = Library(store, tmp_path / "out", now)
    await later.load()
    assert later.get(added.book_id).content_hash == await asyncio.to_thread(content_hash, (path,))


async def test_the_same_file_of_an_earlier_version_is_known_still(library: Library, tmp_path: Path) -> None:
    path = put(tmp_path / "a.mp3", b"xyz")
    added = await add_damaged(library, path, kept=False)
    assert (await add(library, path)).known
    assert (await add(library, put(tmp_path / "copy.mp3", b"xyz"))).known
    assert not (await add(library, put(tmp_path / "mended.mp3"))).known
    moved = path.rename(tmp_path / "moved.mp3")
    assert (await add(library, moved)).book_id == added.book_id


async def test_a_file_that_is_newer_than_an_earlier_versions_reading_is_read(library: Library, tmp_path: Path) -> None:
    path = put(tmp_path / "a.mp3", b"xyz")
    await add_damaged(library, path, kept=False)
    put(path)
    os.utime(path, (now().timestamp() + 1000,) * 2)
    assert not (await add(library, path)).known


async def test_small_books_are_known_by_all_their_bytes_anyway(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(b"abc")
    added = await add_damaged(library, path, kept=False)
    library._records[added.book_id] = replace(library.get(added.book_id), content_hash="something else")
    assert (await add(library, path)).known
