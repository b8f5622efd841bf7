"""Sound without compression is read as far as it goes, whatever its header counts."""

from __future__ import annotations

import io
import struct
import wave
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from swarmstt.speech.containers import chunked
from tests.unit.speech.media import WAV, likeness, voice, write
from tests.unit.speech.reading import heard

SPOKEN = voice(5)
LIST = b"LIST\x1a\0\0\0INFOISFT\x0e\0\0\0Lavf60.16.100\0"
OTHERS = {
    "a.aiff": replace(WAV, codec="pcm_s16be", container="aiff"),
    "a.caf": replace(WAV, codec="pcm_s16be", container="caf"),
    "a.au": replace(WAV, codec="pcm_s16be", container="au"),
    "a.w64": replace(WAV, container="w64"),
}


def wav(counted: int | None = None, *, behind: bytes = b"") -> bytes:
    """A WAV of 5 s whose header counts so many bytes."""
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(SPOKEN.tobytes())
    content = target.getvalue()
    length = len(SPOKEN) * 2 if counted is None else counted
    return content[:40] + struct.pack("<I", length) + content[44:] + behind


@pytest.mark.parametrize(
    "unknown", [0, 0x7FFFF000, 0x7FFFEFDC, 0x7FFFFFFF, 0x80000000, 0x7FFFFFDB, 0xFFFFFFFF, 0xFFFFFFDB, 0xFFFFF000]
)
def test_a_wav_that_was_written_into_a_pipe_is_read_to_its_end(tmp_path: Path, unknown: int) -> None:
    path = tmp_path / "piped.wav"
    path.write_bytes(wav(unknown))
    found = heard(path)
    assert (found.seconds, found.damages) == (5.0, [])


@pytest.mark.parametrize("counted", [32_000, 2, 100_001])
@pytest.mark.parametrize("behind", [b"", LIST])
def test_a_wav_whose_header_counts_too_little_is_read_on_and_told(tmp_path: Path, counted: int, behind: bytes) -> None:
    path = tmp_path / "recorder.wav"
    path.write_bytes(wav(counted, behind=behind))
    found = heard(path)
    assert found.seconds == pytest.approx(5, abs=0.01)
    assert likeness(SPOKEN, found.samples) > 0.99
    assert found.notes == ["recorder.wav holds more sound than its header says; all of it was read."]
    assert found.damages == []


@pytest.mark.parametrize("behind", [b"", LIST, LIST + b"id3 \4\0\0\0ID3\3", b"ID3\4" + bytes(900), b"\0"])
def test_what_programs_write_behind_the_sound_is_no_sound(tmp_path: Path, behind: bytes) -> None:
    path = tmp_path / "plain.wav"
    path.write_bytes(wav(behind=behind))
    found = heard(path)
    assert (found.seconds, found.damages, found.notes) == (5.0, [], [])


def test_a_size_that_wrapped_around_is_taken_for_what_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunked, "_WRAP", 2**16)  # where a size wraps: four gigabytes are too many for a test
    path = tmp_path / "long.wav"
    path.write_bytes(wav(len(SPOKEN) * 2 % 2**16, behind=LIST))
    found = heard(path)
    assert (found.seconds, found.damages) == (5.0, [])
    assert found.notes


def test_a_wav_of_unknown_length_may_be_followed_by_another(tmp_path: Path) -> None:
    path = tmp_path / "joined.wav"
    path.write_bytes(wav(0xFFFFFFFF) + wav(0x7FFFF000) + wav(32_000) + wav(behind=LIST) + wav())
    found = heard(path)
    assert found.seconds == pytest.approx(25, abs=0.01)
    assert likeness(SPOKEN, found.between(10, 15)) > 0.99


def test_a_short_wav_that_was_cut_off_is_heard(tmp_path: Path) -> None:
    path = tmp_path / "cut.wav"
    path.write_bytes(wav(10_000_000))
    found = heard(path)
    assert found.seconds == 5.0
    assert [damage.reason for damage in found.damages] == ["cut.wav is incomplete: its end is missing"]


@pytest.mark.parametrize("name", OTHERS)
def test_other_kinds_whose_header_counts_too_little_are_read_on(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, SPOKEN, OTHERS[name])
    path.write_bytes(with_length(path.read_bytes(), name, 32_000))
    found = heard(path)
    assert found.seconds == pytest.approx(5, abs=0.01)
    assert found.notes == [f"{name} holds more sound than its header says; all of it was read."]


@pytest.mark.parametrize("name", OTHERS)
def test_other_kinds_of_unknown_length_are_read_to_their_end(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, SPOKEN, OTHERS[name])
    unknown = {"a.aiff": 0x7F000000, "a.caf": 2**64 - 1, "a.au": 0xFFFFFFFF, "a.w64": 2**63 - 1}[name]
    path.write_bytes(with_length(path.read_bytes(), name, unknown))
    found = heard(path)
    assert found.seconds == pytest.approx(5, abs=0.01)
    assert found.damages == []


def test_an_aiff_from_a_pipe_whose_header_counts_nothing_is_read(tmp_path: Path) -> None:
    """As FFmpeg leaves it where it cannot go back: form, frames and sound are 0."""
    path = write(tmp_path / "a.aiff", SPOKEN, OTHERS["a.aiff"])
    content = bytearray(with_length(path.read_bytes(), "a.aiff", 0))
    frames = content.find(b"COMM") + 10
    content[4:8] = content[frames : frames + 4] = bytes(4)
    path.write_bytes(content)
    assert heard(path).seconds == pytest.approx(5, abs=0.01)
    assert heard(path).damages == []


@pytest.mark.parametrize("counted", [0, 4])
def test_an_aiff_whose_form_does_not_reach_its_sound_gets_one_that_ends_with_it(tmp_path: Path, counted: int) -> None:
    whole = write(tmp_path / "a.aiff", SPOKEN, OTHERS["a.aiff"]).read_bytes()
    found = mended(tmp_path, whole[:4] + struct.pack(">I", counted) + with_length(whole, "a.aiff", 0)[8:])
    assert found == whole
    with av.open(io.BytesIO(found)) as container:
        assert sum(frame.samples for frame in container.decode(audio=0)) == len(SPOKEN)


@pytest.mark.parametrize("counted", [0, 32_008])
def test_an_aiff_whose_form_is_right_keeps_it(tmp_path: Path, counted: int) -> None:
    whole = write(tmp_path / "a.aiff", SPOKEN, OTHERS["a.aiff"]).read_bytes()
    assert mended(tmp_path, with_length(whole, "a.aiff", counted)) == whole


def mended(tmp_path: Path, content: bytes) -> bytes:
    """The file as FFmpeg gets it: with what its one part says otherwise."""
    path = tmp_path / "mended.aiff"
    path.write_bytes(content)
    with path.open("rb") as file:
        [part] = chunked.parts(file, len(content))
    patched = bytearray(content)
    for place, told in part.patches:
        patched[place : place + len(told)] = told
    return bytes(patched)


def with_length(content: bytes, name: str, length: int) -> bytes:
    """The file, with a header that counts so many bytes."""
    place, how = {
        "a.aiff": (content.find(b"SSND") + 4, ">I"),
        "a.caf": (content.find(b"data") + 4, ">Q"),
        "a.au": (8, ">I"),
        "a.w64": (content.find(b"data\xf3\xac") + 16, "<Q"),
    }[name]
    told = struct.pack(how, length)
    return content[:place] + told + content[place + len(told) :]


def test_the_whole_of_a_wav_is_the_same_as_before(tmp_path: Path) -> None:
    path = tmp_path / "plain.wav"
    path.write_bytes(wav())
    assert np.array_equal(heard(path).samples, SPOKEN)


@pytest.mark.parametrize("between", [b"", LIST, b"JUNK" + struct.pack("<I", 5) + bytes(6)])
def test_all_chunks_of_sound_in_one_wav_are_read(tmp_path: Path, between: bytes) -> None:
    whole, half = wav(), len(SPOKEN)
    second = b"data" + struct.pack("<I", half) + whole[44 + half :]
    path = tmp_path / "recorder.wav"
    path.write_bytes(whole[:40] + struct.pack("<I", half) + whole[44 : 44 + half] + between + second + LIST)
    found = heard(path)
    assert (found.seconds, found.damages, found.notes) == (5.0, [], [])
    assert likeness(SPOKEN, found.samples) > 0.99


@pytest.mark.parametrize("counted", [0, 32_000, 2**64 - 1])
def test_the_long_length_of_a_large_wav_may_be_wrong_too(tmp_path: Path, counted: int) -> None:
    content = wav(0xFFFFFFFF)
    long_lengths = b"ds64" + struct.pack("<IQQQI", 28, 0, counted, 0, 0)
    path = tmp_path / "recorder.wav"
    path.write_bytes(b"RF64\xff\xff\xff\xffWAVE" + long_lengths + content[12:])
    found = heard(path)
    assert (found.seconds, found.damages) == (5.0, [])
    assert likeness(SPOKEN, found.samples) > 0.99


def test_a_wav_that_was_cut_off_may_be_followed_by_another(tmp_path: Path) -> None:
    path = tmp_path / "joined.wav"
    path.write_bytes(wav()[:80_000] + wav())
    found = heard(path)
    assert found.seconds == pytest.approx(7.5, abs=0.01)
    [damage] = found.damages
    assert damage.at_sample == pytest.approx(2.5 * 16_000, abs=200)
    assert damage.missing_seconds == pytest.approx(2.5, abs=0.1)
