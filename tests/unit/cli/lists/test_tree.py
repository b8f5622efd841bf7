"""Which books a list names, and where their transcripts go."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from swarmstt.cli.lists.tree import Listed, books_below, is_disc, listed_books
from swarmstt.errors import UsageError


def tree(root: Path, *files: str) -> Path:
    for each in files:
        (root / each).parent.mkdir(parents=True, exist_ok=True)
        (root / each).write_bytes(b"x")
    return root


def found(root: Path) -> list[str]:
    return [each.relative_to(root).as_posix() for each in books_below(root)]


@pytest.mark.parametrize(
    ("files", "books"),
    [
        (["b.mp3", "a.mp3"], ["a.mp3", "b.mp3"]),
        (["Emma/1.mp3", "Emma/2.mp3", "Emma/cover.jpg"], ["Emma"]),
        (["Austen/Emma/1.mp3", "Austen/Persuasion/1.mp3"], ["Austen/Emma", "Austen/Persuasion"]),
        (["Emma/CD 1/1.mp3", "Emma/CD 2/1.mp3"], ["Emma"]),
        (["Emma/intro.mp3", "Emma/Teil 1/1.mp3", "Emma/Scans/1.jpg"], ["Emma"]),
        (["Austen/Emma.m4b", "Austen/Persuasion.m4b"], ["Austen/Emma.m4b", "Austen/Persuasion.m4b"]),
        (["Austen/letter.mp3", "Austen/Emma/1.mp3"], ["Austen/letter.mp3", "Austen/Emma"]),
        (["Emma/notes.txt", "empty/x.jpg"], []),
        ([".hidden/1.mp3", "Emma/.trash/1.mp3", "Emma/1.mp3"], ["Emma"]),
    ],
)
def test_what_a_folder_holds(tmp_path: Path, files: list[str], books: list[str]) -> None:
    assert found(tree(tmp_path, *files)) == books


def test_links_to_folders_lead_nowhere(tmp_path: Path) -> None:
    tree(tmp_path, "Emma/1.mp3")
    (tmp_path / "Emma" / "again").symlink_to(tmp_path)
    assert found(tmp_path) == ["Emma"]


def test_the_folders_of_the_tree_are_those_of_the_transcripts(tmp_path: Path) -> None:
    root = tree(tmp_path / "books", "a.mp3", "Austen/Emma/1.mp3")
    assert list(listed_books(root, Path("/out"))) == [
        Listed(str(root / "a.mp3"), "/out"),
        Listed(str(root / "Austen" / "Emma"), "/out/Austen"),
    ]


def test_a_file_has_a_path_on_each_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("list").write_bytes("\ufeff/a/b.mp3\r\n\nü c.mp3\n # d.mp3 \n".encode() + b"\xff.mp3")
    here = str(tmp_path)
    assert [each.path for each in listed_books(tmp_path / "list", Path("/out"))] == [
        "/a/b.mp3",
        f"{here}/ü c.mp3",
        f"{here}/ # d.mp3 ",
        f"{here}/" + os.fsdecode(b"\xff.mp3"),
    ]


def test_a_list_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not there; name a file with a path on each line, or a folder"):
        list(listed_books(tmp_path / "list", tmp_path))


@pytest.mark.parametrize("name", ["CD 1", "cd2", "Disc 02", "Teil 3", "Part-4", "Band_5"])
def test_names_of_discs(name: str) -> None:
    assert is_disc(name)


@pytest.mark.parametrize("name", ["Emma", "1984", "CD", "Emma 2", "Part One of Many", "2001"])
def test_other_names(name: str) -> None:
    assert not is_disc(name)
