"""A book's folder is shown on this PC's screen, and nothing else."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from swarmstt import launching
from swarmstt.errors import ConflictError, NotFoundError
from swarmstt.node.page.folders import show_folder

SCREEN = {"DISPLAY": ":0"}


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    folders: list[Path] = []
    monkeypatch.setattr(launching, "open_folder", folders.append)
    return folders


def test_it_is_opened(opened: list[Path], tmp_path: Path) -> None:
    show_folder(tmp_path, SCREEN)
    assert opened == [tmp_path]


def test_one_that_has_gone_is_not_opened_and_no_file_is(opened: list[Path], tmp_path: Path) -> None:
    file = tmp_path / "a program"
    file.touch()
    for gone in (file, tmp_path / "none"):
        with pytest.raises(NotFoundError, match="not there any more"):
            show_folder(gone, SCREEN)
    assert opened == []


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="they have a screen whatever the environment says")
def test_without_a_screen_the_person_hears_where_it_is(opened: list[Path], tmp_path: Path) -> None:
    with pytest.raises(ConflictError, match=f"without a screen.*{tmp_path.name}"):
        show_folder(tmp_path, {})
    assert opened == []


@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_other_systems_have_a_screen_whatever_the_environment_says(
    system: str, opened: list[Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    show_folder(tmp_path, {})
    assert opened == [tmp_path]


def test_without_a_program_for_folders_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(launching, "system_program", lambda _: None)
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(ConflictError, match="xdg-open"):
        show_folder(tmp_path, SCREEN)
