"""What a book and its chapters are called, and who wrote and reads it, whoever wrote the tags."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.support.processes import Running
from tests.unit.speech.media import M4A, MP3, Format, voice, write

pytestmark = pytest.mark.e2e

FLAC = Format(codec="flac", container="flac", rate=16_000, bit_rate=None)
SHEET = """FILE "book.wav" WAVE
  TRACK 01 AUDIO
    TITLE "Eins"
    INDEX 01 00:00:00
  TRACK 02 AUDIO
    TITLE "Zwei"
    INDEX 01 00:05:00
"""
MARKERS = (
    "<Markers><Marker><Name>Opening</Name><Time>0:00.000</Time></Marker>"
    "<Marker><Name>Chapter 1</Name><Time>0:06.500</Time></Marker></Markers>"
)


def read(coordinator: Running, path: Path) -> dict[str, Any]:
    return coordinator.wait_until_read(coordinator.add(path))


def latin_frame(name: bytes, content: bytes) -> bytes:
    """A text frame of ID3v2.3 that says that it is Latin-1."""
    return name + (len(content) + 1).to_bytes(4, "big") + b"\0\0" + b"\0" + content


def with_frames(path: Path, *frames: bytes) -> Path:
    body = b"".join(frames)
    size = bytes((len(body) >> shift) & 0x7F for shift in (21, 14, 7, 0))
    audio = path.read_bytes()
    if audio.startswith(b"ID3"):
        audio = audio[10 + sum((audio[6 + at] & 0x7F) << shift for at, shift in enumerate((21, 14, 7, 0))) :]
    path.write_bytes(b"ID3\3\0\0" + size + body + audio)
    return path


@pytest.mark.parametrize(
    ("encoding", "title", "author"),
    [
        ("cp1251", "Мастер и Маргарита", "Михаил Булгаков"),
        ("koi8-r", "Преступление и наказание", "Фёдор Достоевский"),
        ("gbk", "红楼梦", "曹雪芹"),
        ("cp932", "吾輩は猫である", "夏目漱石"),
        ("latin-1", "Die Größe", "Émile Müller"),
    ],
)
@pytest.mark.parametrize("version", [1, 2])
def test_tags_in_old_encodings(
    coordinator: Running, tmp_path: Path, encoding: str, title: str, author: str, version: int
) -> None:
    seconds = 12 + len(title) + 3 * version
    path = write(tmp_path / "a.mp3", voice(seconds), MP3)
    raw = title.encode(encoding), author.encode(encoding)
    if version == 2:
        with_frames(path, latin_frame(b"TIT2", raw[0]), latin_frame(b"TPE1", raw[1]))
    else:
        audio = with_frames(path).read_bytes()[10:]
        fields = b"".join(each.ljust(30, b"\0") for each in (*raw, b""))
        path.write_bytes(audio + b"TAG" + fields + b"\0\0\0\0" + bytes(30) + b"\xff")
    found = read(coordinator, path)
    assert (found["title"], found["author"]) == (title, author)


def test_the_narrator_is_not_the_author(coordinator: Running, tmp_path: Path) -> None:
    tags = {"title": "Book", "composer": "Rita Reader"}
    found = read(coordinator, write(tmp_path / "a.mp3", voice(40), MP3, tags=tags))
    assert (found["author"], found["narrator"]) == (None, "Rita Reader")
    tags |= {"artist": "Ann Author"}
    found = read(coordinator, write(tmp_path / "b.m4b", voice(41), M4A, tags=tags))
    assert (found["author"], found["narrator"]) == ("Ann Author", "Rita Reader")


@pytest.mark.parametrize(
    ("stem", "title"),
    [
        ("1984 - George Orwell", "1984 - George Orwell"),
        ("20_000 Leagues under", "20 000 Leagues under"),
        ("007 James Bond", "007 James Bond"),
        ("م\u06cc\u200cخواهم", "م\u06cc\u200cخواهم"),
        ("Family \U0001f468\u200d\U0001f469\u200d\U0001f467", "Family \U0001f468\u200d\U0001f469\u200d\U0001f467"),
    ],
)
def test_names_keep_their_numbers_and_joiners(coordinator: Running, tmp_path: Path, stem: str, title: str) -> None:
    found = read(coordinator, write(tmp_path / f"{stem}.mp3", voice(50 + sum(map(ord, stem)) % 97 / 4), MP3))
    assert (found["title"], found["filename"]) == (title, f"{stem}.mp3")


def chapters(found: dict[str, Any]) -> list[tuple[str, float, str]]:
    return [(each["title"], round(each["start"], 1), each["source"]) for each in found["chapters"]]


def test_chapters_of_a_cue_sheet_of_its_tag_and_of_overdrive(coordinator: Running, tmp_path: Path) -> None:
    beside = write(tmp_path / "book.flac", voice(20), FLAC)
    beside.with_suffix(".cue").write_text(SHEET, encoding="utf-8-sig")
    assert chapters(read(coordinator, beside)) == [("Eins", 0.0, "cue"), ("Zwei", 5.0, "cue")]
    tagged = write(tmp_path / "tagged.flac", voice(21), FLAC, tags={"cuesheet": SHEET})
    assert chapters(read(coordinator, tagged)) == [("Eins", 0.0, "cue"), ("Zwei", 5.0, "cue")]
    library = write(tmp_path / "library.mp3", voice(22), MP3, tags={"OverDrive MediaMarkers": MARKERS})
    assert chapters(read(coordinator, library)) == [("Opening", 0.0, "tags"), ("Chapter 1", 6.5, "tags")]


def test_what_lies_beside_an_upload_is_read_with_it(coordinator: Running, tmp_path: Path) -> None:
    audio = write(tmp_path / "sheet.flac", voice(24), FLAC).read_bytes()
    answer = coordinator.upload(("sheet.flac", audio), ("sheet.cue", SHEET.encode())).json
    found = coordinator.wait_until_read(answer["book_id"])
    assert chapters(found) == [("Eins", 0.0, "cue"), ("Zwei", 5.0, "cue")]
    assert (found["filename"], found["audio_files"]) == ("sheet.flac", ["sheet.flac"])


def test_a_description_and_a_playlist_beside_the_files(coordinator: Running, tmp_path: Path) -> None:
    folder = tmp_path / "The Book"
    folder.mkdir()
    for number, name in enumerate(("Beginning", "End", "Middle")):
        write(folder / f"{name}.mp3", voice(5 + number), MP3, tags={"artist": "Somebody"})
    (folder / "list.m3u").write_text("Beginning.mp3\nMiddle.mp3\nEnd.mp3\n", encoding="utf-8")
    (folder / "metadata.json").write_text('{"authors": ["A. Writer"], "narrators": ["B. Reader"]}', encoding="utf-8")
    found = read(coordinator, folder)
    assert (found["audio_files"], found["order_by"]) == (["Beginning.mp3", "Middle.mp3", "End.mp3"], "playlist")
    assert (found["author"], found["narrator"]) == ("A. Writer", "B. Reader")


def test_titles_of_nested_chapters_and_of_those_without_length_stay(coordinator: Running, tmp_path: Path) -> None:
    marks = [("Part One", 0.0, 0.0), ("Chapter 1", 0.0, 9.0), ("Dedication", 9.0, 9.0), ("Chapter 2", 9.0, 23.0)]
    found = read(coordinator, write(tmp_path / "nested.m4b", voice(23), M4A, chapters=marks))
    assert [title for title, _, _ in chapters(found)] == ["Part One: Chapter 1", "Dedication: Chapter 2"]
