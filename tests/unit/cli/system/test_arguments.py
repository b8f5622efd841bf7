"""What a shell of Windows leaves to the program."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from swarmstt.cli.system.arguments import expanded
from swarmstt.errors import UsageError


@pytest.fixture
def books(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("b.mp3", "A.mp3", "c [1].mp3", "c1.mp3", "d.flac"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_windows_names_are_expanded_in_their_order(books: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert expanded(["*.mp3", "d.flac"]) == ["A.mp3", "b.mp3", "c [1].mp3", "c1.mp3", "d.flac"]
    assert expanded(["c [?].mp3", "?.mp3"]) == ["c [1].mp3", "A.mp3", "b.mp3"]
    assert expanded([os.path.join(str(books), "*.flac")]) == [str(books / "d.flac")]  # noqa: PTH118
    with pytest.raises(UsageError, match=r"No file matches \*\.wav"):
        expanded(["*.wav"])


def test_a_quote_behind_a_backslash_is_none_of_the_name(books: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert expanded(['C:\\My Books"']) == ["C:\\My Books"]


@pytest.mark.skipif(sys.platform == "win32", reason="shells of other systems expand names")
def test_elsewhere_names_are_as_they_are(books: Path) -> None:
    assert expanded(["*.mp3", 'a"']) == ["*.mp3", 'a"']
