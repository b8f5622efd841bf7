"""APE tags at the end of MP3s, whatever is in them."""

from __future__ import annotations

import os
import random
import struct
from pathlib import Path

import pytest

from swarmstt.speech.audio.audio_file import AudioFile
from swarmstt.speech.tags.ape import ape_tags
from swarmstt.speech.tags.file_tags import of_file
from tests.unit.speech.media import MP3, voice, write

ID3V1 = b"TAG" + b"Short".ljust(124, b"\0") + b"\xff"


def tag(*items: tuple[bytes, bytes], flags: int = 0) -> bytes:
    body = b"".join(struct.pack("<II", len(value), flags) + key + b"\0" + value for key, value in items)
    return body + struct.pack("<8sIIII8x", b"APETAGEX", 2000, len(body) + 32, len(items), 0)


def write_bytes(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("behind", [b"", ID3V1])
def test_texts_are_read_also_before_the_tag_of_thirty_letters(tmp_path: Path, behind: bytes) -> None:
    made = tag((b"Title", "Příběh".encode()), (b"Album Artist", b"Ann\0Ben"), (b"TRACK", b"3/9"))
    path = write_bytes(tmp_path / "a.mp3", b"sound" * 50 + made + behind)
    assert ape_tags(path) == {"title": "Příběh", "album_artist": "Ann, Ben", "track": "3/9"}


def test_they_say_what_no_other_tag_says(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp3", voice(1), MP3, tags={"title": "Of ID3"})
    with path.open("ab") as file:
        file.write(tag((b"Title", b"Of APE"), (b"Artist", "Karel Čapek".encode())))
    with AudioFile(path) as opened:
        tags = of_file(opened, path).tags
    assert (tags["title"], tags["artist"]) == ("Of ID3", "Karel Čapek")


def test_pictures_and_what_is_no_tag_say_nothing(tmp_path: Path) -> None:
    assert ape_tags(write_bytes(tmp_path / "a.mp3", tag((b"Cover Art", b"x" * 100), flags=0b010))) == {}
    assert ape_tags(write_bytes(tmp_path / "b.mp3", b"sound" * 50)) == {}
    assert ape_tags(write_bytes(tmp_path / "c.mp3", b"")) == {}


def test_rubbish_in_a_tag_ends_nothing(tmp_path: Path) -> None:
    dice = random.Random(1)
    whole = bytearray(b"sound" * 9 + tag((b"Title", b"One"), (b"Artist", b"Two")))
    for _ in range(500):
        broken = bytearray(whole)
        for _ in range(4):
            broken[dice.randrange(len(broken))] = dice.randrange(256)
        found = ape_tags(write_bytes(tmp_path / "a.mp3", bytes(broken)))
        assert all(isinstance(text, str) for text in found.values())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no FIFOs there")
@pytest.mark.timeout(30)
def test_a_pipe_that_took_its_place_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.mp3")
    with pytest.raises(OSError, match="egular"):
        ape_tags(tmp_path / "a.mp3")
