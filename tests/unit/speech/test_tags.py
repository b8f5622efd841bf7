"""Titles, authors and chapters out of whatever tags there are."""

from __future__ import annotations

import math
import unicodedata
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmstt.core.books import Chapter
from swarmstt.speech import tags
from swarmstt.speech.audio import AudioFile
from tests.unit.speech.media import M4A, MP3, Format, voice, write


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("  Moby\tDick\r\n ", "Moby Dick"),
        ("Moby\x00Dick", "Moby"),
        ("\x1b[31mred\x07", "[31mred"),
        ("evil\u202etxt\u200b.exe", "eviltxt.exe"),
        ("Mu\u0308nchen", "München"),
        ("MÃ¼nchen", "München"),
        ("M\udcfcnchen", "München"),
        ("x" * 1000, "x" * 299 + "…"),
        ("\ud800", ""),
        ("", ""),
    ],
)
def test_a_tag_becomes_one_tidy_line(raw: str, clean: str) -> None:
    assert tags.clean_text(raw) == clean


@given(st.text(st.characters(), max_size=500))
def test_any_tag_can_be_shown_and_stored(raw: str) -> None:
    text = tags.clean_text(raw)
    assert text.encode() is not None
    assert len(text) <= tags.MOST_TITLE_LETTERS
    assert not any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text)
    assert text == " ".join(text.split())


@pytest.mark.parametrize(
    ("stem", "title"),
    [
        ("01 - The Whale", "The Whale"),
        ("007_The_Whale", "The Whale"),
        ("12. Epilogue", "Epilogue"),
        ("1984", "1984"),
        ("20 000 Leagues", "20 000 Leagues"),
        ("01", "01"),
        ("track_01", "track 01"),
    ],
)
def test_a_file_name_becomes_a_title(stem: str, title: str) -> None:
    assert tags.tidy_name(stem) == title


def test_the_title_of_a_file_is_its_own_and_of_a_folder_its_album() -> None:
    found = {"title": "Loomings", "album": "Moby-Dick"}
    assert tags.book_title(found, "file", is_folder=False) == "Loomings"
    assert tags.book_title(found, "folder", is_folder=True) == "Moby-Dick"
    assert tags.book_title({"title": "Track 01", "album": "Moby-Dick"}, "file", is_folder=False) == "Moby-Dick"
    assert tags.book_title({}, "01_moby_dick", is_folder=False) == "moby dick"
    assert tags.book_title({"title": "Loomings"}, "Moby Dick", is_folder=True) == "Moby Dick"


def test_the_author_is_the_album_artist_before_the_artist_before_the_composer() -> None:
    assert tags.book_author({"composer": "C", "artist": "B", "album_artist": "A"}) == "A"
    assert tags.book_author({"composer": "C", "artist": "B"}) == "B"
    assert tags.book_author({"composer": "C", "artist": "Various Artists"}) == "C"
    assert tags.book_author({"artist": "  "}) is None


def test_a_file_of_a_folder_is_called_by_its_own_title() -> None:
    assert tags.file_title({"title": "Loomings", "album": "Moby-Dick"}, "01") == "Loomings"
    assert tags.file_title({"title": "moby-dick", "album": "Moby-Dick"}, "01 - Loomings") == "Loomings"
    assert tags.file_title({"title": "Track 3"}, "03 - Queequeg") == "Queequeg"


def test_marks_without_sense_are_left_out() -> None:
    base = Fraction(1, 1000)
    raw = [
        {"start": 5000, "end": 9000, "time_base": base, "metadata": {"TITLE": "Two\n"}},
        {"start": 0, "end": 5000, "time_base": base, "metadata": {}},
        {"start": -(2**63), "end": 0, "time_base": base, "metadata": {"title": "Never"}},
    ]
    found = tags.marks_of(raw)
    assert [(mark.title, mark.start, mark.end) for mark in found] == [("", 0.0, 5.0), ("Two", 5.0, 9.0)]
    assert len(tags.marks_of([raw[1]] * 20_000)) == tags.MOST_CHAPTERS


chapters = st.builds(Chapter, title=st.text(max_size=3), start=st.floats(0, 5000), end=st.floats(-10, 6000))


@given(st.lists(chapters, max_size=20), st.floats(1, 4000))
def test_chapters_ascend_inside_the_book(found: list[Chapter], total: float) -> None:
    ordered = tags.ordered_chapters(found, total)
    assert all(0 <= chapter.start < chapter.end <= total and chapter.title for chapter in ordered)
    assert all(before.end <= after.start for before, after in pairwise(ordered))
    assert all(math.isfinite(chapter.end) for chapter in ordered)


def test_a_chapter_without_an_end_lasts_to_the_next() -> None:
    found = [Chapter(title="One", start=0.0, end=0.0), Chapter(title="", start=10.0, end=99.0)]
    expected = [Chapter(title="One", start=0.0, end=10.0), Chapter(title="Chapter 2", start=10.0, end=30.0)]
    assert tags.ordered_chapters(found, 30.0) == expected


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("a.mp3", MP3),
        ("a.m4b", M4A),
        ("a.flac", Format(codec="flac", container="flac", bit_rate=None)),
        ("a.opus", Format(codec="libopus", container="ogg", rate=48_000)),
        ("a.wma", Format(codec="wmav2", container="asf")),
        ("a.mka", Format(codec="aac", container="matroska")),
    ],
)
def test_tags_and_marks_are_read_from_each_format(tmp_path: Path, name: str, how: Format) -> None:
    written = {"title": "Die Verwandlung", "artist": "Franz Kafka", "album": "Erzählungen"}
    marks = [("I. Erwachen", 0.0, 2.0), ("II. Tür", 2.0, 4.0)]
    with AudioFile(write(tmp_path / name, voice(4), how, tags=written, chapters=marks)) as file:
        found, chapters = file.metadata, tags.marks_of(file.chapter_marks)
    assert tags.book_title(found, "x", is_folder=False) == "Die Verwandlung"
    assert tags.book_title(found, "x", is_folder=True) == "Erzählungen"
    assert tags.book_author(found) == "Franz Kafka"
    if name.endswith((".mp3", ".m4b", ".mka")):
        assert [(mark.title, mark.start, mark.end) for mark in chapters] == marks
