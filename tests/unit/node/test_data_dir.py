"""The data folder: who holds it, what is swept out of it, and what is never touched."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from swarmstt.config import Config
from swarmstt.errors import NodeHeldError, StorageError
from swarmstt.ids import BookId, ChunkId
from swarmstt.node.data_dir import Folders, announce, held, note_of_upload, running_node, transcripts_dir

BOOK, GONE = BookId("aaaa0000"), BookId("bbbb1111")


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path / "data")


def put(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    return path


def test_transcripts_go_beside_the_dropped_books_unless_a_person_wants_them_elsewhere(tmp_path: Path) -> None:
    named = Config(drop_folder=(tmp_path / "one", tmp_path / "other"))
    assert transcripts_dir(named) == tmp_path / "one" / "Transcripts"
    assert transcripts_dir(Config(output_dir=Path("texts"))) == Path("texts").absolute()
    assert transcripts_dir(Config()).parts[-2:] == ("swarmstt", "Transcripts")


async def test_one_node_a_folder_and_the_second_is_told_who_has_it(folders: Folders) -> None:
    async with held(folders):
        await asyncio.to_thread(announce, folders, "http://127.0.0.1:8000")
        running = await asyncio.to_thread(running_node, folders)
        assert running is not None
        assert running.url == "http://127.0.0.1:8000"
        with pytest.raises(NodeHeldError, match=r"page http://127\.0\.0\.1:8000.*--data_dir"):
            async with held(folders):
                pass
    assert await asyncio.to_thread(running_node, folders) is None
    async with held(folders):
        pass


async def test_a_folder_that_cannot_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(StorageError, match="cannot be used"):
        async with held(Folders(tmp_path / "data")):
            pass


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": "x"}', '{"url": "u"}'])
def test_a_spoilt_announcement_is_none(folders: Folders, text: str) -> None:
    folders.data_dir.mkdir()
    folders.running.write_text(text)
    assert running_node(folders) is None


def test_sweeping_takes_what_no_book_needs_and_nothing_else(folders: Folders, tmp_path: Path) -> None:
    kept = [
        put(folders.audio(ChunkId(BOOK, 0))),
        put(folders.finished(BOOK) / "transcript.json"),
        put(folders.uploads / "1" / "book.mp3"),
        put(folders.uploads / "2" / "00001" / "1.mp3"),
        put(note_of_upload(put(folders.uploads / "4" / "undecided.mp3").parent)),
        folders.uploads / "4" / "undecided.mp3",
        put(folders.data_dir / "models" / "base" / "model.bin"),
        put(tmp_path / "outside.mp3"),
    ]
    swept = [
        put(folders.audio(ChunkId(GONE, 0))),
        put(folders.finished(GONE) / "transcript.json"),
        put(folders.uploads / "3" / "half.mp3"),
    ]
    folders.sweep({BOOK}, [str(kept[2]), str(kept[3]), str(kept[7])])
    assert all(path.exists() for path in kept)
    assert not any(path.exists() for path in swept)


def test_only_uploads_are_removed_as_such(folders: Folders, tmp_path: Path) -> None:
    own, upload = put(tmp_path / "mine" / "book.mp3"), put(folders.uploads / "1" / "book.mp3")
    folders.remove_uploads_of([str(own)])
    folders.remove_upload(folders.uploads)
    folders.remove_upload(upload.parent)
    assert own.exists()
    assert folders.uploads.exists()
    assert not upload.exists()


def test_all_of_an_upload_goes_with_its_book(folders: Folders) -> None:
    discs = [put(folders.uploads / "1" / f"0000{number}" / "1.mp3") for number in (1, 2)]
    other = put(folders.uploads / "2" / "book.mp3")
    folders.remove_uploads_of([str(each) for each in discs])
    assert list(folders.uploads.iterdir()) == [other.parent]


def test_audio_that_is_gone_is_no_error(folders: Folders) -> None:
    folders.drop_audio(ChunkId(BOOK, 7))
    folders.remove_book(BOOK)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
async def test_other_users_do_not_come_into_the_data_folder(tmp_path: Path) -> None:
    """Also not into one of an earlier version, which let them read books and transcripts."""
    folders = Folders(tmp_path / "data")
    folders.data_dir.mkdir(mode=0o755)
    async with held(folders):
        assert folders.data_dir.stat().st_mode & 0o777 == 0o700


async def test_a_drive_that_knows_no_rights_is_used_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("swarmstt.node.data_dir.make_private", refuse)
    async with held(Folders(tmp_path / "data")):
        assert "could not be hidden from this PC's other users: Operation not permitted." in caplog.text
