"""What became of the books of a list, over kills."""

from __future__ import annotations

from pathlib import Path

import pytest

from swarmstt.cli.lists.journal import DONE, Journal
from swarmstt.cli.lists.tree import Listed
from swarmstt.errors import LocalError


@pytest.fixture
def listed(tmp_path: Path) -> Listed:
    (tmp_path / "a.mp3").write_bytes(b"x")
    (tmp_path / "a.txt").write_bytes(b"words")
    return Listed(str(tmp_path / "a.mp3"), str(tmp_path))


def journal(folder: Path, options: str = "o") -> Journal:
    return Journal(folder / "lists" / "j.jsonl", options)


def end(folder: Path, listed: Listed) -> None:
    with journal(folder) as kept:
        kept.take(listed, "b1")
        assert not kept.is_done(listed)
        kept.end(listed, DONE, files=[str(folder / "a.txt")])


def test_what_is_done_is_done_after_a_restart(tmp_path: Path, listed: Listed) -> None:
    end(tmp_path, listed)
    with journal(tmp_path) as kept:
        assert kept.is_done(listed)
        assert not kept.is_ours(listed, "b1")
        entry = kept.entry(listed.path)
        assert entry is not None
        assert entry["files"] == [str(tmp_path / "a.txt")]


@pytest.mark.parametrize("change", ["audio", "transcript", "options", "folder"])
def test_it_is_done_again_if_something_is_other_than_it_was(tmp_path: Path, listed: Listed, change: str) -> None:
    end(tmp_path, listed)
    if change == "audio":
        Path(listed.path).write_bytes(b"longer")
    elif change == "transcript":
        (tmp_path / "a.txt").unlink()
    elif change == "folder":
        listed = Listed(listed.path, "/elsewhere")
    with journal(tmp_path, "other" if change == "options" else "o") as kept:
        assert not kept.is_done(listed)


def test_a_book_that_was_taken_is_still_the_lists_after_a_kill(tmp_path: Path, listed: Listed) -> None:
    with journal(tmp_path) as kept:
        kept.take(listed, "b1")
    with journal(tmp_path) as kept:
        assert kept.is_ours(listed, "b1")
        assert not kept.is_ours(listed, "b2")


def test_trouble_is_tried_again(tmp_path: Path, listed: Listed) -> None:
    with journal(tmp_path) as kept:
        kept.end(listed, "failed", reason="it is damaged")
        assert not kept.is_done(listed)


def test_a_line_that_was_broken_off_costs_nothing_else(tmp_path: Path, listed: Listed) -> None:
    end(tmp_path, listed)
    file = tmp_path / "lists" / "j.jsonl"
    whole = file.read_bytes()
    file.write_bytes(b"not JSON\n" + whole + b'{"path": "/x", "sta')
    other = Listed("/other", "/out")
    with journal(tmp_path) as kept:
        assert kept.is_done(listed)
        kept.end(other, "failed", reason="x")
    with journal(tmp_path) as kept:
        assert kept.is_done(listed)
        entry = kept.entry("/other")
        assert entry is not None
        assert entry["state"] == "failed"


def test_a_journal_that_cannot_be_kept_is_said(tmp_path: Path) -> None:
    (tmp_path / "lists").write_bytes(b"a file")
    with pytest.raises(LocalError, match="progress of the list cannot be kept"), journal(tmp_path):
        pass
