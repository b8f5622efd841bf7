"""Decoding: every format to the same samples, and what is damaged is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.errors import InputError
from swarmstt.speech.audio.audio_file import AudioFile
from swarmstt.speech.audio.damage import Damage
from swarmstt.speech.audio.downmix import to_mono
from tests.unit.speech.media import M4A, M4A_INDEX_FIRST, MP3, WAV, Format, likeness, voice, write, write_silent_video

SECONDS = 4.0

OPUS = Format(codec="libopus", container="ogg", rate=48_000)
AAC = Format(codec="aac", container="adts")

FORMATS = {
    "constant.mp3": MP3,
    "stereo.mp3": replace(MP3, rate=44_100, layout="stereo"),
    "variable.mp3": replace(MP3, bit_rate=None, stream_options={"q": "5", "flags": "+qscale", "global_quality": "590"}),
    "plain.wav": WAV,
    "telephone.wav": replace(WAV, rate=8_000),
    "deep.wav": replace(WAV, codec="pcm_s24le", rate=48_000, layout="stereo"),
    "index-last.m4a": replace(M4A, rate=44_100),
    "index-first.m4b": M4A_INDEX_FIRST,
    "stereo.m4b": replace(M4A, rate=48_000, layout="stereo"),
    "lossless.m4a": replace(M4A, codec="alac", bit_rate=None),
    "plain.flac": Format(codec="flac", container="flac", bit_rate=None),
    "vorbis.ogg": Format(codec="vorbis", container="ogg", layout="stereo", stream_options={"strict": "-2"}),
    "plain.opus": OPUS,
    "raw.aac": AAC,
    "plain.wma": Format(codec="wmav2", container="asf"),
    "film.mp4": Format(codec="aac", container="mp4", layout="stereo", with_video=True),
    "film.mkv": Format(codec="libopus", container="matroska", rate=48_000, with_video=True),
}


def decode(path: Path) -> tuple[np.ndarray, list[Damage]]:
    with AudioFile(path) as file:
        blocks = [block.samples for block in file.blocks()]
        return np.concatenate(blocks) if blocks else np.zeros(0, np.int16), file.damages


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_becomes_the_same_samples(tmp_path: Path, name: str) -> None:
    spoken = voice(SECONDS)
    samples, damages = decode(write(tmp_path / name, spoken, FORMATS[name]))
    assert samples.dtype == np.int16
    assert abs(len(samples) - len(spoken)) <= 0.15 * SAMPLE_RATE
    assert likeness(spoken, samples) > 0.95
    assert damages == []


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 44_100, 48_000, 96_000])
def test_each_rate_gives_as_many_samples_as_it_lasts(tmp_path: Path, rate: int) -> None:
    samples, _ = decode(write(tmp_path / "book.wav", voice(SECONDS, rate), replace(WAV, rate=rate), rate=rate))
    assert abs(len(samples) - SECONDS * SAMPLE_RATE) <= 2


def test_how_much_was_read_grows_to_the_whole(tmp_path: Path) -> None:
    with AudioFile(write(tmp_path / "book.m4b", voice(20), M4A)) as file:
        parts = [block.part_read or 0.0 for block in file.blocks()]
    assert parts == sorted(parts)
    assert parts[-1] > 0.99
    assert abs(parts[len(parts) // 2] - 0.5) < 0.1


def test_channels_of_opposite_sign_do_not_cancel(tmp_path: Path) -> None:
    spoken = voice(SECONDS)
    path = write(tmp_path / "book.wav", np.stack([spoken, -spoken]), replace(WAV, layout="stereo"))
    assert abs(likeness(spoken, decode(path)[0])) > 0.95


def test_the_mean_of_two_channels_does_not_clip() -> None:
    loud = np.full((10, 2), 32767, dtype=np.int16)
    assert to_mono(loud).tolist() == [32767] * 10
    assert to_mono(np.full((10, 2), -32768, dtype=np.int16)).tolist() == [-32768] * 10


@pytest.mark.parametrize("name", ["constant.mp3", "index-first.m4b", "plain.wav", "plain.flac"])
def test_a_file_that_was_cut_off_gives_what_there_is_and_tells_the_rest(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, voice(20), FORMATS[name])
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * 0.6)])
    samples, damages = decode(path)
    missing = 20 - len(samples) / SAMPLE_RATE
    assert 5 < missing < 12
    assert [damage.reason for damage in damages] == [f"{name} is incomplete: its end is missing"]
    assert damages[0].missing_seconds == pytest.approx(missing, abs=0.5)
    assert damages[0].at_sample == pytest.approx(len(samples), abs=SAMPLE_RATE)


@pytest.mark.parametrize("name", ["constant.mp3", "index-last.m4a", "plain.opus", "plain.wma", "film.mkv"])
def test_damage_in_the_middle_is_passed_over_and_told(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, voice(30), FORMATS[name])
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + len(content) // 8] = bytes(len(content) // 8)
    path.write_bytes(content)
    samples, damages = decode(path)
    heard = len(samples) / SAMPLE_RATE - sum(damage.silent_seconds for damage in damages)
    assert 15 < heard < 29
    assert damages
    assert all(damage.reason == f"{name} is damaged here" for damage in damages)
    assert 5 * SAMPLE_RATE < damages[0].at_sample < 20 * SAMPLE_RATE


def test_files_joined_end_to_end_are_whole(tmp_path: Path) -> None:
    one = write(tmp_path / "one.mp3", voice(5), MP3, tags={"title": "x" * 3000}).read_bytes()
    joined = tmp_path / "joined.mp3"
    joined.write_bytes(one + one)
    samples, damages = decode(joined)
    assert len(samples) / SAMPLE_RATE == pytest.approx(10, abs=0.2)
    assert damages == []


def test_an_index_that_is_missing_is_told(tmp_path: Path) -> None:
    path = write(tmp_path / "book.m4a", voice(5), M4A)
    path.write_bytes(path.read_bytes()[:20_000])
    with pytest.raises(InputError, match=r"^book\.m4a is incomplete: its index is missing"):
        AudioFile(path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("playlist.mp3", b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1:9/other.mp3\n"),
        ("script.mp3", b"ffconcat version 1.0\nfile other.mp3\n"),
        ("tiny.mp3", b"ab"),
        ("empty.mp3", b""),
    ],
)
def test_what_is_not_audio_is_refused_in_one_line(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=rf"^{name} (is|can't) ") as caught:
        AudioFile(path)
    assert "\n" not in caught.value.message


def test_a_video_without_sound_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^film\.mp4 has no sound in it"):
        AudioFile(write_silent_video(tmp_path / "film.mp4"))


@pytest.mark.parametrize("entry", [b"drms", b"aavd", b"enca"])
def test_a_protected_file_is_refused(tmp_path: Path, entry: bytes) -> None:
    path = write(tmp_path / "book.m4b", voice(1), M4A)
    path.write_bytes(path.read_bytes().replace(b"mp4a", entry, 1))
    with pytest.raises(InputError, match=r"^book\.m4b is copy-protected"):
        AudioFile(path)


def test_an_audible_file_is_known_by_its_brand(tmp_path: Path) -> None:
    path = tmp_path / "book.mp4"
    path.write_bytes(b"\0\0\0\x18ftypaax \0\0\0\0" + bytes(500))
    with pytest.raises(InputError, match="copy-protected"):
        AudioFile(path)


def test_a_protected_wma_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "book.wma", voice(1), FORMATS["plain.wma"])
    content = bytearray(path.read_bytes())
    content[30:46] = bytes.fromhex("fbb3112223bdd211b4b700a0c955fc6e")
    path.write_bytes(content)
    with pytest.raises(InputError, match="copy-protected"):
        AudioFile(path)


def test_the_sound_is_taken_from_the_default_stream_and_not_from_the_cover(tmp_path: Path) -> None:
    with AudioFile(write(tmp_path / "film.mp4", voice(2), FORMATS["film.mp4"])) as file:
        assert sum(len(block.samples) for block in file.blocks()) > SAMPLE_RATE


def test_a_header_that_lies_changes_nothing() -> None:
    book = Path(__file__).parents[5] / "shared/speech/de/andiefreude.mp3"
    if not book.exists():
        pytest.skip("the shared recordings are not beside this repository")
    samples, damages = decode(book)
    assert len(samples) / SAMPLE_RATE == pytest.approx(326.0, abs=0.1)
    assert damages == []


@pytest.mark.parametrize("size_bytes", [2**40, 5 * 2**30])
def test_a_large_file_with_almost_nothing_in_it_is_refused_unread(tmp_path: Path, size_bytes: int) -> None:
    """To read one of a terabyte took a minute and gigabytes."""
    path = write(tmp_path / "a.wav", voice(2.0), WAV)
    with path.open("r+b") as file:
        file.truncate(size_bytes)
    if size_bytes < 450 * 10**9 and path.stat().st_blocks * 512 * 20 >= size_bytes:
        pytest.skip("this disk keeps no holes")
    with pytest.raises(InputError, match=r"a\.wav is large and almost nothing is in it"):
        AudioFile(path)


def test_a_small_file_with_a_hole_is_read(tmp_path: Path) -> None:
    """As of a download that did not end."""
    path = write(tmp_path / "a.wav", voice(2.0), WAV)
    with path.open("r+b") as file:
        file.truncate(10 * 2**20)
    with AudioFile(path) as opened:
        assert next(opened.blocks())
