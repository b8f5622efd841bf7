"""Covers in and beside a book's files."""

from __future__ import annotations

from pathlib import Path

import pytest

from swarmstt.speech.tags.pictures import cover_of
from tests.support.pictures import png, with_picture
from tests.unit.speech.media import MP3, voice, write


@pytest.fixture
def audio(tmp_path: Path) -> Path:
    return write(tmp_path / "book.mp3", voice(2), MP3)


def test_the_embedded_one_comes_first(audio: Path) -> None:
    beside, embedded = png(9, 9), png(10, 10)
    assert cover_of([audio]) is None
    (audio.parent / "Cover.PNG").write_bytes(beside)
    assert cover_of([audio]) == beside
    audio.write_bytes(with_picture(audio.read_bytes(), embedded))
    assert cover_of([audio]) == embedded


def test_a_picture_beside_other_audio_may_be_that_of_another_book(audio: Path) -> None:
    (audio.parent / "cover.png").write_bytes(png())
    (audio.parent / "other.mp3").write_bytes(b"")
    assert cover_of([audio]) is None
    assert cover_of([audio, audio.parent / "other.mp3"]) == png()


def test_what_is_no_picture_is_passed_over(audio: Path) -> None:
    audio.write_bytes(with_picture(audio.read_bytes(), b"<svg/>"))
    (audio.parent / "cover.jpg").write_bytes(b"<html>")
    (audio.parent / "folder.png").write_bytes(png())
    assert cover_of([audio]) == png()
    assert cover_of([audio.parent / "gone.mp3"]) is None
