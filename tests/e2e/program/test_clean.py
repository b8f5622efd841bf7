"""What the program leaves on a PC is where `doctor` says: who removes that has nothing of it any more."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.e2e.support.home import Home, model_folder
from tests.e2e.support.processes import Ended
from tests.e2e.support.voice import SENTENCES, Voice, record
from tests.e2e.support.waiting import eventually

pytestmark = pytest.mark.e2e

BARE = {"SWARMSTT_DROP_FOLDER": "", "SWARMSTT_MODEL": str(model_folder())}
"""No folder is named: each is where the system wants it, in the person's home."""


def command(name: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "swarmstt", name, *arguments]


def run(home: Home, arguments: Sequence[str], environment: Mapping[str, str]) -> Ended:
    with home.started(arguments, environment=environment) as running:
        running.process.wait(120)
        return running.ended()


def places_in(said: str) -> list[Path]:
    """The places that doctor names as the program's own."""
    lines = [line for line in said.splitlines() if line.startswith("      ")]
    return [Path(line.split(": ", 1)[1]) for line in lines if "only read" not in line]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the folders are not below $HOME")
def test_doctor_names_all_that_is_left(home: Home, voice: Voice) -> None:
    person = home.root / "home"
    with home.started(command("up", "--port", "0"), environment=BARE) as node:
        node.wait_for_page()
        dropped = record(person / "Documents" / "swarmstt" / "dropped.mp3", voice.say(SENTENCES[11]))
        note = person / "Documents" / "swarmstt" / "Transcripts" / "dropped.txt"
        eventually(note.exists, "the transcript")
        node.interrupt()
        assert node.process.wait(120) == 0
    by_itself = run(home, command("transcribe", str(dropped), "--output_dir", str(home.output)), BARE)
    by_itself.assert_calm(0)
    doctor = run(home, command("doctor", "--port", "0"), BARE)
    doctor.assert_calm(0)
    written = [path for path in person.rglob("*") if path.is_file()]
    assert any(path.name == "swarmstt.log" for path in written)
    places = places_in(doctor.out)
    assert all(place.is_absolute() for place in places)
    for place in places:
        shutil.rmtree(place, ignore_errors=True)
    assert [path for path in person.rglob("*") if path.is_file()] == []
    parents = {parent for place in places for parent in place.parents}
    assert set(person.rglob("*")) <= parents
