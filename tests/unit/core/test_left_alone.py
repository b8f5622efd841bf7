"""What is left alone in a folder is decided by names, once."""

from __future__ import annotations

import pytest

from swarmstt.core.left_alone import is_left_alone, is_temporary, suffix_of


@pytest.mark.parametrize(
    "name",
    [
        *("book.mp3.part", "book.Xy12.mp3.part", "Unconfirmed 1234.crdownload", "book.mp3.crdownload", "~$book.mp3"),
        *(".book.mp3", "book.mp3.tmp", "book.mp3.!ut", "book.mp3.download", ".syncthing.book.mp3.tmp"),
        *("~syncthing~book.mp3.tmp", ".book.mp3.aB3xYz", ".DS_Store", "._book.mp3", "book.mp3~", "__MACOSX"),
        *(".goutputstream-AB12CD", "book.mp3.filepart", "BOOK.MP3.PART", "$RECYCLE.BIN"),
        *("disc.aria2", "$WINDOWS.~BT", "System Volume Information"),
    ],
)
def test_names_that_are_left_alone(name: str) -> None:
    assert is_left_alone(name)


@pytest.mark.parametrize(
    "name", ["book.mp3", "part 1.mp3", "download", "Temp", "a.b.c.m4b", "not . so.mp3", "tmp", "$100.mp3"]
)
def test_names_that_are_not(name: str) -> None:
    assert not is_left_alone(name)


def test_a_hidden_file_of_a_system_is_not_temporary() -> None:
    assert not is_temporary("._book.mp3")
    assert not is_temporary(".DS_Store")


@pytest.mark.parametrize(("name", "suffix"), [("a.MP3", ".mp3"), ("a", ""), (".mp3", ""), ("a.b.M4b", ".m4b")])
def test_suffix(name: str, suffix: str) -> None:
    assert suffix_of(name) == suffix
