"""The first look at a book, with its real child: what is no sound is told before it is taken."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import psutil
import pytest

from swarmstt.errors import InputError
from swarmstt.speech.audio.book_files import find_book
from swarmstt.speech.ingest.probe import Prober, probe
from swarmstt.speech.ingest.probe_child import first_error
from tests.unit.speech.media import M4A, M4A_INDEX_FIRST, MP3, WAV, voice, write, write_silent_video

pytestmark = pytest.mark.e2e

TEXT = b"This is a text and no sound. " * 200


async def test_sound_passes(tmp_path: Path) -> None:
    await probe(find_book(write(tmp_path / "book.mp3", voice(20), MP3)))


async def test_a_text_is_told_by_the_name_that_a_person_knows(tmp_path: Path) -> None:
    (tmp_path / "text.mp3").write_bytes(TEXT)
    with pytest.raises(InputError, match=r"text\.mp3 can't be read as audio"):
        await probe(find_book(tmp_path / "text.mp3"))


async def test_what_takes_long_to_look_at_passes(tmp_path: Path) -> None:
    (tmp_path / "text.mp3").write_bytes(TEXT)
    await probe(find_book(tmp_path / "text.mp3"), seconds=0.0)


def probe_children() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if child.cmdline()[-1:] == ["probe"]]


async def test_one_child_looks_at_many_books_and_ends_with_the_prober(tmp_path: Path) -> None:
    (tmp_path / "text.mp3").write_bytes(TEXT)
    good = find_book(write(tmp_path / "book.mp3", voice(20), MP3))
    async with Prober() as prober:
        assert probe_children() == []
        await prober.probe(good)
        [child] = probe_children()
        with pytest.raises(InputError, match=r"text\.mp3"):
            await prober.probe(find_book(tmp_path / "text.mp3"))
        await prober.probe(good)
        assert probe_children() == [child]
    assert not child.is_running()


async def test_a_child_that_takes_too_long_or_dies_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "text.mp3").write_bytes(TEXT)
    text = find_book(tmp_path / "text.mp3")
    async with Prober() as prober:
        await prober.probe(text, seconds=0.0)
        assert probe_children() == []
        with pytest.raises(InputError):
            await prober.probe(text)
        [child] = probe_children()
        child.kill()
        child.wait()
        with pytest.raises(InputError):
            await prober.probe(text)  # it is not this book that ended the child


async def test_what_ends_each_child_passes(tmp_path: Path) -> None:
    """A crash in a library tells nothing of the book: its reader will."""
    (tmp_path / "text.mp3").write_bytes(TEXT)
    async with Prober(role="no such child") as prober:
        await prober.probe(find_book(tmp_path / "text.mp3"))


@pytest.mark.parametrize("how", [MP3, M4A_INDEX_FIRST, WAV])
def test_what_was_cut_off_passes(tmp_path: Path, how: object) -> None:
    whole = write(tmp_path / "whole", voice(30), how).read_bytes()  # type: ignore[arg-type]
    (tmp_path / "cut").write_bytes(whole[: len(whole) // 2])
    assert first_error([tmp_path / "cut"], "cut") is None


def test_a_damaged_middle_passes(tmp_path: Path) -> None:
    whole = bytearray(write(tmp_path / "book.mp3", voice(30), MP3).read_bytes())
    whole[len(whole) // 3 : len(whole) // 2] = bytes(len(whole) // 2 - len(whole) // 3)
    (tmp_path / "book.mp3").write_bytes(whole)
    assert first_error([tmp_path / "book.mp3"], None) is None


def test_each_kind_of_no_sound_has_its_sentence(tmp_path: Path) -> None:
    write_silent_video(tmp_path / "video.mp4")
    whole = write(tmp_path / "whole.m4a", voice(10), M4A).read_bytes()
    (tmp_path / "headless.m4a").write_bytes(whole[: len(whole) // 2])
    noise = np.random.default_rng(1).integers(0, 256, size=100_000, dtype=np.uint8).tobytes()
    (tmp_path / "noise.mp3").write_bytes(noise)
    for name, what in (("video.mp4", "no sound"), ("headless.m4a", "index is missing"), ("noise.mp3", "read as audio")):
        error = first_error([tmp_path / name], name)
        assert error is not None
        assert error.startswith(f"{name} ")
        assert what in error


def test_one_good_file_of_a_folder_is_enough(tmp_path: Path) -> None:
    (tmp_path / "1.mp3").write_bytes(TEXT)
    write(tmp_path / "2.mp3", voice(8), MP3)
    files = [tmp_path / "1.mp3", tmp_path / "2.mp3"]
    assert first_error(files, None) is None
    error = first_error(files[:1], None)
    assert error is not None
    assert error.startswith("1.mp3 ")
