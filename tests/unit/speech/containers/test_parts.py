"""Files that do not begin with their container: a tag of another format, or what a server said, comes before it; and
headers that count more than any file has."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from swarmstt.speech.containers.found_part import Part
from swarmstt.speech.containers.parts import parts_of
from tests.unit.speech.containers.test_joined import FORMATS
from tests.unit.speech.media import likeness, voice, write
from tests.unit.speech.reading import heard

LEAD_INS = {
    "a tag": b"ID3\3\0\0\0\0\x08\0" + bytes(1_024),
    "a line": b"\r\n",
    "a server": b"HTTP/1.1 200 OK\r\nContent-Type: audio/x\r\n\r\n",
    "noise": np.random.default_rng(1).bytes(70_000),
}


@pytest.mark.parametrize("lead_in", LEAD_INS)
@pytest.mark.parametrize(
    "name", ["a.wav", "a.aiff", "a.caf", "a.flac", "a.opus", "a.m4a", "first.m4b", "a.wma", "live.webm"]
)
def test_what_comes_before_a_container_is_passed_over(tmp_path: Path, name: str, lead_in: str) -> None:
    spoken = voice(3)
    path = write(tmp_path / name, spoken, FORMATS[name])
    path.write_bytes(LEAD_INS[lead_in] + path.read_bytes())
    found = heard(path)
    assert found.seconds == pytest.approx(3, abs=0.2)
    assert likeness(spoken, found.samples, most_lag=6_000) > 0.9
    assert found.damages == []


def test_two_files_behind_a_lead_in_are_both_heard(tmp_path: Path) -> None:
    content = write(tmp_path / "a.wav", voice(3), FORMATS["a.wav"]).read_bytes()
    path = tmp_path / "joined.wav"
    path.write_bytes(LEAD_INS["a tag"] + content + content)
    assert heard(path).seconds == pytest.approx(6, abs=0.1)


@pytest.mark.parametrize("length", [2**44, 2**62, 2**63, 2**64 - 1])
def test_a_length_that_no_file_has_leads_nowhere(tmp_path: Path, length: int) -> None:
    """Longer than what the file system holds, and than what the system counts."""
    mp4 = tmp_path / "a.m4a"
    mp4.write_bytes(b"\0\0\0\x10ftypM4A \0\0\0\0" + b"\0\0\0\x01free" + length.to_bytes(8, "big") + bytes(100))
    assert parts_of(mp4) == [Part(start=0, end=mp4.stat().st_size)]
    matroska = tmp_path / "a.mka"
    counted = (min(length, 2**56 - 2) | 2**56).to_bytes(8, "big")
    matroska.write_bytes(b"\x1a\x45\xdf\xa3\x84webm" + b"\x18\x53\x80\x67" + counted + bytes(100))
    [part] = parts_of(matroska)
    assert (part.start, part.end) == (0, matroska.stat().st_size)
