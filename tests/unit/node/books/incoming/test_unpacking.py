"""Zips are unpacked into the book that they are, called as what was given."""

from __future__ import annotations

import asyncio
import zipfile
from pathlib import Path

import pytest

from swarmstt.errors import InputError
from swarmstt.node.books.incoming.unpacking import unpacked
from swarmstt.speech.audio.book_files import BookFiles, find_book
from tests.unit.speech.media import WAV, voice, write

ROOM = 100 * 2**20


def zipped(path: Path, *names: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for number, name in enumerate(names, start=1):
            spoken = voice(number + sum(path.stem.encode()) / 500)  # no two chapters alike
            archive.write(write(path.parent / f"{path.stem}-{number}.wav.tmp", spoken, WAV), name)
    for made in path.parent.glob("*.wav.tmp"):
        made.unlink()
    return path


def only_file_in(path: Path) -> bytes:
    with zipfile.ZipFile(path) as archive:
        [name] = archive.namelist()
        return archive.read(name)


def book_in(given: Path, room_bytes: int = ROOM) -> BookFiles:
    into = given.parent / "into"
    into.mkdir()
    return asyncio.run(unpacked(find_book(given), into, room_bytes))


def test_a_folder_that_holds_only_a_zip_is_the_book_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "J. Smith, Vol. 2"
    zipped(folder / "vol2_64kb.zip", "b/02.wav", "b/01.wav")
    (folder / "read me.txt").write_text("A text.", encoding="utf-8")
    found = book_in(folder)
    assert (found.name, found.is_folder) == ("J. Smith, Vol. 2", True)
    assert [path.name for path in found.files] == ["01.wav", "02.wav"]


def test_all_zips_of_a_folder_are_one_book_in_their_order(tmp_path: Path) -> None:
    folder = tmp_path / "Tale"
    for disc in ("CD10", "CD 2", "CD1"):
        zipped(folder / f"{disc}.zip", "01.wav")
    found = book_in(folder)
    assert found.paths == (("CD1", "01.wav"), ("CD 2", "01.wav"), ("CD10", "01.wav"))


def test_zips_whose_names_meet_what_is_in_others_are_one_book(tmp_path: Path) -> None:
    folder = tmp_path / "Tale"
    first = zipped(folder / "CD1.zip", "extra/01.wav")
    second = zipped(folder / "CD1" / "extra.zip", "01.wav")
    found = book_in(folder)
    assert sorted(path.read_bytes() for path in found.files) == sorted(map(only_file_in, (first, second)))
    assert len(set(found.paths)) == 2


def test_zips_in_folders_called_as_other_zips_need_no_more_room(tmp_path: Path) -> None:
    folder = tmp_path / "Tale"
    zips = [zipped(folder / name, "01.wav") for name in ("CD1/a.zip", "CD1.zip", "CD2.zip")]
    book = book_in(folder, room_bytes=sum(len(only_file_in(path)) for path in zips))
    assert set(book.paths) == {("CD1", "a", "01.wav"), ("CD1", "01.wav"), ("CD2", "01.wav")}


def test_a_zip_without_audio_beside_others_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "Tale"
    zipped(folder / "a.zip", "01.wav")
    zipped(folder / "texts.zip", "tale.txt")
    with pytest.raises(InputError, match=r"texts\.zip has no audio files in it"):
        book_in(folder)


def test_a_zip_beside_audio_is_no_part_of_the_book(tmp_path: Path) -> None:
    zipped(tmp_path / "extra.zip", "01.wav")
    write(tmp_path / "book.wav", voice(1), WAV)
    found = find_book(tmp_path)
    assert [path.name for path in found.files] == ["book.wav"]
    assert not found.is_zipped


@pytest.mark.parametrize(
    ("sounds", "ebooks", "expected"),
    [
        (["tale.wav"], ["The Tale.epub"], "The Tale.epub"),
        (["a/01.wav", "a/02.wav"], ["a/The Tale.epub", "__MACOSX/a/._The Tale.epub"], "a/The Tale.epub"),
        (["tale.wav"], ["tale.epub", "other.epub"], "tale.epub"),
        (["01.wav", "02.wav"], ["tale.epub", "other.epub"], None),
    ],
)
def test_an_ebook_comes_with_the_audio(
    sounds: list[str], ebooks: list[str], expected: str | None, tmp_path: Path
) -> None:
    path = zipped(tmp_path / "given" / "tale.zip", *sounds)
    with zipfile.ZipFile(path, "a") as archive:
        for name in ebooks:
            archive.writestr(name, name)
    found = book_in(path)
    assert len(found.files) == len(sounds)
    if expected is None:
        assert found.ebook is None
    else:
        assert found.ebook is not None
        assert found.ebook.read_text(encoding="utf-8") == expected
