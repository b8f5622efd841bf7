"""A zip of audio is a book, on each way that books come; what cannot be one gets a note and not silence."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench.wer import word_errors
from tests.e2e.support.home import Home
from tests.e2e.support.impatient import ImpatientHome
from tests.e2e.support.processes import Running
from tests.e2e.support.voice import SENTENCES, Voice, record
from tests.e2e.support.waiting import eventually

pytestmark = pytest.mark.e2e


def zipped(path: Path, voice: Voice, first: int) -> Path:
    """Two chapters in a zip, the second one first, with what LibriVox puts beside them."""
    parts = {f"tale_{number:02}.mp3": voice.say(SENTENCES[first + number - 1]) for number in (2, 1)}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, spoken in parts.items():
            audio = record(path.parent / "parts" / path.stem / name, spoken, tags={"album": "A Tale", "artist": "Ann"})
            archive.write(audio, f"tale/{name}")
        archive.writestr("tale/readme.txt", "LibriVox")
    return path


def alone(folder: Path) -> Path:
    """A folder with nothing in it but what nobody takes for audio."""
    folder.mkdir()
    (folder / "read me.txt").write_text("From a library.", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def dropping(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Home, Running]]:
    home = ImpatientHome(tmp_path_factory.mktemp("dropping"))
    with home.up() as running:
        yield home, running


def test_a_dropped_zip_is_a_book(dropping: tuple[Home, Running], voice: Voice, tmp_path: Path) -> None:
    home, running = dropping
    path = zipped(tmp_path / "tale.zip", voice, 12)
    path.rename(home.drop / "tale.zip")
    book = eventually(
        lambda: next((each for each in running.get("/books") if each["filename"] == "tale"), None), "the book"
    )
    running.wait_for_book(book["book_id"])
    document = running.get(f"/results/{book['book_id']}")
    assert word_errors(" ".join(SENTENCES[12:14]), document["full_text"]).percent < 20, document["full_text"]
    assert (document["title"], document["author"]) == ("A Tale", "Ann")
    assert document["files"] == ["tale/tale_01.mp3", "tale/tale_02.mp3"]
    assert (home.drop / "Transcripts" / "tale.json").is_file()
    (home.drop / "tale.zip").rename(home.drop / "renamed.zip")
    uploads = home.data_dir / "uploads"
    assert running.add(home.drop / "renamed.zip") == book["book_id"]
    assert len(list(uploads.iterdir())) == 1, "what is known needs no second copy"
    (home.drop / "renamed.zip").rename(alone(home.drop / "A folder") / "renamed.zip")
    assert running.add(home.drop / "A folder") == book["book_id"], "a folder that holds only a zip is the book in it"
    running.ask(f"/books/{book['book_id']}", "DELETE")
    eventually(lambda: not list(uploads.iterdir()), "the unpacked audio is gone with its book")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("list.m3u", b"#EXTM3U\na.mp3\n", "playlist"),
        ("book.rar", b"Rar!\x1a\x07\x00", "unpack it"),
        ("thing.xyz", b"whatever", "read as audio"),
        ("video.avi", b"RIFF....AVI ", "video.avi"),
        ("empty.zip", b"PK\x05\x06" + bytes(18), "no audio files"),
        ("broken.zip", b"PK\x03\x04 rubbish", "damaged"),
        ("Folder/thing.xyz", b"whatever", "no audio files"),
        ("tale.m4b.001", b"....ftypM4B ", "join all pieces into tale.m4b"),
    ],
)
def test_what_cannot_be_a_book_gets_a_note(
    dropping: tuple[Home, Running], name: str, content: bytes, says: str
) -> None:
    home, _ = dropping
    path = home.drop / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    top = home.drop / Path(name).parts[0]
    note = home.drop / "Transcripts" / f"{top.stem if path == top else top.name}.error.txt"
    eventually(note.exists, f"a note about {name}")
    assert says in note.read_text(encoding="utf-8")


def test_what_lies_beside_books_gets_none(dropping: tuple[Home, Running]) -> None:
    home, _ = dropping
    names = ("cover.jpg", "read me.txt", "tale.cue", "tale.epub", "info.nfo")
    for name in names:
        (home.drop / name).write_bytes(b"x")
    (home.drop / "last.xyz").write_bytes(b"x")
    eventually((home.drop / "Transcripts" / "last.error.txt").exists, "the last note")
    assert not [name for name in names if (home.drop / "Transcripts" / f"{Path(name).stem}.error.txt").exists()]


def test_a_zip_from_the_page_and_the_command_line(node: Running, visit: Home, voice: Voice, tmp_path: Path) -> None:
    path = zipped(tmp_path / "another.zip", voice, 16)
    first = node.upload(("another.zip", path.read_bytes())).json["book_id"]
    assert node.upload(("Dr. Ann/another.zip", path.read_bytes())).json["book_id"] == first
    path = path.rename(alone(tmp_path / "Dr. Ann") / "another.zip")
    ended = visit.transcribe(path.parent)
    ended.assert_calm(0)
    heard = visit.transcript("Dr. Ann")
    assert heard["book_id"] == first
    assert word_errors(" ".join(SENTENCES[16:18]), heard["full_text"]).percent < 20
