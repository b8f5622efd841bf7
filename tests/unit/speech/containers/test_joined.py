"""Files that were joined end to end are read to their end, whatever their kind; nothing is lost in silence."""

from __future__ import annotations

import struct
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from swarmstt.speech.containers.joined import asf_parts
from tests.unit.speech.media import M4A, M4A_INDEX_FIRST, MP3, WAV, Format, likeness, voice, write
from tests.unit.speech.reading import heard

VORBIS = Format(codec="vorbis", container="ogg", layout="stereo", stream_options={"strict": "-2"})
OPUS = Format(codec="libopus", container="ogg", rate=48_000)
FLAC = Format(codec="flac", container="flac", bit_rate=None)
PCM = Format(codec="pcm_s16be", bit_rate=None)
FORMATS = {
    "a.mp3": MP3,
    "vorbis.ogg": VORBIS,
    "a.opus": OPUS,
    "flac.ogg": replace(FLAC, container="ogg"),
    "a.flac": FLAC,
    "a.wav": WAV,
    "packed.wav": replace(WAV, codec="adpcm_ms", rate=22_050),
    "a.w64": replace(WAV, container="w64"),
    "a.aiff": replace(PCM, container="aiff"),
    "a.caf": replace(PCM, container="caf"),
    "a.au": replace(PCM, container="au"),
    "a.aac": Format(codec="aac", container="adts"),
    "a.wma": Format(codec="wmav2", container="asf"),
    "a.m4a": M4A,
    "first.m4b": M4A_INDEX_FIRST,
    "pieces.mp4": replace(
        M4A, container="mp4", container_options={"movflags": "frag_keyframe+empty_moov", "frag_duration": "1000000"}
    ),
    "film.mp4": Format(codec="aac", container="mp4", with_video=True),
    "film.mkv": Format(codec="libopus", container="matroska", rate=48_000, with_video=True),
    "live.webm": Format(codec="libopus", container="webm", rate=48_000, container_options={"live": "1"}),
    "film.avi": Format(codec="libmp3lame", container="avi", with_video=True),
    "a.flv": Format(codec="libmp3lame", container="flv"),
    "a.ts": Format(codec="mp2", container="mpegts", rate=48_000),
    "a.mpg": Format(codec="mp2", container="mpeg", rate=48_000),
    "a.wv": replace(FLAC, codec="wavpack", container="wv"),
    "a.tta": replace(FLAC, codec="tta", container="tta"),
    "a.ac3": Format(codec="ac3", container="ac3", rate=48_000),
    "a.amr": Format(codec="libopencore_amrnb", container="amr", rate=8_000, bit_rate=12_200),
    "a.voc": replace(WAV, container="voc"),
    "a.nut": replace(WAV, container="nut"),
    "a.rm": Format(codec="real_144", container="rm", rate=8_000, bit_rate=None),
    "a.wtv": Format(codec="mp2", container="wtv", rate=48_000),
}
COUNTED = {  # those whose header, or last page or fragment, tells that something is missing
    name: FORMATS[name]
    for name in (
        *("a.mp3", "vorbis.ogg", "a.opus", "a.flac", "a.wav", "a.w64", "a.aiff", "a.caf", "a.au", "first.m4b"),
        *("pieces.mp4", "film.mkv", "film.avi", "a.flv", "a.wv", "a.tta"),
    )
}
PADDED = ["a.mp3", "a.opus", "a.flac", "a.wav", "a.wma", "a.m4a", "film.mkv", "film.avi", "a.wv", "a.amr"]


@pytest.mark.parametrize("name", FORMATS)
def test_two_files_joined_end_to_end_are_both_heard(tmp_path: Path, name: str) -> None:
    spoken = voice(3)
    content = write(tmp_path / name, spoken, FORMATS[name]).read_bytes()
    path = tmp_path / f"joined-{name}"
    path.write_bytes(content + content)
    found = heard(path)
    assert found.seconds == pytest.approx(6, abs=0.3)
    assert likeness(spoken, found.between(3, 6), most_lag=6_000) > 0.9
    assert found.damages == []


@pytest.mark.parametrize("name", ["a.flac", "a.mp3", "a.wav", "a.m4a", "a.aac", "a.ac3", "a.wv", "a.aiff", "a.mpg"])
def test_the_second_may_have_another_rate_and_more_channels(tmp_path: Path, name: str) -> None:
    spoken, how = voice(3), FORMATS[name]
    first = write(tmp_path / name, spoken, how).read_bytes()
    other = replace(how, rate=48_000 if how.rate != 48_000 else 32_000, layout="stereo")
    path = tmp_path / f"joined-{name}"
    path.write_bytes(first + write(tmp_path / f"other-{name}", spoken, other).read_bytes())
    found = heard(path)
    assert found.seconds == pytest.approx(6, abs=0.3)
    assert likeness(spoken, found.between(3, 6), most_lag=6_000) > 0.9
    assert found.damages == []


PAIRS = [
    *(("a.mp3", "a.wav"), ("a.mp3", "a.flac"), ("a.mp3", "a.opus"), ("a.mp3", "a.m4a"), ("a.wav", "a.mp3")),
    *(("a.wav", "a.opus"), ("a.aiff", "a.wav"), ("first.m4b", "a.mp3"), ("a.m4a", "a.opus"), ("a.opus", "a.mp3")),
]


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_a_file_of_another_kind_behind_the_first_is_heard(tmp_path: Path, first: str, second: str) -> None:
    spoken = voice(3)
    before = write(tmp_path / first, spoken, FORMATS[first]).read_bytes()
    path = tmp_path / f"joined-{first}"
    path.write_bytes(before + write(tmp_path / f"2-{second}", spoken, FORMATS[second]).read_bytes())
    found = heard(path)
    assert found.seconds == pytest.approx(6, abs=0.3)
    assert likeness(spoken, found.between(3, 6), most_lag=6_000) > 0.9
    assert found.damages == []


def test_two_amiga_sounds_are_both_heard(tmp_path: Path) -> None:
    sound = (voice(3, 8_000) // 256).astype(np.int8).tobytes()
    voice_head = struct.pack(">IIIHBBI", len(sound), 0, 0, 8_000, 1, 0, 0x10000)
    chunks = b"8SVX" + b"".join(
        name + struct.pack(">I", len(content)) + content for name, content in ((b"VHDR", voice_head), (b"BODY", sound))
    )
    path = tmp_path / "a.8svx"
    path.write_bytes(2 * (b"FORM" + struct.pack(">I", len(chunks)) + chunks))
    found = heard(path)
    assert found.seconds == pytest.approx(6, abs=0.1)
    assert found.damages == []


@pytest.mark.parametrize("second", [replace(VORBIS, rate=44_100), replace(FLAC, container="ogg"), OPUS])
def test_the_links_of_a_chained_ogg_file_may_differ(tmp_path: Path, second: Format) -> None:
    first = write(tmp_path / "1.ogg", voice(4), VORBIS).read_bytes()
    path = tmp_path / "radio.ogg"
    path.write_bytes(first + write(tmp_path / "2.ogg", voice(4), second).read_bytes() + first)
    found = heard(path)
    assert found.seconds == pytest.approx(12, abs=0.1)
    assert likeness(voice(4), found.between(4, 8), most_lag=4_000) > 0.9
    assert found.damages == []


def test_a_link_that_cannot_be_read_is_a_gap_and_the_next_is_heard(tmp_path: Path) -> None:
    link = write(tmp_path / "1.ogg", voice(4), VORBIS).read_bytes()
    broken = link[:80] + bytes(200) + link[280:]  # its header
    path = tmp_path / "radio.ogg"
    path.write_bytes(link + broken + link)
    found = heard(path)
    assert found.seconds == pytest.approx(8, abs=0.2)
    assert [damage.reason for damage in found.damages] == ["radio.ogg is damaged here"]
    assert found.damages[0].at_sample == pytest.approx(4 * 16_000, abs=2_000)


@pytest.mark.parametrize("name", COUNTED)
def test_a_container_that_ends_too_early_is_told(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, voice(12), FORMATS[name])
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * 0.6)])
    found = heard(path)
    assert 3 < found.seconds < 9
    assert found.damages[-1].at_sample == pytest.approx(len(found.samples), abs=16_000)


@pytest.mark.parametrize("name", PADDED)
def test_zeros_behind_a_file_that_is_whole_are_no_damage(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, voice(3), FORMATS[name])
    path.write_bytes(path.read_bytes() + bytes(60_000))
    found = heard(path)
    assert found.seconds == pytest.approx(3, abs=0.2)
    assert found.damages == []


def test_flac_files_with_pictures_joined_end_to_end_have_no_damage(tmp_path: Path) -> None:
    content = write(tmp_path / "a.flac", voice(5), FLAC).read_bytes()
    picture = b"fLaC" + bytes([6]) + (50_000).to_bytes(3, "big") + np.random.default_rng(0).bytes(50_000)
    path = tmp_path / "joined.flac"
    path.write_bytes(content + picture.replace(b"fLaC", content[:42], 1) + content[42:])
    assert (heard(path).damages, round(heard(path).seconds)) == ([], 10)


def test_tags_between_and_behind_frames_are_no_damage(tmp_path: Path) -> None:
    content = write(tmp_path / "a.mp3", voice(5), MP3).read_bytes()
    picture = b"ID3\4\0\0" + bytes([0, 6, 0, 0]) + np.random.default_rng(0).bytes(6 * 2**14)
    ape = b"APETAGEX" + (2000).to_bytes(4, "little") + (9_032).to_bytes(4, "little") + bytes(4) + bytes([0, 0, 0, 0xA0])
    ape += bytes(8) + np.random.default_rng(1).bytes(9_000) + bytes(32)
    path = tmp_path / "joined.mp3"
    path.write_bytes(content + picture + content + ape)
    found = heard(path)
    assert found.seconds == pytest.approx(10, abs=0.3)
    assert found.damages == []


def test_pieces_that_end_within_the_index_of_one_are_heard_up_to_there(tmp_path: Path) -> None:
    spoken = voice(6)
    path = write(tmp_path / "died.mp4", spoken, FORMATS["pieces.mp4"])
    content = path.read_bytes()
    path.write_bytes(content[: content.rfind(b"moof") + 60])
    found = heard(path)
    assert found.seconds == pytest.approx(5, abs=0.6)
    assert likeness(spoken[: 3 * 44_100], found.between(0, 3), most_lag=6_000) > 0.9
    [damage] = found.damages
    assert damage.is_cut_off


def test_a_windows_media_file_that_was_cut_off_says_so(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wma", voice(6), FORMATS["a.wma"])
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    found = heard(path)
    assert 2.5 < found.seconds < 4
    [damage] = found.damages
    assert damage.is_cut_off


def test_bytes_that_were_cut_out_of_a_flac_are_a_gap(tmp_path: Path) -> None:
    path = write(tmp_path / "a.flac", voice(6), FLAC)
    content = path.read_bytes()
    half = len(content) // 2
    path.write_bytes(content[:half] + content[half + len(content) // 6 :])
    found = heard(path)
    [damage] = found.damages
    assert damage.missing_seconds is not None
    assert found.seconds + damage.missing_seconds == pytest.approx(
        6, abs=0.25
    )  # a frame or two are told or heard by half
    assert damage.at_sample / 16_000 == pytest.approx(3, abs=0.7)


def test_of_a_flac_whose_beginning_was_cut_off_the_end_is_not_missing(tmp_path: Path) -> None:
    content = write(tmp_path / "a.flac", voice(8), FLAC).read_bytes()
    frame = content.index(b"\xff\xf8", 42)
    later = content.index(content[frame : frame + 4], len(content) // 2)
    path = tmp_path / "later.flac"
    path.write_bytes(content[:frame] + content[later:])
    found = heard(path)
    assert found.seconds == pytest.approx(4, abs=1)
    assert found.damages == []


def test_a_wma_from_a_pipe_whose_sound_is_not_counted_is_whole(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wma", voice(3), FORMATS["a.wma"])
    content = bytearray(path.read_bytes())
    counted = content.find(bytes.fromhex("3626b2758e66cf11a6d900aa0062ce6c")) + 16
    content[counted : counted + 8] = (50).to_bytes(8, "little")
    path.write_bytes(content)
    found = heard(path)
    assert found.seconds == pytest.approx(3, abs=0.3)
    assert found.damages == []
    behind = counted + 34
    content[behind + 16 : behind + 24] = len(content).to_bytes(8, "little")
    [part] = asf_parts(BytesIO(content), len(content))
    assert (part.end, part.cut_off) == (len(content), False), "what a packet holds is no length"
