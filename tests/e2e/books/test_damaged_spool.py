"""A byte that flips in the spool costs no word, as long as the book's own audio is there."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.e2e.support.home import Home
from tests.e2e.support.processes import Running
from tests.e2e.support.reference_book import ReferenceBook, assert_same_words
from tests.e2e.support.waiting import eventually

pytestmark = pytest.mark.e2e


def read_but_not_decoded(home: Home, running: Running, audio: Path) -> str:
    """Adds a book to a PC that is paused, and returns once its parts are in the spool."""
    assert running.ask("/pause", "POST", {}).status == 200
    options = {"output_dir": str(home.output), "chunk_seconds": 30, "word_timestamps": True, "language": "en"}
    book_id = running.add(audio, **options)
    running.wait_until_read(book_id)
    return book_id


def flip_a_byte(home: Home, book_id: str, part: int) -> None:
    path = home.data_dir / "spool" / book_id / f"chunk-{part:05d}.flac"
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 0x10
    path.write_bytes(content)


def test_a_damaged_part_is_cut_again_while_the_node_runs(home: Home, short_book: ReferenceBook) -> None:
    with home.up("--slots", "1") as running:
        book_id = read_but_not_decoded(home, running, short_book.audio)
        for part in (1, 2):
            flip_a_byte(home, book_id, part)
        assert running.ask("/resume", "POST").status == 200
        assert running.wait_for_book(book_id)["gaps"] == []
        assert "damaged" in running.err
    assert_same_words(home.output, short_book.undisturbed.output)


def test_a_damaged_part_is_cut_again_when_the_node_starts(home: Home, short_book: ReferenceBook) -> None:
    with home.up("--slots", "1") as running:
        book_id = read_but_not_decoded(home, running, short_book.audio)
    flip_a_byte(home, book_id, 1)
    damaged = (home.data_dir / "spool" / book_id / "chunk-00001.flac").read_bytes()
    with home.up("--slots", "1") as running:
        path = home.data_dir / "spool" / book_id / "chunk-00001.flac"
        eventually(lambda: not path.exists() or path.read_bytes() != damaged, "the part is cut again")
        assert running.ask("/resume", "POST").status == 200
        assert running.wait_for_book(book_id)["gaps"] == []
    assert_same_words(home.output, short_book.undisturbed.output)


def test_a_damaged_part_of_a_book_whose_audio_is_gone_is_a_gap_that_says_so(
    home: Home, short_book: ReferenceBook
) -> None:
    audio = home.root / short_book.audio.name
    shutil.copy(short_book.audio, audio)
    with home.up("--slots", "1") as running:
        book_id = read_but_not_decoded(home, running, audio)
        flip_a_byte(home, book_id, 1)
        audio.unlink()
        assert running.ask("/resume", "POST").status == 200
        view = running.wait_for_book(book_id)
        (gap,) = view["gaps"]
        assert "damaged on the disk" in gap["reason"]
        assert view["tasks"]["failed"] == 1
