"""What the files of a book say of it, and which of them said it."""

from __future__ import annotations

from pathlib import Path

from swarmstt.speech.audio.audio_file import AudioFile
from swarmstt.speech.ingest.description import Describing
from tests.unit.speech.media import M4A, MP3, WAV, voice, write

SHEET = """FILE "book.wav" WAVE
  TRACK 01 AUDIO
    TITLE "Loomings"
    INDEX 01 00:00:00
  TRACK 02 AUDIO
    TITLE "The Inn"
    INDEX 01 00:00:40
"""


def chapters_of(*paths: Path, is_folder: bool = False) -> list[tuple[str, str]]:
    """The chapters' titles, each with its source."""
    describing = Describing(paths, paths[0].name, is_folder=is_folder, titles=())
    for index, path in enumerate(paths):
        with AudioFile(path) as file:
            describing.note(index, file, float(index))
    return [(each["title"], each["source"]) for each in describing.chapters(float(len(paths)))]


def test_a_chapter_names_what_it_is_from(tmp_path: Path) -> None:
    tagged = write(tmp_path / "book.m4b", voice(1), M4A, chapters=[("One", 0.0, 1.0)])
    assert chapters_of(tagged) == [("One", "tags")]
    bare = write(tmp_path / "book.wav", voice(1), WAV)
    assert chapters_of(bare) == []
    other = write(tmp_path / "next.wav", voice(1), WAV)
    assert chapters_of(bare, other, is_folder=True) == [("book", "files"), ("next", "files")]
    (tmp_path / "book.cue").write_text(SHEET, encoding="utf-8")
    sheet = [("Loomings", "cue"), ("The Inn", "cue")]
    assert chapters_of(bare) == sheet
    assert chapters_of(bare, other, is_folder=True) == [*sheet, ("next", "files")]


def test_a_chapter_that_goes_on_in_the_next_file_is_one(tmp_path: Path) -> None:
    paths = []
    for number, first in enumerate(("Chapter 1", "Chapter 1 (continued)", "Chapter 2")):
        marker = f"<Markers><Marker><Name>{first}</Name><Time>0:00.000</Time></Marker></Markers>"
        tags = {"OverDrive MediaMarkers": marker}
        paths.append(write(tmp_path / f"{number}.mp3", voice(1), MP3, tags=tags))
    assert chapters_of(*paths, is_folder=True) == [("Chapter 1", "tags"), ("Chapter 2", "tags")]
