"""A drop folder is looked into by the same rule as a book's folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from swarmstt.core.drop_folder.entries import find_entries
from swarmstt.errors import InputError
from swarmstt.node.drop_folder.scan import SUFFIXES, scan
from swarmstt.speech.audio.book_files import find_book

PLACES = {
    "c.mp3": True,
    "$100/c.mp3": True,
    "CD 1/c.mp3": True,
    "disc.aria2/b.mp3": False,
    "$RECYCLE.BIN/c.mp3": False,
    "System Volume Information/c.mp3": False,
    "__MACOSX/c.mp3": False,
    ".trash/c.mp3": False,
    "~c.mp3": False,
    "c.mp3.fdmdownload": False,
}
"""Places of a file in a book's folder, and whether it is the book's."""


@pytest.mark.parametrize(("place", "taken"), PLACES.items())
def test_a_books_folder_and_a_drop_folder_leave_the_same_alone(tmp_path: Path, place: str, taken: bool) -> None:
    path = tmp_path / "Book" / place
    path.parent.mkdir(parents=True)
    path.write_bytes(b"1")
    assert set(find_entries(scan(tmp_path, ()), SUFFIXES)) == ({"Book"} if taken else set())
    if taken:
        assert find_book(tmp_path / "Book").files == (path,)
    else:
        with pytest.raises(InputError, match="no audio"):
            find_book(tmp_path / "Book")


def test_folders_full_of_links_to_one_another_are_looked_into_once(tmp_path: Path) -> None:
    """Twelve of them have more than a hundred million paths, and no book would be taken any more."""
    names = [f"disc {number}" for number in range(12)]
    for name in names:
        folder = tmp_path / "Book" / name
        folder.mkdir(parents=True)
        (folder / "c.mp3").write_bytes(b"1")
        for other in names:
            link(folder / f"to {other}", Path("..", other))
    assert sorted(file.path for file in scan(tmp_path, ())) == sorted(("Book", name, "c.mp3") for name in names)


def test_two_links_to_one_folder_are_two_things(tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "c.mp3").write_bytes(b"1")
    drop = tmp_path / "drop"
    drop.mkdir()
    for name in ("one", "two"):
        link(drop / name, tmp_path / "library")
    assert set(find_entries(scan(drop, ()), SUFFIXES)) == {"one", "two"}


def link(path: Path, target: Path) -> None:
    try:
        path.symlink_to(target, target_is_directory=True)
    except OSError:
        pytest.skip("no links here")
