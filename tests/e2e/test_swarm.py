"""Nodes on one network: they find each other, share a book, and nothing is lost whoever is killed."""

from __future__ import annotations

import secrets
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.speaking import Home, ReferenceBook, Running, assert_same_words, until
from tests.e2e.villages import OPTIONS, SOON_SECONDS, Town, able, linked, workers

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def audio(short_book: ReferenceBook) -> Path:
    return short_book.audio


@pytest.fixture(scope="module")
def undisturbed(short_book: ReferenceBook) -> Path:
    """The transcripts of one node."""
    return short_book.undisturbed.output


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return Town(tmp_path)


def wait_for_peers(*nodes: Running) -> None:
    until(lambda: all(len(linked(node)) == len(nodes) - 1 for node in nodes), "all peers", SOON_SECONDS)
    until(lambda: all(able(node) == len(nodes) for node in nodes), "all helpers with their models", SOON_SECONDS)


def start_book(node: Running, home: Home, audio: Path) -> str:
    return node.add(audio, output_dir=str(home.output), **OPTIONS)


def doing(node: Running, name: str) -> bool:
    return any(task["status"] == "in_progress" and task["worker_name"] == name for task in node.get("/tasks"))


def test_three_nodes_find_each_other_and_share_a_book(town: Town, audio: Path, undisturbed: Path) -> None:
    with town.up("anna") as anna, town.up("ben") as ben, town.up("clara") as clara:
        wait_for_peers(anna, ben, clara)
        assert linked(anna) == ["ben", "clara"]
        shown = town.home("anna").run("peers")
        shown.assert_calm(0)
        assert [line.split()[0] for line in shown.out.splitlines()] == ["ben", "clara"]
        assert "This PC:      127.0.0.1:" in anna.out
        book_id = start_book(ben, town.home("ben"), audio)
        ben.wait_for_book(book_id)
        assert len(workers(ben)) >= 2
        assert_same_words(town.home("ben").output, undisturbed)
        ben.interrupt()
        ben.process.wait()
        assert "Traceback" not in ben.err
        until(lambda: linked(anna) == ["clara"], "ben has left", SOON_SECONDS)


def test_two_books_on_two_nodes_at_once(town: Town, audio: Path, undisturbed: Path) -> None:
    with town.up("anna") as anna, town.up("ben") as ben:
        wait_for_peers(anna, ben)
        books = [(node, start_book(node, town.home(name), audio)) for node, name in ((anna, "anna"), (ben, "ben"))]
        for node, book_id in books:
            node.wait_for_book(book_id)
        for name in ("anna", "ben"):
            assert_same_words(town.home(name).output, undisturbed)


def test_a_helper_killed_in_the_middle(town: Town, audio: Path, undisturbed: Path) -> None:
    with town.up("anna") as anna, ExitStack() as stack:
        ben = stack.enter_context(town.up("ben"))
        wait_for_peers(anna, ben)
        book_id = start_book(anna, town.home("anna"), audio)
        until(lambda: doing(anna, "ben"), "ben has a part")
        in_hand = {
            each["id"]
            for each in anna.get("/tasks")
            if each["worker_name"] == "ben" and each["status"] == "in_progress"
        }
        ben.kill_all()
        anna.wait_for_book(book_id)
        told = [each["others"] for each in anna.get("/tasks") if each["id"] in in_hand]
        assert ("ben", "expired") in [(each["worker_name"], each["parting"]) for others in told for each in others]
        assert_same_words(town.home("anna").output, undisturbed)
        with town.up("ben") as again:
            wait_for_peers(anna, again)


def test_the_coordinator_killed_in_the_middle(town: Town, audio: Path, undisturbed: Path) -> None:
    with town.up("ben") as ben:
        with town.up("anna", "--no_helping") as anna:
            until(lambda: linked(anna) == ["ben"] and able(anna) == 1, "ben helps", SOON_SECONDS)
            book_id = start_book(anna, town.home("anna"), audio)
            until(lambda: workers(anna) == {"ben"} and doing(anna, "ben"), "ben has done some")
            anna.kill_all()
        with town.up("anna", "--no_helping") as again:
            again.wait_for_book(book_id)
            assert workers(again) == {"ben"}
        assert_same_words(town.home("anna").output, undisturbed)
        assert "Traceback" not in ben.err


def test_a_node_with_another_key_gets_no_link(town: Town, tmp_path: Path) -> None:
    other_key = tmp_path / "other-key"
    other_key.write_text(secrets.token_hex(32))
    with town.up("anna") as anna, town.up("ben") as ben:
        wait_for_peers(anna, ben)
        place = next(line.split()[-1] for line in anna.out.splitlines() if line.startswith("This PC:"))
        with town.up("stranger", "--peer", place, key=other_key) as stranger:
            until(lambda: "belongs to another swarm" in stranger.err, "the stranger is refused", SOON_SECONDS)
            assert stranger.get("/status")["peers"] == []
            assert linked(anna) == ["ben"]


def test_peers_meet_without_multicast_and_tell_of_one_another(town: Town) -> None:
    """Only anna is named; clara and ben hear of each other from her, and all remember."""
    with town.up("anna", "--no_discovery") as anna:
        place = next(line.split()[-1] for line in anna.out.splitlines() if line.startswith("This PC:"))
        named = ("--no_discovery", "--peer", place)
        with town.up("ben", *named) as ben, town.up("clara", *named) as clara:
            wait_for_peers(anna, ben, clara)
        with town.up("ben", "--no_discovery") as ben:
            until(lambda: linked(ben) == ["anna"], "ben remembers anna", SOON_SECONDS)


def test_transcribe_has_the_peers_help_that_it_knows(town: Town, audio: Path, undisturbed: Path) -> None:
    home = town.home("anna")
    with town.up("ben") as ben:
        with town.up("anna") as anna:
            wait_for_peers(anna, ben)
        options = ("--chunk_seconds", "30", "--word_timestamps", audio)
        ended = home.transcribe(*options, SWARMSTT_SLOTS="1")
        ended.assert_calm(0)
        assert_same_words(home.output, undisturbed)
        until(lambda: linked(ben) == [], "anna has left", SOON_SECONDS)


def test_a_taken_swarm_port_is_named(town: Town) -> None:
    with town.up("anna") as anna:
        until(lambda: "Transcripts:" in anna.out, "its addresses")
        port = next(line.rpartition(":")[2] for line in anna.out.splitlines() if line.startswith("This PC:"))
        ended = town.home("ben").run("up", "--port", "0", "--swarm_port", port)
        assert ended.code == 1
        assert "--swarm_port" in ended.complaint_about(port)
