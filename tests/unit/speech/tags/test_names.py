"""Titles, authors, narrators and series out of whatever tags there are."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmstt.speech.audio.audio_file import AudioFile
from swarmstt.speech.tags import names as tags
from swarmstt.speech.tags.marks import marks_of
from tests.unit.speech.media import M4A, MP3, Format, voice, write


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("  Moby\tDick\r\n ", "Moby Dick"),
        ("Moby\x00Dick", "Moby"),
        ("\x1b[31mred\x07", "[31mred"),
        ("evil\u202etxt\u200b.exe", "eviltxt.exe"),
        ("Mu\u0308nchen", "München"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f468\u200d\U0001f469\u200d\U0001f467"),
        ("a\u200cb\u200d \u200c", "ab"),
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
        ("1984 - George Orwell", "1984 - George Orwell"),
        ("11.22.63 - Stephen King", "11.22.63 - Stephen King"),
        ("20_000 Leagues", "20 000 Leagues"),
        ("007 James Bond", "007 James Bond"),
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
    assert tags.book_title({}, "moby_dick", is_folder=False) == "moby dick"
    assert tags.book_title({"title": "1984", "album": "Classics", "track": "7"}, "file", is_folder=False) == "1984"
    assert tags.book_title({"title": "07", "album": "Classics"}, "file", is_folder=False) == "Classics"
    assert tags.book_title({"title": "Loomings"}, "Moby Dick", is_folder=True) == "Moby Dick"


def test_the_author_is_the_album_artist_before_the_artist_and_never_the_composer() -> None:
    assert tags.book_author({"composer": "C", "artist": "B", "album_artist": "A"}) == "A"
    assert tags.book_author({"composer": "C", "artist": "B"}) == "B"
    assert tags.book_author({"composer": "C", "artist": "Various Artists"}) is None
    assert tags.book_author({"artist": "  "}) is None


def test_the_narrator_is_the_composer_unless_a_tag_names_one() -> None:
    assert tags.book_narrator({"composer": "C", "artist": "B"}) == "C"
    assert tags.book_narrator({"composer": "C", "narrator": "N"}) == "N"
    assert tags.book_narrator({"performer": "P", "artist": "B"}) == "P"  # as Ogg and FLAC have it
    assert tags.book_narrator({"artist": "B"}) is None


def test_the_series_has_its_number_if_that_is_known() -> None:
    assert tags.book_series({"series": "Discworld", "series-part": "3"}) == "Discworld #3"
    assert tags.book_series({"mvnm": "Discworld", "mvin": "4"}) == "Discworld #4"
    assert tags.book_series({"grouping": "Discworld #5", "part": "5"}) == "Discworld #5"
    assert tags.book_series({"part": "5"}) is None


def test_a_file_of_a_folder_is_called_by_its_own_title() -> None:
    assert tags.file_title({"title": "Loomings", "album": "Moby-Dick"}, "01") == "Loomings"
    assert tags.file_title({"title": "moby-dick", "album": "Moby-Dick"}, "Loomings") == "Loomings"
    assert tags.file_title({"title": "Track 3"}, "Queequeg") == "Queequeg"


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
        found, chapters = file.metadata, marks_of(file.chapter_marks)
    assert tags.book_title(found, "x", is_folder=False) == "Die Verwandlung"
    assert tags.book_title(found, "x", is_folder=True) == "Erzählungen"
    assert tags.book_author(found) == "Franz Kafka"
    if name.endswith((".mp3", ".m4b", ".mka")):
        assert [(mark.title, mark.start, mark.end) for mark in chapters] == marks
