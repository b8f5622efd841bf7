"""A stranger attacks the swarm port in every way it knows at once: members go on, and what it costs is bounded."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil
import pytest

from swarmstt.swarm.gate import GateLimits
from tests.e2e.attacking import ADDRESS, ATTACKS, attacked
from tests.e2e.speaking import SENTENCES, Voice, record, until
from tests.e2e.villages import Town, able, linked, workers

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(sys.platform == "darwin", reason="macOS has no second address on loopback unless told"),
]

RATE = 0.1
MOST_MEMORY_BYTES = 64 * 2**20
"""More than before the attack and the book."""


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return Town(tmp_path)


def strangers_at(process: psutil.Process) -> int:
    """Connections from the attacker's address that the node holds."""
    return sum(bool(each.raddr) and each.raddr.ip == ADDRESS for each in process.net_connections("tcp"))


def test_a_book_comes_out_under_every_attack_at_once(town: Town, voice: Voice, tmp_path: Path) -> None:
    audio = record(tmp_path / "book.mp3", voice.say(*SENTENCES[:8], pause_seconds=5.0))
    with town.up("anna", "--no_helping") as anna, town.up("ben") as ben:
        until(lambda: linked(anna) == ["ben"] and able(anna) == 1, "ben helps")
        port = int(next(line.rpartition(":")[2] for line in anna.out.splitlines() if line.startswith("This PC:")))
        process = psutil.Process(anna.process.pid)
        memory_before = process.memory_info().rss
        with attacked(port, *ATTACKS, rate=RATE):
            book_id = anna.add(audio, output_dir=str(town.home("anna").output), chunk_seconds=30)
            crowds, memory = [], []

            def done() -> bool:
                crowds.append(strangers_at(process))
                memory.append(process.memory_info().rss)
                state = anna.get(f"/books/{book_id}")["state"]
                assert state != "failed"
                return bool(state == "done")

            until(done, "the book is done")
            assert linked(anna) == ["ben"]
        # One more that was accepted, and is being turned away.
        assert max(crowds) <= GateLimits().most_strangers_an_address + 1
        assert max(memory) < memory_before + MOST_MEMORY_BYTES
        assert workers(anna) == {"ben"}
        assert "Traceback" not in anna.err + ben.err
