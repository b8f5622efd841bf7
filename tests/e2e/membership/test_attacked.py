"""A stranger attacks the swarm port in every way it knows at once, or members lie: others go on, and what it costs is
bounded."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import psutil
import pytest

from swarmstt.core.membership.addresses import Address
from swarmstt.ids import NodeId
from swarmstt.swarm.network.gate import GateLimits
from tests.e2e.membership.attacking import ADDRESS, ATTACKS, attacked
from tests.e2e.membership.member_attacks import BY_MEMBERS, GONE, come_in
from tests.e2e.support.home import Home
from tests.e2e.support.processes import Running
from tests.e2e.support.swarms import LocalSwarm, able, linked, workers
from tests.e2e.support.voice import SENTENCES, Voice, record
from tests.e2e.support.waiting import eventually

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.attack,
    pytest.mark.skipif(sys.platform == "darwin", reason="macOS has no second address on loopback unless told"),
]

RATE = 0.1
MOST_MEMORY_BYTES = 64 * 2**20
"""More than before the attack and the book."""


@pytest.fixture
def swarm(tmp_path: Path) -> LocalSwarm:
    return LocalSwarm(tmp_path)


def strangers_at(process: psutil.Process) -> int:
    """Connections from the attacker's address that the node holds."""
    return sum(bool(each.raddr) and each.raddr.ip == ADDRESS for each in process.net_connections("tcp"))


# Apart from the others, which leave an address of theirs no place: they might never begin.
@pytest.mark.parametrize("attacks", [tuple(ATTACKS), ("wrong proofs", "joins broken off")], ids=["all", "proofs"])
def test_a_book_comes_out_under_every_attack_at_once(
    swarm: LocalSwarm, voice: Voice, tmp_path: Path, attacks: tuple[str, ...]
) -> None:
    audio = record(tmp_path / "book.mp3", voice.say(*SENTENCES[:8], pause_seconds=5.0))
    with swarm.up("anna", "--no_helping") as anna, swarm.up("ben") as ben:
        eventually(lambda: linked(anna) == ["ben"] and able(anna) == 1, "ben helps")
        port = int(next(line.rpartition(":")[2] for line in anna.out.splitlines() if line.startswith("This PC:")))
        process = psutil.Process(anna.process.pid)
        memory_before = process.memory_info().rss
        with attacked(port, *attacks, rate=RATE):
            book_id = anna.add(audio, output_dir=str(swarm.home("anna").output), chunk_seconds=30)
            crowds, memory = [], []

            def done() -> bool:
                crowds.append(strangers_at(process))
                memory.append(process.memory_info().rss)
                state = anna.get(f"/books/{book_id}")["state"]
                assert state != "failed"
                return bool(state == "done")

            eventually(done, "the book is done")
            assert linked(anna) == ["ben"]
        # One more that was accepted, and is being turned away.
        limits = GateLimits()
        assert max(crowds) <= limits.most_strangers_an_address + limits.most_waiting_an_address + 1
        assert max(memory) < memory_before + MOST_MEMORY_BYTES
        assert workers(anna) == {"ben"}
        assert "Traceback" not in anna.err + ben.err


def test_a_book_comes_out_while_members_lie(voice: Voice, tmp_path: Path) -> None:
    """And one that was removed does not come in again, whatever its helper says."""
    audio = record(tmp_path / "book.mp3", voice.say(*SENTENCES[:8], pause_seconds=5.0))
    homes = {name: Home(tmp_path / name) for name in ("anna", "ben")}
    options = ("--slots", "1", "--name")
    with (
        homes["anna"].up(*options, "anna", "--no_helping") as anna,
        homes["ben"].up(*options, "ben", "--peer", place_of(anna)) as ben,
    ):
        eventually(lambda: linked(anna) == ["ben"] and able(anna) == 1, "ben helps")
        host, port = place_of(anna).split(":")
        node_id = NodeId(anna.get("/status")["node"]["node_id"])
        folder = tmp_path / "members"
        ids = asyncio.run(come_in(folder, Address(host, int(port)), node_id))
        assert anna.ask(f"/peers/{ids[GONE]}", "DELETE").status == 200
        memory_before = psutil.Process(anna.process.pid).memory_info().rss
        with attacked(int(port), *BY_MEMBERS, rate=1.0, options=["--members", str(folder)]) as did:
            file = homes["anna"].data_dir / "swarm.json"
            eventually(lambda: len(json.loads(file.read_bytes())["statements"]) > 100, "the flood has come in")
            book_id = anna.add(audio, output_dir=str(homes["anna"].output), chunk_seconds=30)
            eventually(lambda: anna.get(f"/books/{book_id}")["state"] == "done", "the book is done")
            assert "ben" in linked(anna)
        assert min(did[what] for what in ("floods", "lies", "brought", "requests to join")) > 0
        assert psutil.Process(anna.process.pid).memory_info().rss < memory_before + MOST_MEMORY_BYTES
        assert workers(anna) == {"ben"}
        stored = json.loads(file.read_bytes())["statements"]
        removals = [each for each in stored if each["kind"] == "removal" and each["subject"] == ids[GONE]]
        assert [each["author"] for each in removals] == [node_id]
        assert "Traceback" not in anna.err + ben.err


def place_of(node: Running) -> str:
    return str(node.get("/status")["node"]["swarm_address"])
