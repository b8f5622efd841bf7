"""Very quiet recordings are made louder, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.unit.speech.audio.test_mixing import wav
from tests.unit.speech.media import MP3, likeness, voice, write
from tests.unit.speech.reading import heard

SPOKEN = voice(6)


def quieter(decibels: float, samples: np.ndarray = SPOKEN) -> np.ndarray:
    made: np.ndarray = samples.astype(np.float32) / 2**15 * np.float32(10 ** (-decibels / 20))
    return made


@pytest.mark.parametrize("decibels", [40, 50, 60, 70, 80])
def test_a_very_quiet_recording_is_made_louder_and_told(tmp_path: Path, decibels: int) -> None:
    found = heard(wav(tmp_path / "quiet.wav", quieter(decibels)[None], kind="<f4"))
    assert likeness(SPOKEN, found.samples) > 0.99  # by no means cut to a few steps of 16 bits
    assert 1_000 < np.abs(found.samples.astype(int)).max() < 4_000
    [note] = found.notes
    assert note.startswith("quiet.wav is very quiet: it was made ")


@pytest.mark.parametrize("channels", [2, 6])
def test_quiet_channels_are_made_louder_too(tmp_path: Path, channels: int) -> None:
    quiet = np.tile(quieter(60), (channels, 1))
    found = heard(wav(tmp_path / "quiet.wav", quiet, kind="<f4"))
    assert likeness(SPOKEN, found.samples) > 0.99
    assert found.notes


def test_a_quiet_recording_of_sixteen_bits_is_made_louder(tmp_path: Path) -> None:
    found = heard(wav(tmp_path / "quiet.wav", (quieter(50) * 2**15)[None]))
    assert likeness(SPOKEN, found.samples) > 0.95
    assert np.abs(found.samples.astype(int)).max() > 1_000


def test_a_quiet_mp3_is_made_louder(tmp_path: Path) -> None:
    found = heard(write(tmp_path / "quiet.mp3", (quieter(45) * 2**15).astype(np.int16), MP3))
    assert likeness(SPOKEN, found.samples) > 0.9
    assert found.notes


@pytest.mark.parametrize("decibels", [0, 20, 30])
def test_recordings_that_are_not_so_quiet_stay_as_they_are(tmp_path: Path, decibels: int) -> None:
    samples = (quieter(decibels) * 2**15).astype(np.int16)
    found = heard(wav(tmp_path / "usual.wav", samples[None]))
    assert np.array_equal(found.samples, samples)
    assert found.notes == []


def test_a_pause_before_loud_speech_stays_as_it_is(tmp_path: Path) -> None:
    samples = np.concatenate([(quieter(60, voice(20)) * 2**15).astype(np.int16), SPOKEN])
    found = heard(wav(tmp_path / "usual.wav", samples[None]))
    assert np.array_equal(found.samples, samples)


def test_quiet_speech_of_minutes_before_loud_speech_is_made_louder_without_clipping_that(tmp_path: Path) -> None:
    quiet = (quieter(50, voice(60)) * 2**15).astype(np.int16)
    found = heard(wav(tmp_path / "a.wav", np.concatenate([quiet, SPOKEN])[None]))
    assert np.abs(found.between(0, 20).astype(int)).max() > 1_000
    assert np.array_equal(found.between(60, 66), SPOKEN)


@pytest.mark.parametrize("steps", [0, 1, 2, 3])
def test_silence_stays_silence(tmp_path: Path, steps: int) -> None:
    noise = np.random.default_rng(0).integers(-steps, steps, size=64_000, endpoint=True).astype(np.int16)
    found = heard(wav(tmp_path / "silent.wav", noise[None]))
    assert np.array_equal(found.samples, noise)
    assert found.notes == []


@pytest.mark.parametrize("kind", ["<i2", "<f4"])
def test_clicks_do_not_hide_that_a_recording_is_quiet(tmp_path: Path, kind: str) -> None:
    samples = quieter(55)
    samples[::20_000] = 0.9
    found = heard(wav(tmp_path / "quiet.wav", (samples * 2**15 if kind == "<i2" else samples)[None], kind=kind))
    between = np.arange(len(samples)) % 20_000 > 8_000
    assert np.abs(found.samples[: len(samples)][between].astype(int)).max() > 1_000
    assert found.notes


@pytest.mark.parametrize("kind", ["<i2", "<f4"])
@pytest.mark.parametrize("offset", [0.02, -0.2, 0.7])
def test_what_a_recorder_adds_to_all_samples_does_not_hide_that_it_is_quiet(
    tmp_path: Path, kind: str, offset: float
) -> None:
    moved = quieter(50) + np.float32(offset)
    found = heard(wav(tmp_path / "quiet.wav", (moved * 2**15 if kind == "<i2" else moved)[None], kind=kind))
    assert likeness(SPOKEN, found.samples) > 0.95
    assert abs(float(np.median(found.samples))) < 10
    assert 1_000 < np.abs(found.samples.astype(int)).max() < 4_000
    assert found.notes


def test_an_offset_that_moves_leaves_no_steps(tmp_path: Path) -> None:
    moved = quieter(50) + np.linspace(0.1, 0.098, len(SPOKEN), dtype=np.float32)
    found = heard(wav(tmp_path / "quiet.wav", moved[None], kind="<f4"))
    assert np.abs(found.samples.astype(int)).max() < 2**15 - 1
    assert likeness(SPOKEN, found.samples) > 0.7
    assert found.notes


def test_an_offset_of_a_usual_recording_stays(tmp_path: Path) -> None:
    samples = (SPOKEN // 2 + 3_000).astype(np.int16)
    found = heard(wav(tmp_path / "usual.wav", samples[None]))
    assert np.array_equal(found.samples, samples)
    assert found.notes == []
