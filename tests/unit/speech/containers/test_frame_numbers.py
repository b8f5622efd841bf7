"""The frames of a FLAC are numbered: what was cut out is told by that, and no wrong number is taken for a gap."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from tests.unit.speech.media import Format, voice, write
from tests.unit.speech.reading import heard

FLAC = Format(codec="flac", container="flac", bit_rate=None)
SECONDS = 12.0
FAR = 1_000_000


def crc(content: bytes, bits: int, polynomial: int) -> bytes:
    """The check of a frame's header (8 bits) or of all of it (16 bits), as RFC 9639 has it."""
    value, top = 0, 1 << (bits - 1)
    for byte in content:
        value ^= byte << (bits - 8)
        for _ in range(8):
            value = (value << 1) ^ (polynomial if value & top else 0)
        value &= (1 << bits) - 1
    return value.to_bytes(bits // 8, "big")


def renumbered(frame: bytes, number: int) -> bytes:
    """A frame, whole and correct, with another number."""
    length = {0: 1, 0b110: 2}[0 if frame[4] < 0x80 else frame[4] >> 5]  # of the number it has: up to 2047
    head, extra = frame[:4] + chr(number).encode(), {6: 1, 7: 2}.get(frame[2] >> 4, 0)
    head += frame[4 + length : 4 + length + extra]
    content = head + crc(head, 8, 0x07) + frame[4 + length + extra + 1 : -2]
    return content + crc(content, 16, 0x8005)


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """The header of a FLAC and its frames: together they are the file."""
    path = write(tmp_path_factory.mktemp("flac") / "a.flac", voice(SECONDS), FLAC)
    content = path.read_bytes()
    with av.open(str(path)) as container:
        begins = [packet.pos for packet in container.demux(container.streams.audio[0]) if packet.size]
    return [content[start:end] for start, end in zip([0, *begins], [*begins, len(content)], strict=True)]


def without_count(header: bytes) -> bytes:
    """As a program writes it that does not know how much will come."""
    return header[:21] + bytes([header[21] & 0xF0]) + bytes(4) + header[26:]


@pytest.mark.parametrize("number", [40, 70, FAR])
@pytest.mark.parametrize("which", ["first", "middle"])
@pytest.mark.parametrize("is_counted", [True, False])
def test_a_wrong_number_is_no_gap(
    tmp_path: Path, frames: list[bytes], number: int, which: str, is_counted: bool
) -> None:
    header, *sound = frames
    place = 0 if which == "first" else len(sound) // 3
    sound[place] = renumbered(sound[place], number)
    path = tmp_path / "a.flac"
    path.write_bytes((header if is_counted else without_count(header)) + b"".join(sound))
    found = heard(path)
    assert found.seconds == pytest.approx(SECONDS, abs=0.1)
    assert found.damages == []


@pytest.mark.parametrize("is_counted", [True, False])
def test_numbers_that_jump_farther_than_can_be_are_no_gap(
    tmp_path: Path, frames: list[bytes], is_counted: bool
) -> None:
    header, *sound = frames
    half = len(sound) // 2
    sound[half:] = [renumbered(frame, FAR + index) for index, frame in enumerate(sound[half:])]
    path = tmp_path / "a.flac"
    path.write_bytes((header if is_counted else without_count(header)) + b"".join(sound))
    assert heard(path).damages == []


@pytest.mark.parametrize("is_counted", [True, False])
def test_what_was_cut_out_is_a_gap_with_a_wrong_number_before_it_too(
    tmp_path: Path, frames: list[bytes], is_counted: bool
) -> None:
    header, *sound = frames
    cut_frames, first, number = 20, len(sound) // 2, len(sound) // 4
    seconds = cut_frames * SECONDS / len(sound)
    sound[number] = renumbered(sound[number], FAR)
    del sound[first : first + cut_frames]
    path = tmp_path / "a.flac"
    path.write_bytes((header if is_counted else without_count(header)) + b"".join(sound))
    [damage] = heard(path).damages
    assert damage.missing_seconds == pytest.approx(seconds, abs=0.1)
    assert not damage.is_cut_off


def test_a_cut_off_end_is_told_whatever_number_the_first_frame_has(tmp_path: Path, frames: list[bytes]) -> None:
    header, *sound = frames
    sound[0] = renumbered(sound[0], FAR)
    path = tmp_path / "a.flac"
    path.write_bytes(header + b"".join(sound[: len(sound) // 2]))
    [damage] = heard(path).damages
    assert damage.is_cut_off
    assert damage.missing_seconds == pytest.approx(SECONDS / 2, abs=0.3)
