"""The times of a transcript are those of the container's clock."""

from __future__ import annotations

from pathlib import Path

import pytest

from swarmstt.speech.containers.clock import Clock
from tests.unit.speech.films import Sounding, film
from tests.unit.speech.media import likeness, voice
from tests.unit.speech.reading import heard

SPOKEN = voice(6)
FILMS: dict[str, tuple[str, str | None]] = {
    "a.mkv": ("libopus", None),
    "a.webm": ("libopus", "matroska"),
    "a.mp4": ("aac", None),
    "a.mov": ("aac", None),
    "a.ts": ("aac", "mpegts"),
    "a.mpg": ("mp2", "mpeg"),
    "a.nut": ("aac", "nut"),
    "a.wmv": ("libmp3lame", "asf"),
    "a.avi": ("libmp3lame", "avi"),
    "b.avi": ("ac3", "avi"),
}
SOUNDS: dict[str, tuple[str, str | None]] = {
    "a.mka": ("aac", "matroska"),
    "a.m4a": ("aac", "mp4"),
    "a.ogg": ("libopus", "ogg"),
    "a.flv": ("libmp3lame", "flv"),
}
ALL = FILMS | SOUNDS


@pytest.mark.parametrize("start", [0.3, 30.0])
@pytest.mark.parametrize("name", FILMS)
def test_sound_that_starts_late_in_a_video_is_told_at_its_time(tmp_path: Path, name: str, start: float) -> None:
    codec, container = FILMS[name]
    track = Sounding(samples=SPOKEN, start=start)
    path = film(tmp_path / name, [track], codec=codec, container=container, picture_seconds=start + 7)
    found = heard(path)
    assert found.seconds == pytest.approx(start + 6, abs=0.1)
    assert found.power(0, start - 0.1) == 0
    assert likeness(SPOKEN, found.between(start, start + 6)) > 0.9
    assert found.damages == []


@pytest.mark.parametrize("name", SOUNDS)
def test_sound_without_a_picture_begins_at_once(tmp_path: Path, name: str) -> None:
    codec, container = SOUNDS[name]
    rate = 44_100 if name == "a.flv" else 48_000
    found = heard(
        film(tmp_path / name, [Sounding(samples=SPOKEN, start=5)], codec=codec, container=container, rate=rate)
    )
    assert found.seconds == pytest.approx(6, abs=0.1)


@pytest.mark.parametrize("name", ALL)
def test_a_jump_of_the_times_is_silence_and_a_gap(tmp_path: Path, name: str) -> None:
    codec, container = ALL[name]
    rate = 44_100 if name == "a.flv" else 48_000
    track = Sounding(samples=SPOKEN, jumps=[(3.0, 20.0)])
    found = heard(film(tmp_path / name, [track], codec=codec, container=container, rate=rate))
    assert found.seconds == pytest.approx(26, abs=0.1)
    assert likeness(SPOKEN[50_000:], found.between(23.125, 26)) > 0.9
    [damage] = found.damages
    assert damage.at_sample == pytest.approx(3 * 16_000, abs=4_000)
    assert damage.silent_seconds == damage.missing_seconds == pytest.approx(20, abs=0.1)
    assert found.power(3.3, 22.9) == 0


def test_many_small_jumps_do_not_add_up(tmp_path: Path) -> None:
    jumps = [(0.5 * number, 0.1) for number in range(1, 11)]
    found = heard(film(tmp_path / "a.mkv", [Sounding(samples=SPOKEN, jumps=jumps)]))
    assert found.seconds == pytest.approx(7, abs=0.25)
    assert found.damages


@pytest.mark.parametrize("jump", [-3.0, 5_000.0])
def test_times_that_begin_again_lose_nothing(tmp_path: Path, jump: float) -> None:
    found = heard(film(tmp_path / "a.mkv", [Sounding(samples=SPOKEN, jumps=[(3.0, jump)])]))
    assert found.seconds == pytest.approx(6, abs=0.1)
    assert [damage.missing_seconds for damage in found.damages] == ([] if jump < 0 else [None])


def test_a_time_that_the_next_one_does_not_confirm_is_damaged() -> None:
    clock = Clock()
    steps = [clock.step(time, following, 1.0) for time, following in [(0, 1), (1, 90), (90, 3), (3, 4), (4, None)]]
    assert [step.silence for step in steps] == [0.0] * 5


def test_a_clock_that_runs_faster_than_the_sound_puts_in_nothing() -> None:
    clock = Clock()
    steps = [clock.step(1.01 * second, None, 1.0) for second in range(600)]
    assert not any(step.silence for step in steps)


def test_silence_that_the_encoder_left_out_is_silence_and_no_gap(tmp_path: Path) -> None:
    quiet = SPOKEN.copy()
    quiet[32_000:64_000] = 0
    path = film(tmp_path / "call.mka", [Sounding(samples=quiet, rests=(2.04, 4.0))], container="matroska")
    found = heard(path)
    assert found.seconds == pytest.approx(6, abs=0.1)
    assert likeness(quiet[70_000:], found.between(4.375, 6)) > 0.9
    assert found.damages == []
