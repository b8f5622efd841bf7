"""Chapters of Matroska files: nested ones, and several that begin together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from swarmstt.speech.audio.audio_file import AudioFile
from swarmstt.speech.containers.matroska_chapters import matroska_chapters
from tests.unit.speech.containers.test_joined import FORMATS
from tests.unit.speech.media import voice, write

SOUND = replace(FORMATS["film.mkv"], with_video=False)


def element(identity: int, content: bytes) -> bytes:
    name = identity.to_bytes((identity.bit_length() + 7) // 8, "big")
    return name + b"\x01" + len(content).to_bytes(7, "big") + content


def atom(title: str, start: int, end: int | None, *inner: bytes, hidden: bool = False) -> bytes:
    told = [element(0x91, (start * 10**9).to_bytes(8, "big"))]
    told += [element(0x92, (end * 10**9).to_bytes(8, "big"))] if end is not None else []
    told += [element(0x98, b"\1")] if hidden else []
    shown = element(0x80, element(0x85, title.encode()) + element(0x437C, b"eng"))
    return element(0xB6, b"".join(told) + shown + b"".join(inner))


def file(path: Path, *editions: bytes) -> Path:
    """A Matroska file whose chapters lie behind its sound."""
    content = write(path, voice(4), SOUND).read_bytes()
    head_end = content.index(bytes.fromhex("18538067")) + 12
    segment = content[head_end:] + element(0x1043A770, b"".join(editions))
    path.write_bytes(content[: head_end - 8] + b"\x01" + len(segment).to_bytes(7, "big") + segment)
    return path


def found(path: Path) -> list[tuple[str, int]]:
    return [(each["metadata"]["title"], int(each["start"] * each["time_base"])) for each in matroska_chapters(path)]


def test_nested_chapters_and_those_that_begin_together(tmp_path: Path) -> None:
    part_one = atom("Part One", 0, 2, atom("Chapter 1", 0, 1), atom("Chapter 2", 1, 2))
    part_two = atom(
        "Part Two", 2, 4, atom("Dedication", 2, 2), atom("Chapter 3", 2, None), atom("no", 3, 4, hidden=True)
    )
    path = file(tmp_path / "book.mka", element(0x45B9, part_one + part_two))
    wanted = [("Part One", 0), ("Chapter 1", 0), ("Chapter 2", 1), ("Part Two", 2), ("Dedication", 2), ("Chapter 3", 2)]
    assert found(path) == wanted
    with AudioFile(path) as opened:
        assert [each["metadata"]["title"] for each in opened.chapter_marks] == [title for title, _ in wanted]


def test_the_default_edition_is_shown(tmp_path: Path) -> None:
    other, default = element(0x45B9, atom("Other", 0, 1)), element(0x45B9, element(0x45DB, b"\1") + atom("Yes", 0, 1))
    hidden = element(0x45B9, element(0x45BD, b"\1") + element(0x45DB, b"\1") + atom("Hidden", 0, 1))
    assert found(file(tmp_path / "a.mka", hidden, other, default)) == [("Yes", 0)]


def test_without_chapters_there_are_none(tmp_path: Path) -> None:
    assert found(write(tmp_path / "a.mka", voice(2), SOUND)) == []
    assert found(write(tmp_path / "live.webm", voice(2), FORMATS["live.webm"])) == []


@pytest.mark.parametrize("depth", [3, 5_000])
def test_chapters_in_chapters_in_chapters_end(tmp_path: Path, depth: int) -> None:
    nested = b""
    for _ in range(depth):
        nested = element(0xB6, nested)
    assert len(found(file(tmp_path / "a.mka", element(0x45B9, nested)))) == min(depth, 9)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300))
@example(b"\x80\x02\x10" + bytes(5))
def test_anything_can_be_looked_at(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.mka"
    for start in (b"", bytes.fromhex("18538067 01ffffffffffffff 1043a770 8f 45b9 8c"), bytes.fromhex("1043a770 c0")):
        path.write_bytes(start + content)
        matroska_chapters(path)
