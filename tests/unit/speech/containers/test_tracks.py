"""Of several sound tracks the default one is read; a silent one is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from av.stream import Disposition

from swarmstt.speech.audio.audio_file import AudioFile
from tests.unit.speech.films import Sounding, film
from tests.unit.speech.media import likeness, voice
from tests.unit.speech.reading import heard

WANTED = voice(6)
OTHER = np.ascontiguousarray(voice(9)[48_000:][::-1])[: len(WANTED)]
SILENT = np.zeros(len(WANTED), np.int16)
NOISE = np.random.default_rng(0).normal(scale=6.0, size=len(WANTED)).astype(np.int16)
PLAIN, DEFAULT = 0, int(Disposition.default)
COMMENT = int(Disposition.comment)


def track(samples: np.ndarray, flags: int, language: str = "und", title: str = "") -> Sounding:
    return Sounding(samples=samples, flags=flags, tags=(("language", language), ("title", title)))


CASES = {
    "the second is the default": [track(OTHER, PLAIN, "spa"), track(WANTED, DEFAULT, "ger", "Hauptton")],
    "none is the default": [track(WANTED, PLAIN, "ger", "Hauptton"), track(OTHER, PLAIN)],
    "both are default": [track(WANTED, DEFAULT, "ger", "Hauptton"), track(OTHER, DEFAULT)],
    "a commentary comes first": [track(OTHER, COMMENT), track(WANTED, PLAIN, "ger", "Hauptton")],
    "a default commentary comes first": [track(OTHER, COMMENT | DEFAULT), track(WANTED, DEFAULT, "ger", "Hauptton")],
    "the first is silent": [track(SILENT, DEFAULT), track(WANTED, PLAIN, "ger", "Hauptton")],
    "the first is a commentary by its title": [
        track(OTHER, DEFAULT, "eng", "Director's Commentary"),
        track(WANTED, DEFAULT, "ger", "Hauptton"),
    ],
    "the first is nearly silent": [track(NOISE, DEFAULT), track(WANTED, PLAIN, "ger", "Hauptton")],
    "the third of three": [track(SILENT, DEFAULT), track(SILENT, PLAIN), track(WANTED, PLAIN, "ger", "Hauptton")],
}


@pytest.mark.parametrize("case", CASES)
def test_the_right_track_is_read_and_named(tmp_path: Path, case: str) -> None:
    tracks = CASES[case]
    found = heard(film(tmp_path / "film.mkv", tracks, picture_seconds=6))
    assert likeness(WANTED, found.samples) > 0.9
    number = next(index for index, each in enumerate(tracks, 1) if each.samples is WANTED)
    [note] = found.notes
    begins = f"film.mkv has {len(tracks)} sound tracks: track {number} (ger, Hauptton) is transcribed"
    assert note.startswith(begins)
    assert ("hardly any sound" in note) == ("silent" in case or "three" in case)


@pytest.mark.parametrize("name", ["film.mp4", "film.ts"])
def test_a_silent_first_track_is_passed_over_in_other_containers(tmp_path: Path, name: str) -> None:
    tracks = [track(SILENT, DEFAULT), track(WANTED, PLAIN)]
    found = heard(film(tmp_path / name, tracks, codec="aac", picture_seconds=6))
    assert likeness(WANTED, found.samples) > 0.9


def test_a_track_that_is_silent_only_here_and_there_is_read(tmp_path: Path) -> None:
    long = np.zeros(24 * 16_000, np.int16)
    long[3 * 16_000 + 4_800 : 3 * 16_000 + 14_400] = WANTED[:9_600]  # between the places that are listened to
    path = film(tmp_path / "film.mkv", [track(long, DEFAULT), track(np.tile(OTHER, 4), PLAIN)])
    assert heard(path).power(3, 4) > 1_000


def test_all_tracks_may_be_silent(tmp_path: Path) -> None:
    path = film(tmp_path / "film.mkv", [track(SILENT, PLAIN), track(SILENT, DEFAULT)])
    found = heard(path)
    assert found.seconds == pytest.approx(6, abs=0.1)
    assert found.notes == ["film.mkv has 2 sound tracks: track 2 is transcribed."]


def test_one_track_needs_no_note(tmp_path: Path) -> None:
    with AudioFile(film(tmp_path / "film.mkv", [track(WANTED, PLAIN)], picture_seconds=6)) as file:
        assert file.notes == []
