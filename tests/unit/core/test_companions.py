"""Which small files lie beside audio."""

from __future__ import annotations

import posixpath

import pytest

from swarmstt.core.companions import beside_others, ebook_among, is_companion, is_ebook


@pytest.mark.parametrize("name", ["book.cue", "BOOK.CUE", "list.m3u8", "metadata.opf", "Metadata.json"])
def test_companions(name: str) -> None:
    assert is_companion(name)


@pytest.mark.parametrize("name", ["book.mp3", "book.json", "cue", ".cue", "book.cue.mp3"])
def test_others(name: str) -> None:
    assert not is_companion(name)


def test_a_companion_needs_audio_in_its_folder() -> None:
    given = ["/a/book.mp3", "/a/book.cue", "/b/list.m3u", "/c/one.flac"]
    assert beside_others(given, posixpath.dirname) == [False, True, False, False]
    assert beside_others(["/a/book.cue"], posixpath.dirname) == [False]


def test_ebooks() -> None:
    names = ["book.epub", "Book.EPUB", "._book.epub", ".epub", "book.epub.mp3", "book.opf"]
    assert [is_ebook(name) for name in names] == [True, True, False, False, False, False]


@pytest.mark.parametrize(
    ("ebooks", "audio", "chosen"),
    [
        ([], ["a.mp3"], None),
        (["other.epub"], ["a.mp3"], "other.epub"),
        (["other.epub"], ["a.mp3", "b.mp3"], "other.epub"),
        (["other.epub", "a.epub"], ["a.mp3"], "a.epub"),
        (["one.epub", "two.epub"], ["a.mp3"], None),
        (["other.epub", "a.epub"], ["a.mp3", "b.mp3"], None),
        (["Dune/a.epub", "Dune/b.epub"], ["Dune/a.mp3"], None),
        (["Dune/book.epub"], ["Dune/CD 1/1.mp3"], "Dune/book.epub"),
        (["Dune/book.epub"], ["Dune/CD 1/1.mp3", "Dune/CD 2/1.mp3"], "Dune/book.epub"),
        (["Dune/CD 1/book.epub", "Dune/more/other.epub"], ["Dune/CD 1/1.mp3"], "Dune/CD 1/book.epub"),
        (["Dune/more/other.epub"], ["Dune/1.mp3"], None),
        (["a.epub", "a.epub"], ["a.mp3"], None),
    ],
)
def test_the_ebook_among_files(ebooks: list[str], audio: list[str], chosen: str | None) -> None:
    found = ebook_among([tuple(each.split("/")) for each in ebooks], [tuple(each.split("/")) for each in audio])
    assert (None if found is None else "/".join(found)) == chosen
