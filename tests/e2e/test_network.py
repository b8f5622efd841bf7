"""Five PCs on a network of their own, with real mDNS and Whisper: whatever dies, freezes, drops out or loses packets,
the transcript is the one that a single node writes, byte for byte apart from the time at which it was done."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.speaking import ReferenceBook, assert_same_words, until
from tests.e2e.villages import SOON_SECONDS, SWARM_PORT, Pc, need_networks
from tests.e2e.wires import Namespace, Network, delayed

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

NAMES = ("anna", "ben", "clara", "dora", "elsa")


class Village:
    """All PCs of the tests."""

    def __init__(self, root: Path, stack: ExitStack) -> None:
        self.network = Network(stack)
        self.root = root
        self.key = root / "swarm-key"
        self.key.write_text(secrets.token_hex(32))
        self.pcs = {name: self._pc(name, self.network.pc(i), stack) for i, name in enumerate(NAMES, start=1)}
        self.outer = self._pc("fay", self.network.outer_pc(), stack)
        self.late = self._pc("gil", self.network.pc(7), stack)

    def _pc(self, name: str, namespace: Namespace, stack: ExitStack) -> Pc:
        pc = Pc(name, namespace, self.root, self.key)
        stack.callback(pc.kill)
        return pc

    def gather(self) -> tuple[Pc, ...]:
        """All five are up, thawed, plugged in, and help one another; the others are gone."""
        self.outer.kill()
        self.late.kill()
        for pc in self.pcs.values():
            pc.namespace.lose(0)
            self.network.plug(pc.namespace, True)
            pc.up()
        for pc in self.pcs.values():
            pc.until_helped_by(*NAMES)
        return tuple(self.pcs[name] for name in NAMES)


@pytest.fixture(scope="module")
def audio(long_book: ReferenceBook) -> Path:
    return long_book.audio


@pytest.fixture(scope="module")
def undisturbed(long_book: ReferenceBook) -> Path:
    """The transcripts of one node."""
    return long_book.undisturbed.output


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    need_networks()
    with ExitStack() as stack:
        yield Village(tmp_path_factory.mktemp("village"), stack)


def test_helpers_that_are_killed(village: Village, audio: Path, undisturbed: Path) -> None:
    anna, ben, clara, *_ = village.gather()
    book = anna.start_book(audio)
    anna.until_doing("ben", "clara")
    ben.kill()
    clara.kill()
    anna.finish(book)
    assert_same_words(anna.home.output, undisturbed)


def test_helpers_that_freeze(village: Village, audio: Path, undisturbed: Path) -> None:
    """One for good; one until its part has gone to another."""
    _, ben, _, dora, elsa = village.gather()
    book = ben.start_book(audio)
    ben.until_doing("dora", "elsa")
    dora.freeze()
    elsa.freeze()
    until(lambda: not {"dora", "elsa"} & ben.doing(), "their parts are elsewhere", SOON_SECONDS)
    elsa.thaw()
    ben.finish(book)
    dora.kill()
    assert_same_words(ben.home.output, undisturbed)


def test_a_cable_that_is_pulled_and_put_back(village: Village, audio: Path, undisturbed: Path) -> None:
    anna, _, clara, *_ = village.gather()
    book = clara.start_book(audio)
    clara.until_doing("anna")
    village.network.plug(anna.namespace, False)
    until(lambda: "anna" not in clara.doing(), "its part is elsewhere", SOON_SECONDS)
    village.network.plug(anna.namespace, True)
    clara.finish(book)
    assert_same_words(clara.home.output, undisturbed)


def test_packets_that_are_lost(village: Village, audio: Path, undisturbed: Path) -> None:
    *_, dora, _ = pcs = village.gather()
    for pc in pcs:
        pc.namespace.lose(0.05)
    book = dora.start_book(audio)
    dora.finish(book)
    assert len(dora.done_by()) >= 2
    assert_same_words(dora.home.output, undisturbed)


def test_a_coordinator_that_is_killed_and_one_that_joins(village: Village, audio: Path, undisturbed: Path) -> None:
    """The coordinator comes back; meanwhile a new PC has come."""
    *_, elsa = village.gather()
    book = elsa.start_book(audio)
    until(elsa.done_by, "some parts are done", SOON_SECONDS)
    before = {task["id"] for task in elsa.get("/tasks") if task["status"] == "completed"}
    leases = {task["id"]: task["leases"] for task in elsa.get("/tasks") if task["id"] in before}
    elsa.kill()
    village.late.up()
    elsa.up()
    elsa.finish(book)
    assert_same_words(elsa.home.output, undisturbed)
    after = {task["id"]: task["leases"] for task in elsa.get("/tasks") if task["id"] in before}
    assert after == leases, "no finished part was decoded again"


def test_all_at_once(village: Village, audio: Path, undisturbed: Path, tmp_path: Path) -> None:
    """Two books on two nodes, lost packets, a slow line, a freeze, a cable, kills, and PCs that join half way."""
    anna, ben, clara, dora, elsa = village.gather()
    books = {}
    with delayed(village.network.hub, Network.OUTER_HUB, ("10.78.0.1", SWARM_PORT), 0.2) as port:
        village.outer.up("--no_discovery", "--peer", f"{Network.OUTER_HUB}:{port}")
        until(lambda: "fay" in anna.helpers(), "who is on the slow line helps", SOON_SECONDS)
        for pc in village.pcs.values():
            pc.namespace.lose(0.05)
        for pc in (anna, ben):
            for known in pc.get("/status")["books"]:
                pc.remove_book(known["book_id"])
            books[pc] = pc.start_book(audio, tmp_path / pc.name)
        until(lambda: anna.doing() | ben.doing() >= {"clara", "dora", "elsa"}, "all work", SOON_SECONDS)
        clara.kill()
        dora.freeze()
        village.network.plug(elsa.namespace, False)
        village.late.up()
        until(lambda: anna.done_by() and ben.done_by(), "some parts are done", SOON_SECONDS)
        anna.kill()
        time.sleep(1.0)
        anna.up()
        village.network.plug(elsa.namespace, True)
        dora.thaw()
        for pc, book in books.items():
            pc.finish(book)
    for pc in books:
        assert_same_words(tmp_path / pc.name, undisturbed)
