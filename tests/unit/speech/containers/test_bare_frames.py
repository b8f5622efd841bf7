"""Frames without a container, and a file of another kind behind them: both are heard, and no damage is told."""

from __future__ import annotations

import io
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.speech.audio import opening
from swarmstt.speech.audio.audio_file import AudioFile
from swarmstt.speech.containers.bare_frames import bare_parts, until_other
from swarmstt.speech.ingest.probe_child import look
from tests.unit.speech.media import MP3, WAV, Format, likeness, voice, write
from tests.unit.speech.reading import heard

AAC = Format(codec="aac", container="adts", stream_options={"aac_coder": "fast"})
AC3 = Format(codec="ac3", container="ac3", rate=48_000, bit_rate=96_000)
KINDS = {
    "mp3": MP3,
    "mp2": replace(MP3, codec="mp2", container="mp2"),
    "aac": AAC,
    "ac3": AC3,
    "eac3": replace(AC3, codec="eac3", container="eac3"),
    "flac": Format(codec="flac", container="flac", bit_rate=None),
    "wav": WAV,
    "m4a": replace(AAC, container="ipod"),
    "opus": Format(codec="libopus", container="ogg", rate=48_000),
}
FIRST, SECOND = voice(8), voice(4)[::-1].copy()
NOISE = np.random.default_rng(0).bytes(300_000)


@pytest.fixture(scope="module")
def encoded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[bytes, bytes]]:
    folder = tmp_path_factory.mktemp("kinds")
    return {
        kind: (
            write(folder / f"1.{kind}", FIRST, how).read_bytes(),
            write(folder / f"2.{kind}", SECOND, how).read_bytes(),
        )
        for kind, how in KINDS.items()
    }


@pytest.mark.parametrize("first", KINDS)
def test_a_file_of_another_kind_behind_it_is_heard(
    tmp_path: Path, encoded: dict[str, tuple[bytes, bytes]], first: str
) -> None:
    for second in (other for one, other in permutations(KINDS, 2) if one == first):
        path = tmp_path / f"{second}.{first}"
        path.write_bytes(encoded[first][0] + encoded[second][1])
        found = heard(path)
        assert found.seconds == pytest.approx(12, abs=0.3), second
        assert likeness(SECOND, found.between(8, 12), most_lag=6_000) > 0.85, second
        assert found.damages == [], second


def test_an_mp3_is_gone_through_only_where_all_of_it_is_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, encoded: dict[str, tuple[bytes, bytes]]
) -> None:
    gone_through: list[int] = []

    def counted(file: BinaryIO, size: int) -> int:
        gone_through.append(size)
        return until_other(file, size)

    monkeypatch.setattr(opening, "until_other", counted)
    path = tmp_path / "a.mp3"
    path.write_bytes(encoded["mp3"][0])
    look(path, None)
    with AudioFile(path) as file:
        assert file.claimed_seconds == pytest.approx(8, abs=0.3)
        file.seek(0.5, 1.0)
        assert list(file.blocks())
    assert gone_through == []
    path.write_bytes(encoded["mp3"][0] + encoded["opus"][1])
    look(path, None)
    with AudioFile(path) as file:
        file.read_encoded()
        known_by = file.digest.value
    assert len(gone_through) == 1
    with AudioFile(path) as file:
        assert sum(len(block.samples) for block in file.blocks()) / SAMPLE_RATE == pytest.approx(12, abs=0.3)
        assert file.digest.value == known_by


@pytest.mark.parametrize(
    "beginning",
    [b"\0\0\0\x18ftypM4A \0\0\0\0isomM4A ", b"OggS\0\2" + b"\0" * 20, (b"\x0b\x77\0\0\0\x40" + b"\0" * 122) * 30],
    ids=["mp4", "ogg", "ac3"],
)
@pytest.mark.parametrize("first", ["mp3", "aac", "flac"])
def test_what_only_begins_like_another_file_is_told_and_what_lies_behind_it_is_heard(
    tmp_path: Path, encoded: dict[str, tuple[bytes, bytes]], first: str, beginning: bytes
) -> None:
    path = tmp_path / f"a.{first}"
    tail = b"\1" * 1_500 + beginning + b"\1" * 9_000
    path.write_bytes(encoded[first][0] + tail)
    found = heard(path)
    assert found.seconds == pytest.approx(8, abs=0.3)
    assert found.damages
    path.write_bytes(encoded[first][0] + tail + encoded["wav"][1])
    assert likeness(SECOND, heard(path).between(8, 12), most_lag=6_000) > 0.85


@pytest.mark.parametrize("kind", ["aac", "ac3", "eac3", "mp3"])
def test_noise_between_its_own_frames_is_damage_and_no_other_file(
    encoded: dict[str, tuple[bytes, bytes]], tmp_path: Path, kind: str
) -> None:
    content = encoded[kind][0]
    path = tmp_path / f"a.{kind}"
    path.write_bytes(content[: len(content) // 2] + NOISE[:20_000] + content[len(content) // 2 :])
    found = heard(path)
    assert found.seconds >= 7.3
    assert found.damages


def test_frames_that_go_on_behind_noise_are_all_of_one_part(encoded: dict[str, tuple[bytes, bytes]]) -> None:
    for kind in ("aac", "ac3", "eac3"):
        content = encoded[kind][0] + NOISE + encoded[kind][1]
        assert bare_parts(io.BytesIO(content), len(content)) == [], kind
    content = encoded["mp3"][0] + NOISE + encoded["mp3"][1]
    assert until_other(io.BytesIO(content), len(content)) == len(content)


@pytest.mark.parametrize("content", [b"", b"\xff", b"\x0b\x77", b"\xff\xf1" * 50_000, b"\xff\xfb\x90\0", b"\0" * 9_000])
def test_what_is_no_frames_is_left_as_it_is(content: bytes) -> None:
    assert bare_parts(io.BytesIO(content), len(content)) == []
    assert until_other(io.BytesIO(content), len(content)) == len(content)
