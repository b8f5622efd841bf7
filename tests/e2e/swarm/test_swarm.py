"""Nodes on one network: they find each other, share a book, and nothing is lost whoever is killed."""

from __future__ import annotations

import secrets
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.support.home import Home
from tests.e2e.support.processes import Running
from tests.e2e.support.reference_book import ReferenceBook, assert_same_words
from tests.e2e.support.swarms import OPTIONS, SOON_SECONDS, LocalSwarm, able, given_to, linked, workers
from tests.e2e.support.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.fixture(scope="module")
def audio(short_book: ReferenceBook) -> Path:
    return short_book.audio


@pytest.fixture(scope="module")
def undisturbed(short_book: ReferenceBook) -> Path:
    """The transcripts of one node."""
    return short_book.undisturbed.output


@pytest.fixture
def swarm(tmp_path: Path) -> LocalSwarm:
    return LocalSwarm(tmp_path)


def wait_for_peers(*nodes: Running) -> None:
    eventually(lambda: all(len(linked(node)) == len(nodes) - 1 for node in nodes), "all peers", SOON_SECONDS)
    eventually(lambda: all(able(node) == len(nodes) for node in nodes), "all helpers with their models", SOON_SECONDS)


def start_book(node: Running, home: Home, audio: Path) -> str:
    return node.add(audio, output_dir=str(home.output), **OPTIONS)


def in_hands_of(name: str, node: Running) -> set[str]:
    """The parts of that node's books that one PC has now."""
    return {
        task["id"] for task in node.get("/tasks") if task["status"] == "in_progress" and task["worker_name"] == name
    }


def test_three_nodes_find_each_other_and_share_a_book(swarm: LocalSwarm, audio: Path, undisturbed: Path) -> None:
    with swarm.up("anna") as anna, swarm.up("ben") as ben, swarm.up("clara") as clara:
        wait_for_peers(anna, ben, clara)
        assert linked(anna) == ["ben", "clara"]
        kinds = {worker["name"]: worker["kind"] for worker in anna.get("/status")["workers"]}
        assert kinds == {"anna": "own", "ben": "peer", "clara": "peer"}
        shown = swarm.home("anna").run("peers")
        shown.assert_calm(0)
        assert [line.split()[0] for line in shown.out.splitlines()] == ["ben", "clara"]
        assert "This PC:      127.0.0.1:" in anna.out
        book_id = start_book(ben, swarm.home("ben"), audio)
        ben.wait_for_book(book_id)
        assert len(given_to(ben.get("/tasks"))) >= 2
        assert_same_words(swarm.home("ben").output, undisturbed)
        ben.interrupt()
        ben.process.wait()
        assert "Traceback" not in ben.err
        eventually(lambda: linked(anna) == ["clara"], "ben has left", SOON_SECONDS)


def test_two_books_on_two_nodes_at_once(swarm: LocalSwarm, audio: Path, undisturbed: Path) -> None:
    with swarm.up("anna") as anna, swarm.up("ben") as ben:
        wait_for_peers(anna, ben)
        books = [(node, start_book(node, swarm.home(name), audio)) for node, name in ((anna, "anna"), (ben, "ben"))]
        for node, book_id in books:
            node.wait_for_book(book_id)
        for name in ("anna", "ben"):
            assert_same_words(swarm.home(name).output, undisturbed)


def test_a_helper_killed_in_the_middle(swarm: LocalSwarm, audio: Path, undisturbed: Path) -> None:
    with swarm.up("anna") as anna, ExitStack() as stack:
        ben = stack.enter_context(swarm.up("ben"))
        wait_for_peers(anna, ben)
        book_id = start_book(anna, swarm.home("anna"), audio)
        in_hand = eventually(
            lambda: ben.hold_engines() and in_hands_of("ben", anna), "ben has a part", pause_seconds=0.02
        )
        ben.kill_all()
        anna.wait_for_book(book_id)
        told = [each["others"] for each in anna.get("/tasks") if each["id"] in in_hand]
        partings = {each["parting"] for others in told for each in others if each["worker_name"] == "ben"}
        # A PC that has nothing else to do reads the part again, perhaps before ben's lease ends.
        assert partings
        assert partings <= {"expired", "superseded"}
        assert_same_words(swarm.home("anna").output, undisturbed)
        with swarm.up("ben") as again:
            wait_for_peers(anna, again)


def test_the_coordinator_killed_in_the_middle(swarm: LocalSwarm, audio: Path, undisturbed: Path) -> None:
    with swarm.up("ben") as ben:
        with swarm.up("anna", "--no_helping") as anna:
            eventually(lambda: linked(anna) == ["ben"] and able(anna) == 1, "ben helps", SOON_SECONDS)
            book_id = start_book(anna, swarm.home("anna"), audio)
            eventually(lambda: workers(anna) == {"ben"} and in_hands_of("ben", anna), "ben has done some")
            anna.kill_all()
        with swarm.up("anna", "--no_helping") as again:
            again.wait_for_book(book_id)
            assert workers(again) == {"ben"}
        assert_same_words(swarm.home("anna").output, undisturbed)
        assert "Traceback" not in ben.err


def test_a_node_with_another_key_gets_no_link(swarm: LocalSwarm, tmp_path: Path) -> None:
    other_key = tmp_path / "other-key"
    other_key.write_text(secrets.token_hex(32))
    with swarm.up("anna") as anna, swarm.up("ben") as ben:
        wait_for_peers(anna, ben)
        place = next(line.split()[-1] for line in anna.out.splitlines() if line.startswith("This PC:"))
        with swarm.up("stranger", "--peer", place, key_file=other_key) as stranger:
            eventually(lambda: "belongs to another swarm" in stranger.err, "the stranger is refused", SOON_SECONDS)
            assert stranger.get("/status")["peers"] == []
            assert linked(anna) == ["ben"]


def test_peers_meet_without_multicast_and_tell_of_one_another(swarm: LocalSwarm) -> None:
    """Only anna is named; clara and ben hear of each other from her, and all remember."""
    with swarm.up("anna", "--no_discovery") as anna:
        place = next(line.split()[-1] for line in anna.out.splitlines() if line.startswith("This PC:"))
        named = ("--no_discovery", "--peer", place)
        with swarm.up("ben", *named) as ben, swarm.up("clara", *named) as clara:
            wait_for_peers(anna, ben, clara)
        with swarm.up("ben", "--no_discovery") as ben:
            eventually(lambda: linked(ben) == ["anna"], "ben remembers anna", SOON_SECONDS)


def test_transcribe_has_the_peers_help_that_it_knows(swarm: LocalSwarm, audio: Path, undisturbed: Path) -> None:
    home = swarm.home("anna")
    with swarm.up("ben") as ben:
        with swarm.up("anna") as anna:
            wait_for_peers(anna, ben)
        options = ("--chunk_seconds", "30", "--word_timestamps", audio)
        ended = home.transcribe(*options, SWARMSTT_SLOTS="1")
        ended.assert_calm(0)
        assert_same_words(home.output, undisturbed)
        eventually(lambda: linked(ben) == [], "anna has left", SOON_SECONDS)


def test_a_taken_swarm_port_is_named(swarm: LocalSwarm) -> None:
    with swarm.up("anna") as anna:
        eventually(lambda: "Transcripts:" in anna.out, "its addresses")
        port = next(line.rpartition(":")[2] for line in anna.out.splitlines() if line.startswith("This PC:"))
        ended = swarm.home("ben").run("up", "--port", "0", "--swarm_port", port)
        assert ended.code == 1
        assert "--swarm_port" in ended.complaint_about(port)
