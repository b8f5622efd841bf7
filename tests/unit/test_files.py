"""Files are there whole or not at all, and some for their owner only."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from pathlib import Path

import pytest

from swarmstt.files import (
    HELD_SECONDS,
    TEMPORARY_SUFFIX,
    FileHeldError,
    copy_regular,
    file_sha256,
    make_private,
    open_regular,
    put_in_place,
    read_regular,
    replace_file,
    sync_folder,
    write_new,
    write_whole,
)

needs_links = pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither such links nor such pipes")


@pytest.mark.parametrize("lasting", [True, False])
@pytest.mark.parametrize("private", [True, False])
def test_a_file_is_replaced_by_the_new_content(tmp_path: Path, lasting: bool, private: bool) -> None:
    path = tmp_path / "a.json"
    for content in (b"one", b"", b"two" * 100_000):
        write_whole(path, content, lasting=lasting, private=private)
        assert path.read_bytes() == content
    assert [each.name for each in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.parametrize("private", [True, False])
def test_what_cannot_be_written_leaves_all_as_it_was(
    tmp_path: Path, private: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"old")

    def full(handle: int) -> None:
        raise OSError

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r"^$"):
        write_whole(path, b"new", private=private)
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["a.json"]
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "nowhere" / "a", b"", private=private)


@pytest.mark.skipif(sys.platform == "win32", reason="rights are others there")
def test_a_private_file_is_its_owners_from_its_first_byte_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "key"
    left_behind = tmp_path / f"key{TEMPORARY_SUFFIX}"
    left_behind.write_bytes(b"of a process that was killed")
    left_behind.chmod(0o666)
    rights: list[int] = []

    def fsync(handle: int) -> None:
        rights.append(stat.S_IMODE(os.fstat(handle).st_mode))

    monkeypatch.setattr(os, "fsync", fsync)
    write_whole(path, b"secret", private=True)
    assert [*rights, stat.S_IMODE(path.stat().st_mode)] == [0o600, 0o600]
    path.chmod(0o644)
    make_private(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@needs_links
@pytest.mark.parametrize("private", [True, False])
def test_a_link_in_the_place_of_the_temporary_file_leads_nowhere(tmp_path: Path, private: bool) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    (tmp_path / f"note{TEMPORARY_SUFFIX}").symlink_to(victim)
    write_whole(tmp_path / "note", b"new", private=private)
    assert (victim.read_bytes(), (tmp_path / "note").read_bytes()) == (b"precious", b"new")
    assert not (tmp_path / "note").is_symlink()


@needs_links
@pytest.mark.timeout(30)
def test_only_regular_files_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name in ("pipe", "folder", "nothing"):
        with pytest.raises(OSError, match=name):
            read_regular(tmp_path / name)
    (tmp_path / "file").write_bytes(b"\r\n\0")
    assert read_regular(tmp_path / "file") == b"\r\n\0"


def test_a_new_file_takes_no_others_place(tmp_path: Path) -> None:
    write_new(tmp_path / "a", b"mine")
    with pytest.raises(FileExistsError):
        write_new(tmp_path / "a", b"yours")
    assert (tmp_path / "a").read_bytes() == b"mine"


def test_names_last_as_far_as_the_system_can(tmp_path: Path) -> None:
    sync_folder(tmp_path)
    sync_folder(tmp_path / "nowhere")


@pytest.mark.parametrize("size", [0, 1, 2**20, 2**20 + 1])
def test_a_file_is_known_by_all_its_bytes(tmp_path: Path, size: int) -> None:
    content = bytes(index % 251 for index in range(size))
    (tmp_path / "a").write_bytes(content)
    assert file_sha256(tmp_path / "a") == hashlib.sha256(content).hexdigest()


def test_a_download_gets_its_name_if_it_is_what_was_expected(tmp_path: Path) -> None:
    partial, target = tmp_path / "a.partial", tmp_path / "a"
    partial.write_bytes(b"damaged")
    assert not put_in_place(partial, target, hashlib.sha256(b"sound").hexdigest())
    assert list(tmp_path.iterdir()) == []
    for expected in (hashlib.sha256(b"sound").hexdigest(), None):
        partial.write_bytes(b"sound")
        assert put_in_place(partial, target, expected)
        assert (target.read_bytes(), partial.exists()) == (b"sound", False)


class HeldFile:
    """A file on Windows that some program has open until a moment of this clock."""

    def __init__(self, until: float, winerror: int | None = 32) -> None:
        self.until = until
        self.winerror = winerror
        self.now = 0.0

    def rename(self, source: Path, target: Path) -> None:
        if self.now < self.until:
            error = PermissionError(13, "Access is denied", str(source))
            if self.winerror is not None:
                error.winerror = self.winerror  # type: ignore[attr-defined,unused-ignore]
            raise error
        source.replace(target)

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def replace(self, folder: Path) -> None:
        replace_file(folder / "new", folder / "old", rename=self.rename, clock=lambda: self.now, sleep=self.sleep)


@pytest.fixture
def two(tmp_path: Path) -> Path:
    (tmp_path / "new").write_bytes(b"new")
    (tmp_path / "old").write_bytes(b"old")
    return tmp_path


@pytest.mark.parametrize("winerror", [5, 32, 33])
def test_a_file_that_is_held_for_moments_is_waited_for(two: Path, winerror: int) -> None:
    held = HeldFile(HELD_SECONDS / 2, winerror)
    held.replace(two)
    assert (two / "old").read_bytes() == b"new"
    assert HELD_SECONDS / 2 <= held.now < HELD_SECONDS


def test_one_that_is_held_for_longer_is_said_by_name(two: Path) -> None:
    held = HeldFile(1000)
    with pytest.raises(FileHeldError, match="another program has old open: close that program"):
        held.replace(two)
    assert HELD_SECONDS <= held.now < HELD_SECONDS + 1
    assert (two / "old").read_bytes() == b"old"


def test_rights_that_lack_are_no_matter_of_time(two: Path) -> None:
    held = HeldFile(1, winerror=None)
    with pytest.raises(PermissionError, match="Access is denied"):
        held.replace(two)
    assert held.now == 0


def test_no_more_of_a_file_is_read_or_copied_than_may_be(tmp_path: Path) -> None:
    path, copy = tmp_path / "a", tmp_path / "b"
    path.write_bytes(b"12345")
    assert read_regular(path, 5) == b"12345"
    with pytest.raises(OSError, match="arge"):
        read_regular(path, 4)
    copy_regular(path, copy, 5)
    assert copy.read_bytes() == b"12345"
    with pytest.raises(FileExistsError):
        copy_regular(path, copy, 5)
    copy.unlink()
    with pytest.raises(OSError, match="arge"):
        copy_regular(path, copy, 4)


@needs_links
@pytest.mark.timeout(30)
def test_nothing_but_files_is_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    for each in ("pipe", "link", "zero", "."):
        with pytest.raises(OSError):  # noqa: PT011 # each system says it otherwise
            open_regular(tmp_path / each)
        with pytest.raises(OSError):  # noqa: PT011
            copy_regular(tmp_path / each, tmp_path / "copy", 5)
    assert not (tmp_path / "copy").exists()
