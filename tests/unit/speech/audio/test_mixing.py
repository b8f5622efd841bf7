"""Speech in any one of several channels is heard, whatever the file says of their places."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from swarmstt.speech.audio.damage import Damage
from tests.unit.speech.media import WAV, likeness, voice, write
from tests.unit.speech.reading import heard

SPOKEN = voice(2)


def wav(path: Path, channels: np.ndarray, *, mask: int | None = None, kind: str = "<i2") -> Path:
    """A WAV of these channels of 16 kHz; with a mask it says where they belong."""
    width = np.dtype(kind).itemsize
    tag = 3 if np.dtype(kind).kind == "f" else 1
    data = channels.T.astype(kind).tobytes()
    count = len(channels)
    head = struct.pack(
        "<HHIIHH", tag if mask is None else 0xFFFE, count, 16_000, 16_000 * count * width, count * width, 8 * width
    )
    if mask is not None:
        head += struct.pack("<HHIH", 22, 8 * width, mask, tag) + bytes.fromhex("000000001000800000aa00389b71")
    body = b"WAVEfmt " + struct.pack("<I", len(head)) + head + b"data" + struct.pack("<I", len(data)) + data
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    return path


def only(count: int, place: int, spoken: np.ndarray = SPOKEN) -> np.ndarray:
    channels = np.zeros((count, len(spoken)), spoken.dtype)
    channels[place] = spoken
    return channels


@pytest.mark.parametrize(("count", "place"), [(n, p) for n in (2, 3, 4, 6, 10) for p in {0, n // 2, n - 1}])
def test_speech_in_one_channel_without_a_place_is_heard(tmp_path: Path, count: int, place: int) -> None:
    found = heard(wav(tmp_path / "room.wav", only(count, place)))
    assert likeness(SPOKEN, found.samples) > 0.9
    assert found.power(0, 2) > 1_000


MASKS = {"5.1": (6, 0x3F), "7.1": (8, 0x63F), "2.1": (3, 0xB), "only low": (1, 0x8), "odd": (2, 0x808), "empty": (4, 0)}


@pytest.mark.parametrize("name", MASKS)
def test_speech_in_one_channel_with_a_place_is_heard(tmp_path: Path, name: str) -> None:
    count, mask = MASKS[name]
    for place in range(count):
        found = heard(wav(tmp_path / "film.wav", only(count, place), mask=mask))
        assert likeness(SPOKEN, found.samples) > 0.9, place


@pytest.mark.parametrize("kind", ["<i2", "<i4", "<f4", "<f8"])
def test_channels_of_any_depth_are_mixed(tmp_path: Path, kind: str) -> None:
    full = {"<i2": 1.0, "<i4": 2.0**16}.get(kind, 2.0**-15)
    found = heard(wav(tmp_path / "room.wav", only(5, 3, SPOKEN * full), kind=kind))
    assert likeness(SPOKEN, found.samples) > 0.9


def test_channels_that_cancel_one_another_are_heard(tmp_path: Path) -> None:
    found = heard(wav(tmp_path / "room.wav", np.stack([SPOKEN, -SPOKEN, SPOKEN, -SPOKEN])))
    assert abs(likeness(SPOKEN, found.samples)) > 0.9


def test_two_who_speak_in_turn_into_microphones_of_their_own_are_both_heard(tmp_path: Path) -> None:
    channels = np.zeros((8, len(SPOKEN)), np.int16)
    channels[1, :16_000] = SPOKEN[:16_000]
    channels[6, 16_000:] = SPOKEN[16_000:] // 8  # far quieter, within the same second
    found = heard(wav(tmp_path / "talk.wav", channels))
    assert likeness(SPOKEN[18_000:], found.samples[18_000:]) > 0.9


def test_samples_that_are_no_numbers_are_silence(tmp_path: Path) -> None:
    channels = np.tile(SPOKEN.astype(np.float32) / 2**15, (3, 1))
    channels[1, 100:200] = np.nan
    channels[2, 300:400] = np.inf
    found = heard(wav(tmp_path / "a.wav", channels, kind="<f4"))
    assert likeness(SPOKEN, found.samples) > 0.9


def test_a_flac_of_many_channels_is_heard(tmp_path: Path) -> None:
    path = tmp_path / "room.flac"
    with av.open(str(path), "w") as target:
        stream = target.add_stream("flac", rate=16_000, layout="7.1")
        frame = av.AudioFrame.from_ndarray(only(8, 3).T.reshape(1, -1).copy(), format="s16", layout="7.1")
        frame.sample_rate = 16_000
        target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    assert likeness(SPOKEN, heard(path).samples) > 0.9


def test_files_as_they_are_lose_nothing_by_it(tmp_path: Path) -> None:
    found = heard(write(tmp_path / "a.wav", SPOKEN, replace(WAV, codec="pcm_s24le")))
    assert np.array_equal(found.samples, SPOKEN)
    empty: list[Damage] = []
    assert found.damages == empty


def test_an_opus_file_of_sixteen_channels_is_heard(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "room.opus"), "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=48_000, layout="16 channels", options={"mapping_family": "255"})
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(only(16, 13, voice(2, 48_000)).T.reshape(1, -1)), format="s16", layout="16 channels"
        )
        frame.sample_rate = 48_000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    found = heard(tmp_path / "room.opus")
    assert likeness(SPOKEN, found.samples) > 0.9
    assert found.damages == []


@pytest.mark.parametrize("kind", ["<f4", "<f8"])
def test_floats_that_are_no_numbers_are_a_gap(tmp_path: Path, kind: str) -> None:
    samples = np.sin(np.arange(5 * 16_000) / 7)[None] * 0.3
    samples[0, ::5_000] = np.inf
    samples[0, 2 * 16_000 : 3 * 16_000] = np.nan
    wav(tmp_path / "a.wav", samples, kind=kind)
    found = heard(tmp_path / "a.wav")
    assert found.seconds == pytest.approx(5, abs=0.01)
    [damage] = found.damages
    assert damage.at_sample / 16_000 == pytest.approx(2, abs=0.1)
    assert damage.silent_seconds == pytest.approx(1, abs=0.2)
    assert found.power(2.2, 2.8) == 0
    assert found.power(3.2, 4.8) > 1e6
