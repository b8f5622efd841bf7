"""Files that do not begin with their container: a tag of another format, or what a server said, comes before it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

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
