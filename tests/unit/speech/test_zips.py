"""Zips of audio: nothing leads out of the folder, nothing fills the disk, and each trouble is one sentence."""

from __future__ import annotations

import stat
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmstt.core.archives import unpacked_limit, unpacked_path
from swarmstt.errors import InputError, TooLargeError
from swarmstt.speech.ingest.zips import unpack

ROOM = 10 * 2**20


def made(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def inside(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made_folder = tmp_path / "deep" / "folder"
    made_folder.mkdir(parents=True)
    return made_folder


def test_its_audio_and_the_cue_sheet_come_out(tmp_path: Path, folder: Path) -> None:
    files = {
        "Book/01.mp3": b"1",
        "Book/02.MP3": b"2",
        "Book/book.cue": b"c",
        "Book/cover.jpg": b"j",
        "__MACOSX/Book/._01.mp3": b"x",
        "Book/.hidden.mp3": b"x",
    }
    unpack(made(tmp_path / "a.zip", files), folder, ROOM)
    assert inside(folder) == {"Book/01.mp3": b"1", "Book/02.MP3": b"2", "Book/book.cue": b"c"}


@pytest.mark.parametrize(
    "name",
    [
        "../../out.mp3",
        "/etc/out.mp3",
        "..\\..\\out.mp3",
        "C:\\out.mp3",
        "a/../../out.mp3",
        "con.mp3",
        "a:b.mp3",
        "x" * 300 + ".mp3",
    ],
)
def test_no_name_leads_out(tmp_path: Path, folder: Path, name: str) -> None:
    before = {path for path in tmp_path.rglob("*") if folder not in path.parents}
    unpack(made(tmp_path / "a.zip", {name: b"1"}), folder, ROOM)
    assert len(inside(folder)) == 1
    assert {path for path in tmp_path.rglob("*") if folder not in path.parents} == before | {tmp_path / "a.zip"}


@given(st.text(max_size=60))
def test_any_name_is_a_safe_path_or_none(name: str) -> None:
    found = unpacked_path(f"{name}.mp3", lambda each: each.endswith(".mp3"), {})
    for part in found or ():
        assert part not in ("", ".", "..")
        assert not set(part) & set('/\\:<>"|?*\0')
        assert len(part.encode("utf-8", "replace")) < 255


def test_names_that_differ_by_capitals_only_are_two_files(tmp_path: Path, folder: Path) -> None:
    unpack(made(tmp_path / "a.zip", {"a.mp3": b"1", "A.mp3": b"2"}), folder, ROOM)
    assert sorted(inside(folder).values()) == [b"1", b"2"]


def test_files_of_one_name_all_come_out_however_many() -> None:
    """Each was compared with all before it: a zip of a hundred thousand of them took hours."""
    taken: dict[tuple[str, ...], int] = {}
    names = ["a (3).mp3", *["a.mp3"] * 4, "A (2).mp3", "b/a.mp3", *["a.mp3"] * 50_000]
    paths = [unpacked_path(name, lambda each: each.endswith(".mp3"), taken) for name in names]
    assert paths[:7] == [
        *(("a (3).mp3",), ("a.mp3",), ("a (2).mp3",), ("a (4).mp3",), ("a (5).mp3",)),
        *(("A (2) (2).mp3",), ("b", "a.mp3")),
    ]
    assert len({tuple(part.casefold() for part in path) for path in paths if path}) == len(names)


def test_names_in_old_encodings_are_read(tmp_path: Path, folder: Path) -> None:
    path = made(tmp_path / "a.zip", {"AAAAA.mp3": b"1"})
    path.write_bytes(path.read_bytes().replace(b"AAAAA", "Глава".encode("cp866")))
    unpack(path, folder, ROOM)
    assert list(inside(folder)) == ["Глава.mp3"]


def test_links_are_left_out(tmp_path: Path, folder: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        link = zipfile.ZipInfo("link.mp3")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("a.mp3", b"1")
    unpack(path, folder, ROOM)
    assert list(inside(folder)) == ["a.mp3"]


def test_a_bomb_is_refused_before_it_is_unpacked_and_a_lying_one_on_the_way(tmp_path: Path, folder: Path) -> None:
    path = made(tmp_path / "a.zip", {"a.wav": bytes(5 * 2**20)})
    assert path.stat().st_size < 20_000
    with pytest.raises(TooLargeError):
        unpack(path, folder, 2**20)
    assert inside(folder) == {}
    content = path.read_bytes()
    path.write_bytes(content.replace(struct.pack("<L", 5 * 2**20), struct.pack("<L", 1000)))
    with pytest.raises((TooLargeError, InputError)):
        unpack(path, folder, ROOM)
    assert sum(map(len, inside(folder).values())) <= 1000
    assert unpacked_limit(1000, 2**60) < 2**40


@pytest.mark.parametrize(
    ("content", "says"), [(b"", "damaged"), (b"PK\3\4 rubbish", "damaged"), (b"x" * 1000, "damaged")]
)
def test_what_is_not_a_zip(tmp_path: Path, folder: Path, content: bytes, says: str) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(content)
    with pytest.raises(InputError, match=says):
        unpack(path, folder, ROOM)


def test_a_zip_without_audio_a_locked_one_and_a_broken_one_say_so(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(InputError, match="no audio files"):
        unpack(made(tmp_path / "a.zip", {"a.txt": b"1", "b.cue": b"2"}), folder, ROOM)
    path = made(tmp_path / "b.zip", {"a.mp3": b"1"})
    content = bytearray(path.read_bytes())
    for sign, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        content[content.index(sign) + offset] |= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match="password"):
        unpack(path, folder, ROOM)
    path = made(tmp_path / "c.zip", {"a.mp3": bytes(range(256)) * 100})
    content = bytearray(path.read_bytes())
    content[60:80] = b"\xff" * 20
    path.write_bytes(content)
    with pytest.raises(InputError, match="damaged"):
        unpack(path, folder, ROOM)


def test_pieces_of_what_was_split_are_never_passed_over(tmp_path: Path, folder: Path) -> None:
    pieces = {"b/01.mp3": b"1", "b/02.mp3.001": b"2", "b/02.mp3.002": b"2"}
    with pytest.raises(InputError, match=r"02\.mp3\.001 in b\.zip is a piece .* join all pieces into 02\.mp3"):
        unpack(made(tmp_path / "b.zip", pieces), folder, ROOM)
    unpack(made(tmp_path / "whole.zip", {**pieces, "b/02.mp3": b"2"}), folder, ROOM)
    assert set(inside(folder)) == {"b/01.mp3", "b/02.mp3"}


def test_the_last_volume_of_a_zip_says_that_there_are_others(tmp_path: Path, folder: Path) -> None:
    content = bytearray(made(tmp_path / "b.zip", {"01.mp3": b"1"}).read_bytes())
    at = content.rfind(b"PK\x05\x06")
    content[at + 4 : at + 8] = struct.pack("<HH", 3, 3)
    (tmp_path / "b.zip").write_bytes(content[40:])
    with pytest.raises(InputError, match="unpack them together"):
        unpack(tmp_path / "b.zip", folder, ROOM)
