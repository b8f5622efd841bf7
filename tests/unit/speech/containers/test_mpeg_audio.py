"""An MP3 begins with its first frame, and its header is where a frame holds it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from swarmstt.speech.audio.audio_file import AudioFile
from tests.unit.speech.media import MP3, likeness, voice, write
from tests.unit.speech.reading import heard

SPOKEN = voice(6)
NOISE = np.random.default_rng(0).bytes(100_000)
BARE = replace(MP3, container_options={"write_xing": "0", "id3v2_version": "0"})
LAYERS = {"a.mp3": BARE, "low.mp3": replace(BARE, rate=8_000), "a.mp2": replace(MP3, codec="mp2", container="mp2")}


def id3(text: bytes) -> bytes:
    """An ID3v2 tag with a comment."""
    frame = b"COMM" + (5 + len(text)).to_bytes(4, "big") + b"\0\0" + b"\0eng\0" + text
    size = len(frame)
    return b"ID3\3\0\0" + bytes([size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127]) + frame


@pytest.mark.parametrize("word", [b"Info", b"Xing"])
@pytest.mark.parametrize("how", [MP3, BARE])
def test_a_word_in_a_tag_is_no_header(tmp_path: Path, word: bytes, how: object) -> None:
    content = write(tmp_path / "a.mp3", SPOKEN, how).read_bytes()  # type: ignore[arg-type]
    path = tmp_path / "two-tags.mp3"
    path.write_bytes(id3(b"one") + id3(word + b": Folge 12 der Reihe") + content)
    found = heard(path)
    assert found.seconds == pytest.approx(6, abs=0.2)
    assert found.damages == []


def test_a_word_in_the_sound_is_no_header(tmp_path: Path) -> None:
    content = bytearray(write(tmp_path / "a.mp3", SPOKEN, BARE).read_bytes())
    content[1_000:1_016] = b"Info\0\0\0\3\0\0\0\1\x7f\0\0\0"
    path = tmp_path / "word.mp3"
    path.write_bytes(content)
    assert heard(path).damages == []


@pytest.mark.parametrize("tag", [b"", id3(b"x" * 9_000), id3(b"a") + id3(b"b")])
def test_a_header_behind_any_tags_tells_what_is_missing(tmp_path: Path, tag: bytes) -> None:
    content = write(tmp_path / "a.mp3", voice(20), MP3).read_bytes()
    path = tmp_path / "cut.mp3"
    path.write_bytes(tag + content[: len(content) // 2])
    [damage] = heard(path).damages
    assert damage.missing_seconds == pytest.approx(10, abs=1)


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("garbage", [NOISE, b"HTTP/1.1 200 OK\r\n" * 4_000])
def test_what_lies_before_the_first_frame_is_passed_over_and_told(tmp_path: Path, name: str, garbage: bytes) -> None:
    content = write(tmp_path / name, SPOKEN, LAYERS[name]).read_bytes()
    path = tmp_path / f"late-{name}"
    path.write_bytes(garbage + content)
    found = heard(path)
    assert found.seconds == pytest.approx(6, abs=0.3)
    [damage] = found.damages
    assert (damage.at_sample, damage.reason) == (0, f"late-{name} is damaged at its start")
    assert damage.missing_seconds == pytest.approx(len(garbage) / len(content) * 6, rel=0.2)


def test_nothing_is_lost_before_the_header(tmp_path: Path) -> None:
    content = write(tmp_path / "a.mp3", SPOKEN, MP3, tags={"title": "Heidi"}).read_bytes()
    tag_end = content.index(b"\xff\xf3")
    path = tmp_path / "late.mp3"
    path.write_bytes(content[:tag_end] + NOISE + content[tag_end:])
    found = heard(path)
    assert likeness(SPOKEN, found.samples, most_lag=4_000) > 0.9
    assert found.seconds == pytest.approx(6, abs=0.2)
    assert found.damages == []
    with AudioFile(path) as file:
        assert file.metadata["title"] == "Heidi"


def test_sound_that_is_damaged_behind_what_the_header_counts_is_told(tmp_path: Path) -> None:
    content = write(tmp_path / "a.mp3", SPOKEN, MP3).read_bytes()
    path = tmp_path / "joined.mp3"
    path.write_bytes(content + content[:30_000] + bytes(15_000) + content[-3_000:])
    assert heard(path).damages
