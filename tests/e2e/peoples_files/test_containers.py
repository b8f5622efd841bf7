"""Recordings as people bring them, with real Whisper: every word is there, at its time, and what is missing is told."""

from __future__ import annotations

import io
import struct
import wave
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from av.stream import Disposition

from tests.bench.wer import word_errors
from tests.e2e.support.home import Home
from tests.e2e.support.processes import Ended
from tests.e2e.support.voice import SENTENCES, Voice, record
from tests.unit.speech.audio.test_mixing import wav
from tests.unit.speech.films import Sounding, film
from tests.unit.speech.media import MP3, WAV, Format
from tests.unit.speech.reading import heard

pytestmark = pytest.mark.e2e

DEFAULT = int(Disposition.default)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One recording: which sentences are spoken in it, when the first word comes at the earliest, and what is told of
    it: the gaps (start and end in seconds), and a part of the note."""

    spoken: tuple[int, ...]
    first_word: float = 0.0
    gaps: tuple[tuple[float, float], ...] = ()
    note: str | None = None


ROWS = {
    "chained.ogg": Row(spoken=(0, 1)),
    "piped.wav": Row(spoken=(2,)),
    "recorder.wav": Row(spoken=(3,), note="more sound than its header says"),
    "tracks.mkv": Row(spoken=(4,), note="track 2 (ger) is transcribed"),
    "silent.mkv": Row(spoken=(5,), note="track 2 is transcribed; there is hardly any sound in track 1"),
    "room.wav": Row(spoken=(6,)),
    "late.mkv": Row(spoken=(7,), first_word=4.8),
    "jump.webm": Row(spoken=(8, 9), gaps=((5.0, 25.0),)),
    "tags.mp3": Row(spoken=(11,)),
    "film.avi": Row(spoken=(12,)),
    "garbage.mp3": Row(spoken=(13,), gaps=((0.0, 0.0),)),
    "quiet.wav": Row(spoken=(14,), note="is very quiet"),
    "joined.flac": Row(spoken=(15, 16)),
    "chunks.wav": Row(spoken=(17,)),
    "kinds.mp3": Row(spoken=(18, 19)),
    "clicks.wav": Row(spoken=(20,), note="is very quiet"),
}


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What one command made of all of them."""

    home: Home
    ended: Ended

    def document(self, name: str) -> dict[str, Any]:
        return self.home.transcript(Path(name).stem)


@pytest.fixture(scope="module")
def batch(new_home: Callable[[str], Home], voice: Voice) -> Batch:
    home = new_home("peoples-files")
    folder = home.root / "in"
    folder.mkdir()
    bring(folder, voice)
    return Batch(home=home, ended=home.transcribe(*(folder / name for name in ROWS)))


def bring(folder: Path, voice: Voice) -> None:
    parts = folder / "parts"

    def at_16_khz(number: int) -> np.ndarray:
        return heard(record(parts / f"{number}.wav", voice.say(SENTENCES[number]), WAV)).samples

    def encoded(number: int, how: Format, name: str) -> bytes:
        return record(parts / name, voice.say(SENTENCES[number]), how).read_bytes()

    vorbis = Format(codec="vorbis", container="ogg", layout="stereo", stream_options={"strict": "-2"})
    flac = Format(codec="flac", container="flac", bit_rate=None)
    links = [encoded(0, vorbis, "0.ogg"), encoded(1, replace(flac, container="ogg", rate=16_000), "1.ogg")]
    (folder / "chained.ogg").write_bytes(b"".join(links))
    (folder / "piped.wav").write_bytes(counting(at_16_khz(2), 0x7FFFF000))
    (folder / "recorder.wav").write_bytes(counting(at_16_khz(3), 32_000))
    tracks = [
        Sounding(samples=at_16_khz(10), flags=0, tags=(("language", "spa"),)),
        Sounding(samples=at_16_khz(4), flags=DEFAULT, tags=(("language", "ger"),)),
    ]
    film(folder / "tracks.mkv", tracks, picture_seconds=3)
    spoken = at_16_khz(5)
    silent = [Sounding(samples=np.zeros_like(spoken), flags=DEFAULT), Sounding(samples=spoken, flags=0)]
    film(folder / "silent.mkv", silent, picture_seconds=3)
    channels = np.zeros((6, len(at_16_khz(6))), np.int16)
    channels[3] = at_16_khz(6)
    wav(folder / "room.wav", channels)
    film(folder / "late.mkv", [Sounding(samples=at_16_khz(7), start=4.9)], picture_seconds=10)
    both = np.concatenate([np.resize(np.pad(at_16_khz(8), (0, 80_000)), 80_000), at_16_khz(9)])
    film(folder / "jump.webm", [Sounding(samples=both, jumps=[(5.0, 20.0)])])
    tag = b"ID3\3\0\0\0\0\0\x26COMM\0\0\0\x1c\0\0\0eng\0Info: Folge 12 der Rei."
    (folder / "tags.mp3").write_bytes(tag + tag + encoded(11, MP3, "11.mp3"))
    record(folder / "film.avi", voice.say(SENTENCES[12]), Format(codec="libmp3lame", container="avi", with_video=True))
    bare = replace(MP3, container_options={"write_xing": "0", "id3v2_version": "0"})
    noise = np.random.default_rng(0).bytes(100_000)
    (folder / "garbage.mp3").write_bytes(noise + encoded(13, bare, "13.mp3"))
    quiet = at_16_khz(14).astype(np.float32) / 2**15 * np.float32(10 ** (-65 / 20))
    wav(folder / "quiet.wav", quiet[None], kind="<f4")
    louder = replace(flac, rate=48_000, layout="stereo")
    (folder / "joined.flac").write_bytes(encoded(15, flac, "15.flac") + encoded(16, louder, "16.flac"))
    chunked = counting(at_16_khz(17), 40_000)
    second = b"data" + struct.pack("<I", len(chunked) - 40_044)
    (folder / "chunks.wav").write_bytes(chunked[:40_044] + second + chunked[40_044:])
    (folder / "kinds.mp3").write_bytes(encoded(18, MP3, "18.mp3") + encoded(19, WAV, "19.wav"))
    quiet = at_16_khz(20).astype(np.float32) / 2**15 * np.float32(10 ** (-60 / 20))
    quiet[::30_000] = 0.5
    wav(folder / "clicks.wav", quiet[None], kind="<f4")


def counting(samples: np.ndarray, length: int) -> bytes:
    """A WAV whose header counts so many bytes."""
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(samples.tobytes())
    content = target.getvalue()
    return content[:40] + struct.pack("<I", length) + content[44:]


def test_nothing_worse_than_the_status_for_gaps(batch: Batch) -> None:
    batch.ended.assert_calm(1)


@pytest.mark.parametrize("name", ROWS)
def test_each_word_is_there_and_what_is_missing_is_told(batch: Batch, name: str) -> None:
    row, document = ROWS[name], batch.document(name)
    expected = " ".join(SENTENCES[number] for number in row.spoken)
    assert word_errors(expected, document["full_text"]).percent < 25, document["full_text"]
    assert row.first_word <= document["segments"][0]["start"] < row.first_word + 1.5
    gaps = [edge for gap in document["gaps"] for edge in (gap["start"], gap["end"])]
    assert gaps == pytest.approx([edge for gap in row.gaps for edge in gap], abs=0.3)
    assert len(document["notes"]) == (row.note is not None)
    if row.note is not None:
        assert row.note in document["notes"][0]
        assert row.note in batch.ended.complaint_about(f"swarmstt: {name}")


def test_what_follows_a_jump_is_told_at_its_time(batch: Batch) -> None:
    document = batch.document("jump.webm")
    assert 24.8 < document["segments"][-1]["start"] < 26.5
    assert all(segment["end"] < 6 or segment["start"] > 24 for segment in document["segments"])
