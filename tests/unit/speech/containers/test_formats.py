"""One list of formats: all that can be read here is in it, and all others are named with what to do."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import av
import pytest

from swarmstt.core.companions import COMPANION_SUFFIXES, EBOOK_SUFFIX
from swarmstt.errors import InputError
from swarmstt.node.drop_folder import scan
from swarmstt.speech.audio.audio_file import AudioFile
from swarmstt.speech.audio.book_files import ZIP_SUFFIX, find_book
from swarmstt.speech.audio.opening import open_part, open_piece
from swarmstt.speech.containers.formats import AUDIO_SUFFIXES, DEMUXERS
from swarmstt.speech.containers.found_part import Part
from tests.unit.speech.films import Sounding, film
from tests.unit.speech.media import Format, likeness, voice, write
from tests.unit.speech.reading import heard

PCM = Format(codec="pcm_s16be", bit_rate=None)
FORMATS = {
    "a.avi": Format(codec="libmp3lame", container="avi", with_video=True),
    "a.ts": Format(codec="mp2", container="mpegts", rate=48_000),
    "a.m2ts": Format(codec="ac3", container="mpegts", rate=48_000),
    "a.mpg": Format(codec="mp2", container="mpeg", rate=48_000),
    "a.vob": Format(codec="ac3", container="vob", rate=48_000),
    "a.flv": Format(codec="libmp3lame", container="flv"),
    "a.wv": replace(PCM, codec="wavpack", container="wv"),
    "a.tta": replace(PCM, codec="tta", container="tta"),
    "a.au": replace(PCM, container="au"),
    "a.snd": replace(PCM, container="au"),
    "a.amr": Format(codec="libopencore_amrnb", container="amr", rate=8_000, bit_rate=12_200),
    "a.caf": replace(PCM, container="caf"),
    "a.w64": replace(PCM, codec="pcm_s16le", container="w64"),
    "a.eac3": Format(codec="eac3", container="eac3", rate=48_000),
    "a.ac3": Format(codec="ac3", container="ac3", rate=48_000),
    "a.wmv": Format(codec="wmav2", container="asf"),
    "a.asf": Format(codec="wmav2", container="asf"),
    "a.m4r": Format(codec="aac", container="ipod"),
    "a.3g2": Format(codec="aac", container="3g2"),
    "a.mpga": Format(codec="libmp3lame", container="mp3"),
    "a.mp2": Format(codec="mp2", container="mp2"),
    "a.voc": replace(PCM, codec="pcm_u8", container="voc", rate=8_000),
    "a.sox": replace(PCM, codec="pcm_s32le", container="sox"),
    "a.nut": Format(codec="aac", container="nut"),
    "a.rm": Format(codec="ac3", container="rm", rate=48_000),
    "a.g722": Format(codec="g722", container="g722", rate=16_000, bit_rate=None),
    "a.sbc": Format(codec="sbc", container="sbc", rate=16_000, bit_rate=128_000),
    "a.wtv": Format(codec="mp2", container="wtv", rate=48_000),
    "a.ogv": Format(codec="flac", container="ogg", bit_rate=None),
    "a.mka": Format(codec="libmp3lame", container="matroska"),
    "a.rso": replace(PCM, codec="pcm_u8", container="rso", rate=16_000),
    "a.mmf": replace(PCM, codec="adpcm_yamaha", container="mmf"),
    "a.latm": Format(codec="aac", container="latm"),
}


@pytest.mark.parametrize("name", FORMATS)
def test_what_can_be_read_alone_is_found_in_folders_and_heard(tmp_path: Path, name: str) -> None:
    spoken = voice(4)
    path = write(tmp_path / "book" / name, spoken, FORMATS[name]) if make(tmp_path / "book") else tmp_path
    assert find_book(tmp_path / "book").files == (path,)
    assert [found.path for found in scan.scan(tmp_path, ())] == [("book", name)]
    found = heard(path)
    assert likeness(spoken, found.samples, most_lag=8_000) > 0.9
    assert found.damages == []


def make(folder: Path) -> bool:
    folder.mkdir()
    return True


def test_all_formats_are_known_to_the_library() -> None:
    known = {demuxer for demuxer in DEMUXERS if av.ContainerFormat(demuxer, "r").is_input}
    assert known == set(DEMUXERS)


def test_the_drop_folder_takes_what_folders_take() -> None:
    assert AUDIO_SUFFIXES < scan.SUFFIXES


def test_the_page_offers_what_folders_take() -> None:
    page = (files("swarmstt.web") / "static" / "page" / "index.html").read_text(encoding="utf-8")
    [accepted] = re.findall(r'id="files"[^>]* accept="([^"]*)"', page)
    beside = COMPANION_SUFFIXES | {EBOOK_SUFFIX, ZIP_SUFFIX}
    assert accepted.split(",") == ["audio/*", "video/*", *sorted(AUDIO_SUFFIXES | beside)]


@pytest.mark.parametrize("demuxer", ["hls", "concat", "dash", "sdp", "rtsp", "image2", "lavfi", "ffmetadata", "data"])
def test_what_could_name_other_files_is_not_read(demuxer: str) -> None:
    assert demuxer not in DEMUXERS


UNKNOWN = "can't be read as audio. It may be damaged, or not an audio file: copy or download it again. If another"
OTHERS = {
    "a.pdf": (b"%PDF-1.7\n", "is a PDF document, not audio: choose an audio file."),
    "a.mp3": (b"<!DOCTYPE html><html>gone", "is a web page or text, not audio: download the audio itself again."),
    "a.m3u": (b"one.mp3\n", "is a playlist, not audio: choose an audio file."),
    "b.mp3": (b"#EXTM3U\none.mp3\n", "is a playlist, which only names other files: choose those."),
    "a.mid": (b"MThd\0\0\0\6", "is a MIDI file, which holds notes, not audio: choose an audio file."),
    "a.jpg": (b"\xff\xd8\xff\xe0", "is a picture, not audio: choose an audio file."),
    "a.ofr": (b"OFR \0\0", "is OptimFROG audio, which cannot be read: convert it to MP3 or FLAC."),
    "a.ds2": (b"\3ds2\0", "is a dictation in Olympus' DS2 format, which cannot be read: convert it to MP3 or FLAC."),
    "a.raw": (b"\1\2\3\4", "is sound without a header that tells its rate, which cannot be read: convert it to"),
    "a.vox": (b"\1\2\3\4", "is sound without a header that tells its rate, which cannot be read: convert it to"),
    "c.mp3": (b"\xff\xfb\0\0", "is an MP3 in free format, which cannot be read: convert it to MP3 or FLAC."),
    "text.pages": (b"hello ", "is a document, not audio: choose an audio file."),
    "b.pages": (b"PK\3\4\n\0\0\0", "is a document, not audio: choose an audio file."),
    "b.m4b": (b"PK\3\4\n\0\0\0", "is an archive or a document, not audio: choose an audio file."),
    "old.bak": (b"\xd0\xcf\x11\xe0\xa1\xb1", "is a document, not audio: choose an audio file."),
    **dict.fromkeys(("notes.xyz", "blob", "recording", "a.aax", "a.mp3.part", "a.dat"), (b"\1\2\3\4", UNKNOWN)),
    "a.wav": (b"\1\2\3\4", UNKNOWN),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_cannot_be_read_is_named_with_what_to_do(tmp_path: Path, name: str) -> None:
    content, sentence = OTHERS[name]
    path = tmp_path / name
    path.write_bytes(content * 50)
    with pytest.raises(InputError) as caught:
        AudioFile(path)
    assert caught.value.message.startswith(f"{name} {sentence}")


@pytest.mark.attack
def test_nothing_but_sound_is_decoded(tmp_path: Path) -> None:
    """The decoder of these pictures has a hole in FFmpeg 8.1.1 (CVE-2026-8461), which Python 3.10 still has."""
    spoken, path = voice(3), tmp_path / "a.avi"
    film(path, [Sounding(samples=spoken)], codec="libmp3lame", picture="magicyuv", picture_seconds=2)
    # PyAV 17 ends the process if it is asked for the form of pictures that were never looked at.
    with av.open(str(path)) as container:
        assert "gbrp" in repr(container.streams.video[0]), "FFmpeg decodes a picture as it looks at the tracks"
    size = path.stat().st_size
    with open_part(path, Part(start=0, end=size), path.name, size=size) as container:
        assert "gbrp" not in repr(container.streams.video[0])
    with path.open("rb") as file, open_piece(file, "avi", path.name).container as container:
        assert "gbrp" not in repr(container.streams.video[0])
    assert likeness(heard(path).samples, spoken) > 0.9
