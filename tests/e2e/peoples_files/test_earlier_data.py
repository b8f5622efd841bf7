"""Data folders that an earlier version left: it read damaged containers otherwise, and cut such a book otherwise."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.support.home import Home
from tests.e2e.support.reference_book import ReferenceBook, assert_same_words
from tests.e2e.support.stored_chunks import stored_chunks
from tests.e2e.support.waiting import eventually

pytestmark = pytest.mark.e2e


def leave_as_earlier(data_dir: Path, *, first: int, failed: bool) -> None:
    """Makes of a book what the earlier version left of a damaged one: read in part, and cut otherwise from a chunk on.
    `failed`: a version since then found that out, and gave the book up."""
    with closing(sqlite3.connect(data_dir / "swarmstt.sqlite")) as store, store:
        store.execute("UPDATE books SET read_whole = 0")
        store.execute("UPDATE chunks SET sample_count = sample_count - 8000 WHERE position = ?", [first])
        store.execute("UPDATE chunks SET start_sample = start_sample - 8000 WHERE position > ?", [first])
        if failed:
            store.execute("UPDATE books SET state = 'failed', reason = 'Its audio changed while it was transcribed.'")


@pytest.mark.parametrize("failed", [False, True])
def test_a_book_that_an_earlier_version_cut_otherwise_goes_on(
    home: Home, short_book: ReferenceBook, failed: bool
) -> None:
    options = {"output_dir": str(home.output), "chunk_seconds": 30, "word_timestamps": True}
    with home.up("--slots", "1") as node:
        book_id = node.add(short_book.audio, **options)
        eventually(lambda: len(stored_chunks(home.data_dir).results) >= 2, "two chunks are done", pause_seconds=0.02)
        assert node.hold_engines()
        node.process.kill()
        node.process.wait()
    leave_as_earlier(home.data_dir, first=1, failed=failed)
    with home.up() as node:
        if failed:
            assert node.ask(f"/books/{book_id}/retry", "POST", {}).status == 200
        assert node.wait_for_book(book_id)["gaps"] == []
    assert_same_words(home.output, short_book.undisturbed.output)
