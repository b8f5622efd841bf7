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


def book_in(folder: Path) -> BookFiles:
    into = folder.parent / "into"
    into.mkdir()
    return asyncio.run(unpacked(find_book(folder), into, ROOM))


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
    assert [path.parent.name for path in found.files] == ["CD1", "CD 2", "CD10"]


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
