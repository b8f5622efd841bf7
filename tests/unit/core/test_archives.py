"""Where files of an archive go, and how much may come out of one."""

from __future__ import annotations

import pytest

from swarmstt.core.archives import MOST_FOLDERS_DEEP, unpacked_limit, unpacked_path

GB = 2**30


def is_audio(name: str) -> bool:
    return name.endswith(".mp3")


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("Book/01.mp3", ("Book", "01.mp3")),
        ("../../etc/01.mp3", ("etc", "01.mp3")),
        ("/root/01.mp3", ("root", "01.mp3")),
        ("C:\\Users\\anna\\01.mp3", ("Users", "anna", "01.mp3")),
        ("Book/. ./01.mp3", ("Book", "01.mp3")),
        ("Book/cover.jpg", None),
        ("__MACOSX/Book/01.mp3", None),
        (".hidden/01.mp3", None),
        ("Book/", None),
        ("..", None),
    ],
)
def test_no_name_leads_out_of_the_folder(name: str, path: tuple[str, ...] | None) -> None:
    assert unpacked_path(name, is_audio, {}) == path


def test_a_file_deep_down_is_found_in_its_last_folders() -> None:
    found = unpacked_path("/".join([*map(str, range(50)), "01.mp3"]), is_audio, {})
    assert found is not None
    assert found == (*map(str, range(51 - MOST_FOLDERS_DEEP, 50)), "01.mp3")


def test_files_of_one_name_all_have_a_place() -> None:
    """Capital letters tell no two apart on Windows, and a number may be taken too."""
    taken: dict[tuple[str, ...], int] = {}
    names = ["a.mp3", "A.mp3", "a (2).mp3", "b/a.mp3", "a.mp3"]
    found = [unpacked_path(name, is_audio, taken) for name in names]
    assert found == [("a.mp3",), ("A (2).mp3",), ("a (2) (2).mp3",), ("b", "a.mp3"), ("a (3).mp3",)]


def test_a_bomb_has_a_bound_and_an_archive_of_audio_comes_out_whole() -> None:
    assert unpacked_limit(1000, 100 * GB) == 8 * GB
    assert unpacked_limit(GB, 100 * GB) == 20 * GB
    assert unpacked_limit(GB, 3 * GB) == 3 * GB
