"""What the index of an AVI says of sound that rests; whatever it says, reading ends."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest

from swarmstt.speech.containers.avi_rests import Rests, rests_of

FRAME_SECONDS = 0.036


def chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def listed(kind: bytes, content: bytes) -> bytes:
    return chunk(b"LIST", kind + content)


def header(kind: bytes, sample_bytes: int = 0) -> bytes:
    return chunk(b"strh", struct.pack("<4s4sIHHIIIIIIII", kind, b"", 0, 0, 0, 0, 36, 1000, 0, 0, 0, 0, sample_bytes))


def avi(path: Path, sizes: list[int], *, sample_bytes: int = 0, from_file: bool = False) -> Path:
    """Its second stream is sound, in chunks of these sizes."""
    head = listed(b"hdrl", listed(b"strl", header(b"vids")) + listed(b"strl", header(b"auds", sample_bytes)))
    base = 12 + len(head) + 8 if from_file else 0
    index, movie = b"", b""
    for size in sizes:
        index += struct.pack("<4sIII", b"01wb", 0, base + 4 + len(movie), size)
        movie += chunk(b"01wb", bytes(size))
    body = b"AVI " + head + listed(b"movi", movie) + chunk(b"idx1", index)
    path.write_bytes(chunk(b"RIFF", body))
    return path


def begin_of(path: Path, number: int) -> int:
    """The byte at which the chunk of that number begins."""
    at = path.read_bytes().index(b"movi") + 4
    for _ in range(number):
        size = struct.unpack_from("<I", path.read_bytes(), at + 4)[0]
        at += 8 + size + size % 2
    return at


@pytest.mark.parametrize("from_file", [False, True])
def test_chunks_without_bytes_are_rests(tmp_path: Path, from_file: bool) -> None:
    path = avi(tmp_path / "a.avi", [100] * 20 + [0] * 10 + [100] * 5 + [0] * 5 + [100], from_file=from_file)
    rests = rests_of(path, 1)
    assert rests.before(begin_of(path, 19)) == 0.0
    assert rests.before(begin_of(path, 30)) == pytest.approx(10 * FRAME_SECONDS)
    assert rests.before(begin_of(path, 40)) == pytest.approx(15 * FRAME_SECONDS)


def test_what_rests_at_the_beginning_is_before_all_sound(tmp_path: Path) -> None:
    path = avi(tmp_path / "a.avi", [100] + [0] * 100 + [100] * 5)
    assert rests_of(path, 1).before(begin_of(path, 0)) == pytest.approx(100 * FRAME_SECONDS)


def test_a_frame_or_two_without_bytes_and_sound_that_is_counted_in_bytes_do_not_rest(tmp_path: Path) -> None:
    assert rests_of(avi(tmp_path / "a.avi", [100, 0, 0, 100]), 1) == Rests([], [])
    assert rests_of(avi(tmp_path / "b.avi", [100] + [0] * 50 + [100], sample_bytes=4), 1) == Rests()
    assert rests_of(avi(tmp_path / "c.avi", [100] + [0] * 50 + [100]), 0) == Rests()
    assert rests_of(None, 1) == Rests()


def test_half_a_file_says_nothing(tmp_path: Path) -> None:
    whole = avi(tmp_path / "a.avi", [100] * 20 + [0] * 10 + [100]).read_bytes()
    cut = tmp_path / "cut.avi"
    for length in range(0, len(whole) - 1, 7):
        cut.write_bytes(whole[:length])
        assert rests_of(cut, 1) == Rests()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no FIFOs there")
@pytest.mark.timeout(30)
def test_a_pipe_that_took_its_place_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.avi")
    with pytest.raises(OSError, match="egular"):
        rests_of(tmp_path / "a.avi", 1)
