"""Chapters in cue sheets and in OverDrive's markers."""

from __future__ import annotations

from pathlib import Path

import pytest

from swarmstt.speech.tags import cue_sheets
from swarmstt.speech.tags.marks import Mark

SHEET = """REM GENRE Audiobook
PERFORMER "Herman Melville"
TITLE "Moby Dick"
FILE "moby.wav" WAVE
  TRACK 01 AUDIO
    TITLE "Loomings"
    PERFORMER "Herman Melville"
    INDEX 01 00:00:00
  TRACK 02 AUDIO
    TITLE "The Carpet "Bag""
    INDEX 00 01:01:50
    INDEX 01 01:02:37
  TRACK 03 AUDIO
    INDEX 01 120:00:00
"""


def marks(found: list[Mark]) -> list[tuple[str, float]]:
    return [(each.title, each.start) for each in found]


def test_tracks_begin_at_their_first_index() -> None:
    found = marks(cue_sheets.of_tag(SHEET))
    assert [round(start, 3) for _, start in found] == [0.0, 62.493, 7200.0]
    assert found[0][0] == "Loomings"
    assert found[1][0].startswith("The Carpet")


@pytest.mark.parametrize("name", ["moby.flac", "MOBY.mp3"])
@pytest.mark.parametrize("sheet_name", ["moby.cue", "other.cue"])
def test_the_sheet_beside_the_audio_is_read(tmp_path: Path, name: str, sheet_name: str) -> None:
    (tmp_path / sheet_name).write_text(SHEET, encoding="utf-8")
    assert len(cue_sheets.beside(tmp_path / name)) == 3


def test_a_sheet_by_the_name_of_the_audio_is_about_it_whatever_it_says(tmp_path: Path) -> None:
    (tmp_path / "book.cue").write_bytes(SHEET.encode("utf-16"))
    assert len(cue_sheets.beside(tmp_path / "book.flac")) == 3


def test_a_sheet_about_other_audio_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "moby.cue").write_text(SHEET, encoding="utf-8")
    assert cue_sheets.beside(tmp_path / "emma.mp3") == []


def test_of_a_sheet_about_several_files_each_has_its_own(tmp_path: Path) -> None:
    (tmp_path / "discs.cue").write_text(
        'FILE "a.wav" WAVE\nTRACK 01 AUDIO\nTITLE "One"\nINDEX 01 00:00:00\n'
        'TRACK 02 AUDIO\nTITLE "Two"\nINDEX 01 00:10:00\n'
        'FILE "b.wav" WAVE\nTRACK 03 AUDIO\nTITLE "Three"\nINDEX 01 00:00:00\n',
        encoding="utf-8",
    )
    assert marks(cue_sheets.beside(tmp_path / "a.mp3")) == [("One", 0.0), ("Two", 10.0)]
    assert marks(cue_sheets.beside(tmp_path / "b.mp3")) == [("Three", 0.0)]


@pytest.mark.parametrize(
    "text", ["", "TRACK", "FILE\nINDEX 01 x", "\0" * 100, "TRACK 01\nINDEX 01 1:2:3:4:5", "INDEX 01 00:00:00"]
)
def test_nonsense_gives_no_chapters(text: str) -> None:
    assert cue_sheets.of_tag(text) == []


@pytest.mark.parametrize(
    ("second", "found"),
    [
        ("TITLE Intro here\nINDEX 01 10:20:00", ("Intro here", 620.0)),
        ('TITLE "A "q" B"\nINDEX 01 10:20:00', ('A "q" B', 620.0)),
        ('TITLE "A \\"q\\" B"\nINDEX 01 10:20:00', ('A "q" B', 620.0)),
        ('INDEX 01 10:20:00\nTITLE "Behind"', ("Behind", 620.0)),
        ('TITLE "Hours"\nINDEX 01 01:10:20:00', ("Hours", 4220.0)),
        ('TITLE "Long"\nINDEX 01 12345:00:00', ("Long", 740_700.0)),
        ('TITLE "Decimals"\nINDEX 01 10:20.500', ("Decimals", 620.5)),
    ],
)
def test_sheets_as_programs_write_them(second: str, found: tuple[str, float]) -> None:
    sheet = f'FILE "b.mp3" MP3\nTRACK 01 AUDIO\nTITLE "A"\nINDEX 01 00:00:00\nTRACK 02 AUDIO\n{second}\n'
    assert marks(cue_sheets.of_tag(sheet)) == [("A", 0.0), found]
    assert marks(cue_sheets.of_tag(sheet.replace("\n", "\r"))) == [("A", 0.0), found]


@pytest.mark.parametrize(
    ("sheet_name", "audio"), [("Book.mp3.cue", "Book.mp3"), ("BOOK.CUE", "Book.m4b"), ("CDImage.cue", "Book.flac")]
)
def test_the_only_sheet_beside_the_only_audio_is_about_it(tmp_path: Path, sheet_name: str, audio: str) -> None:
    (tmp_path / audio).write_bytes(b"x")
    (tmp_path / sheet_name).write_text(SHEET, encoding="utf-8")
    assert len(cue_sheets.beside(tmp_path / audio)) == 3


def test_a_name_in_another_form_of_unicode_is_the_same(tmp_path: Path) -> None:
    (tmp_path / "x.cue").write_text(SHEET.replace("moby.wav", "Bu\u0308cher.wav"), encoding="utf-8")
    assert len(cue_sheets.beside(tmp_path / "Bücher.mp3")) == 3


def test_overdrive_markers() -> None:
    text = (
        "<Markers><Marker><Name>Opening</Name><Time>0:00.000</Time></Marker>"
        "<Marker><Name>Chapter 1 &amp; more</Name><Time>12:34.500</Time></Marker>"
        "<Marker><Name>Chapter 2</Name><Time>1:02:03.000</Time></Marker><Marker><Name>x</Name></Marker></Markers>"
    )
    assert marks(cue_sheets.of_overdrive(text)) == [
        ("Opening", 0.0),
        ("Chapter 1 & more", 754.5),
        ("Chapter 2", 3723.0),
    ]
    bare = "<Markers><Marker><Name>A & B</Name><Time>0:07.000</Time></Marker></Markers>"
    assert marks(cue_sheets.of_overdrive(bare)) == [("A & B", 7.0)]
    assert cue_sheets.of_overdrive("<Markers>") == []


def test_overdrive_markers_within_a_chapter_begin_none() -> None:
    names = ("Chapter 2 (continued)", "   Chapter 2 (05:00)", "Chapter 3", "   Chapter 3 (1:05:00)", "Chapter 4 (1984)")
    rows = "".join(f"<Marker><Name>{name}</Name><Time>{at}:00</Time></Marker>" for at, name in enumerate(names))
    found = cue_sheets.of_overdrive(f"<Markers>{rows}</Markers>")
    assert marks(found) == [("Chapter 2", 0.0), ("Chapter 3", 120.0), ("Chapter 4 (1984)", 240.0)]
    assert [each.may_continue for each in found] == [True, False, False]


def test_what_is_no_list_of_overdrive_markers_says_nothing() -> None:
    assert cue_sheets.of_overdrive('<!DOCTYPE x [<!ENTITY a "b">]><Markers/>') == []


@pytest.mark.parametrize("word", ["TITLE", "FILE", "TRACK", "INDEX", "a", ""])
@pytest.mark.parametrize("end", ["b", '"', "", "\n"])
def test_a_line_of_many_spaces_is_read_at_once(word: str, end: str) -> None:
    """By patterns that look for the end at each space, this took hours."""
    sheet = f'FILE "a.mp3" MP3\nTRACK 01 AUDIO\n{word} x{" " * 2**20}{end}\nINDEX 01 00:10:00'
    assert [each.start for each in cue_sheets.parse_sheet(sheet)] == [10.0]
