"""Transcripts beside the audio: where players look, and never over a file that is not ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from swarmstt.core.ebooks.order import SoundSource
from swarmstt.options import OutputOptions
from swarmstt.speech.transcripts.beside import BESIDE_FORMATS, write_beside
from tests.unit.speech.transcripts.test_more_formats import DOCUMENT, segment

PLAIN = OutputOptions()


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return tmp_path / "own"


def audio(tmp_path: Path, *names: str) -> list[Path]:
    (tmp_path / "audio").mkdir()
    return [tmp_path / "audio" / name for name in names]


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_each_has_the_base_name_of_the_audio(tmp_path: Path, own: Path) -> None:
    [path] = audio(tmp_path, "Emma (unabridged).m4b")
    paths, notes = write_beside(own, [SoundSource(path=str(path))], DOCUMENT, PLAIN)
    assert notes == []
    assert names_in(path.parent) == {f"Emma (unabridged).{suffix}" for suffix in BESIDE_FORMATS}
    assert set(paths) == set(path.parent.iterdir())


def test_what_is_not_ours_stays_and_ours_is_replaced(tmp_path: Path, own: Path) -> None:
    [path] = audio(tmp_path, "emma.mp3")
    theirs = path.with_suffix(".srt")
    theirs.write_text("a person's own", encoding="utf-8")
    for text in ("Once.", "Twice."):
        changed: dict[str, Any] = {**DOCUMENT, "segments": [segment(0.0, 1.0, text)], "chapters": []}
        paths, notes = write_beside(own, [SoundSource(path=str(path))], changed, PLAIN)
        assert theirs.read_text(encoding="utf-8") == "a person's own"
        assert notes == ["emma.srt is there already beside the audio, and is not ours: it was left as it is."]
        assert path.with_suffix(".txt").read_text(encoding="utf-8") == f"{text}\n"
        assert theirs not in paths
    path.with_suffix(".txt").write_text("now corrected by a person", encoding="utf-8")
    _, notes = write_beside(own, [SoundSource(path=str(path))], DOCUMENT, PLAIN)
    assert len(notes) == 2
    assert path.with_suffix(".txt").read_text(encoding="utf-8") == "now corrected by a person"
    assert names_in(path.parent) == {f"emma.{suffix}" for suffix in BESIDE_FORMATS}


def test_each_file_of_a_book_has_its_own_part_from_its_own_beginning(tmp_path: Path, own: Path) -> None:
    first, second = audio(tmp_path, "1.mp3", "2.mp3")
    sources = [
        SoundSource(path=str(first), start=0.0, end=3600.0),
        SoundSource(path=str(second), start=3600.0, end=7300.0),
    ]
    _, notes = write_beside(own, sources, DOCUMENT, PLAIN)
    assert notes == []
    assert second.with_suffix(".txt").read_text(encoding="utf-8") == "II\n\nMr. Weston came at last.\n"
    assert "00:01:40,000 --> 00:01:42,500" in second.with_suffix(".srt").read_text(encoding="utf-8")
    assert "Woodhouse" in first.with_suffix(".vtt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("audio_names", "stems"),
    [
        (("01.mp3", "01.m4a", "02.mp3"), ("01.mp3", "01.m4a", "02")),
        (("Emma.mp3", "emma.M4A"), ("Emma.mp3", "emma.M4A")),
        (("01.mp3", "01.m4a", "01.mp3.ogg"), ("01.mp3", "01.m4a", "01.mp3.ogg")),
        (("plain", "other.mp3"), ("plain", "other")),
    ],
)
def test_no_two_have_one_name(tmp_path: Path, own: Path, audio_names: tuple[str, ...], stems: tuple[str, ...]) -> None:
    sources = [
        SoundSource(path=str(path), start=100.0 * number, end=100.0 * (number + 1))
        for number, path in enumerate(audio(tmp_path, *audio_names))
    ]
    segments = [segment(100.0 * number, 100.0 * number + 1, f"Part {number}.") for number in range(len(sources))]
    document = {**DOCUMENT, "segments": segments, "chapters": []}
    for _ in range(2):
        paths, notes = write_beside(own, sources, document, PLAIN)
        assert notes == []
        assert len(set(paths)) == len(paths) == len(sources) * len(BESIDE_FORMATS)
        for number, stem in enumerate(stems):
            assert (tmp_path / "audio" / f"{stem}.txt").read_text(encoding="utf-8") == f"Part {number}.\n"


def test_where_files_begin_must_be_known(tmp_path: Path, own: Path) -> None:
    first, second = audio(tmp_path, "1.mp3", "2.mp3")
    paths, [note] = write_beside(own, [SoundSource(path=str(each)) for each in (first, second)], DOCUMENT, PLAIN)
    assert paths == []
    assert "damaged" in note
    assert names_in(first.parent) == set()


def test_a_folder_that_is_gone_is_said(tmp_path: Path, own: Path) -> None:
    paths, notes = write_beside(own, [SoundSource(path=str(tmp_path / "gone" / "a.mp3"))], DOCUMENT, PLAIN)
    assert paths == []
    assert len(notes) == len(BESIDE_FORMATS)
    assert "could not be written" in notes[0]


def test_what_was_just_written_there_is_not_written_twice(tmp_path: Path, own: Path) -> None:
    [path] = audio(tmp_path, "emma.mp3")
    path.with_suffix(".srt").write_text("written as usual", encoding="utf-8")
    paths, notes = write_beside(own, [SoundSource(path=str(path))], DOCUMENT, PLAIN, already=[path.with_suffix(".srt")])
    assert notes == []
    assert path.with_suffix(".srt") not in paths
    assert path.with_suffix(".srt").read_text(encoding="utf-8") == "written as usual"
