"""A PC belongs to its person: pausing is at once and lasts, and what is chosen on the page is kept."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.e2e.support.home import Home
from tests.e2e.support.processes import Running
from tests.e2e.support.voice import SENTENCES, Voice, record
from tests.e2e.support.waiting import eventually
from tests.unit.speech.media import WAV

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.fixture(scope="module")
def long_book(new_home: Callable[[str], Home], voice: Voice) -> Path:
    """Enough for a PC to be busy with while it is looked at, also for one that is much faster."""
    return record(new_home("long").root / "long.wav", voice.say(*SENTENCES * 10), WAV)


@pytest.fixture(scope="module")
def short_book(new_home: Callable[[str], Home], voice: Voice) -> Path:
    return record(new_home("short").root / "short.mp3", voice.say(*SENTENCES[:4]))


def doing(node: Running) -> list[Any]:
    """The chunks in the hands of the node's own helper."""
    workers = node.get("/status")["workers"]
    return [chunk for worker in workers if worker["kind"] == "own" for chunk in worker["doing"]]


def own_slots(node: Running) -> int:
    return next(int(each["slots"]) for each in node.get("/status")["workers"] if each["kind"] == "own")


LOADING_SECONDS = 1.5
"""Of a processor: more than an engine needs to load its model."""


def busy(node: Running) -> bool:
    """Whether it decodes: a chunk is in hand, and an engine has done more than to load its model."""
    return bool(doing(node)) and any(cpu_seconds(engine) > LOADING_SECONDS for engine in node.engines())


def cpu_seconds(process: psutil.Process) -> float:
    """What it has used of the processor; 0 for one that has ended."""
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


def test_a_pause_stops_the_decode(home: Home, long_book: Path) -> None:
    with home.up("--no_discovery", "--slots", "2") as node:
        book_id = node.add(long_book, language="en", chunk_seconds=60)
        eventually(lambda: busy(node), "a decode")
        [engine] = node.engines()
        if sys.platform == "win32":
            assert engine.nice() == psutil.BELOW_NORMAL_PRIORITY_CLASS
        else:
            assert engine.nice() >= 10
        if sys.platform == "linux":
            assert engine.ionice() == (psutil.IOPRIO_CLASS_BE, 7)
            if (session := Path(f"/proc/{engine.pid}/autogroup")).exists():
                assert session.read_text().endswith("nice 10\n")
        assert node.ask("/pause", "POST").status == 200
        eventually(lambda: not doing(node) and not node.engines(), "the end of the decode")
        eventually(lambda: not engine.is_running(), "its process to be gone")
        status = node.get("/status")["node"]
        assert (status["helping"], status["helping_others"], status["paused_until"]) == (False, False, None)
        assert "swarmstt resume" in status["why_not_helping"]
        tasks = node.get(f"/books/{book_id}")["tasks"]
        assert tasks["pending"] > 0
        assert tasks["in_progress"] == 0
        assert node.ask("/settings", "PATCH", {"slots": 1}).status == 200
        home.run("resume").assert_calm(0)
        eventually(lambda: busy(node), "the decode to go on")
        [engine] = node.engines()
        assert own_slots(node) == 1
        assert node.ask("/settings", "PATCH", {"slots": 2}).status == 200
        eventually(lambda: own_slots(node) == 2, "two slots")
        eventually(lambda: busy(node) and not engine.is_running(), "an engine with two slots")


def test_a_pause_outlives_a_restart_and_ends_by_itself(home: Home, long_book: Path) -> None:
    with home.up("--no_discovery") as node:
        assert node.ask("/pause", "POST", {"seconds": 0}).status == 400
        assert node.ask("/pause", "POST").status == 200
    with home.up("--no_discovery") as node:
        assert node.get("/status")["node"]["helping"] is False
        book_id = node.add(long_book)
        node.wait_until_read(book_id)
        assert node.get(f"/books/{book_id}")["language"] == "en"  # others could not help before that was known
        eventually(lambda: not node.engines(), "the end of the process that found the language")
        assert doing(node) == []
        assert node.ask("/pause", "POST", {"seconds": 2}).status == 200
        told = node.get("/settings")["paused_until"]
        assert datetime.fromisoformat(told) > datetime.now(timezone.utc)
        eventually(lambda: busy(node), "the decode to go on by itself")
        assert node.get("/status")["node"]["paused_until"] is None


def test_settings_are_kept_and_rank_below_the_command_line(home: Home) -> None:
    with home.up("--no_discovery", "--slots", "1") as node:
        given = node.get("/settings")
        assert (given["help_when"], given["slots"], given["restart"]) == ("not_on_battery", 1, [])
        drops = str(home.root / "drops")
        Path(drops).mkdir()
        wanted = {"name": "Anna's PC", "help_when": "hours", "help_from": "23:00", "slots": 2, "memory_gb": 4.5}
        changed = node.ask("/settings", "PATCH", wanted)
        assert changed.status == 200
        assert changed.json == {**given, **wanted}
        assert node.get("/status")["node"]["name"] == "Anna's PC"
        assert "drop" in node.ask("/settings", "PATCH", {"drop_folders": ["nowhere"]}).error
        assert node.ask("/settings", "PATCH", {"drop_folders": [drops]}).json["restart"] == ["drop_folders"]
        assert "fetch" in node.ask("/settings", "PATCH", {"model": "large-v3"}).error
    kept = json.loads((home.data_dir / "settings.json").read_text(encoding="utf-8"))
    assert kept == {**wanted, "drop_folders": [drops]}
    with home.up("--no_discovery", "--slots", "1", SWARMSTT_DROP_FOLDER=drops, SWARMSTT_NAME="Ben's PC") as node:
        again = node.get("/settings")
        assert again == {**given, **wanted, "name": "Ben's PC", "slots": 1, "drop_folders": [drops]}


def test_a_node_that_only_coordinates_says_so(home: Home, short_book: Path) -> None:
    with home.up("--no_discovery", "--no_helping") as node:
        ended = home.run("resume")
        assert ended.code == 1
        assert "--no_helping" in ended.complaints[0]
        assert "--no_helping" in node.get("/status")["node"]["why_not_helping"]
        with home.started(home.command("transcribe", *home.transcribe_options([]), short_book)) as waiting:
            eventually(lambda: "is not transcribing now" in waiting.err, "the line that says why it waits")


def test_peers_books_wait_while_the_own_go_on(home: Home, new_home: Callable[[str], Home], short_book: Path) -> None:
    """Outside of its hours a PC has no slots for others; then it is told to help always, and does."""
    hour = datetime.now().astimezone().hour
    hours = (f"{(hour + 12) % 24:02}:00", f"{(hour + 13) % 24:02}:00")
    choice = ("--help_when", "hours", "--help_from", hours[0], "--help_until", hours[1])
    other_home = new_home("other")
    key = home.root / "swarm.key"
    key.write_text("5e" * 32, encoding="utf-8")
    with home.up("--no_discovery", "--no_helping", "--swarm_key_file", key) as boss:
        address = next(line.split()[-1] for line in boss.out.splitlines() if line.startswith("This PC:"))
        port = address.rsplit(":", 1)[1]
        peer = ("--peer", f"127.0.0.1:{port}", "--swarm_key_file", key)
        with other_home.up("--no_discovery", "--name", "Ben", *peer, *choice) as helper:
            eventually(lambda: any(p["state"] == "linked" for p in boss.get("/status")["peers"]), "a link")
            boss_book = boss.add(short_book, language="en")
            boss.wait_until_read(boss_book)
            own_book = helper.add(short_book, language="en", alone=True)
            helper.wait_for_book(own_book)
            assert boss.get(f"/books/{boss_book}")["tasks"]["completed"] == 0
            assert helper.get("/status")["node"]["why_not_helping"].startswith("It helps others from")
            assert helper.ask("/settings", "PATCH", {"help_when": "always"}).status == 200
            boss.wait_for_book(boss_book)
