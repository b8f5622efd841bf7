"""Five PCs on a network of their own, with real mDNS and Whisper: whatever dies, freezes, drops out or loses packets,
the transcript is the one that a single node writes, byte for byte apart from the time at which it was done."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.support.network import Namespace, Network, delayed
from tests.e2e.support.reference_book import ReferenceBook, assert_same_words
from tests.e2e.support.swarms import SOON_SECONDS, SWARM_PORT, Pc, need_networks
from tests.e2e.support.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(900)]

NAMES = ("anna", "ben", "clara", "dora", "elsa")


class Lan:
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
def lan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lan]:
    need_networks()
    with ExitStack() as stack:
        yield Lan(tmp_path_factory.mktemp("lan"), stack)


def test_helpers_that_are_killed(lan: Lan, audio: Path, undisturbed: Path) -> None:
    anna, *_ = lan.gather()
    book = anna.start_book(audio)
    for name in anna.until_others_do(2)[:2]:
        lan.pcs[name].kill()
    anna.finish(book)
    assert_same_words(anna.home.output, undisturbed)


def test_helpers_that_freeze(lan: Lan, audio: Path, undisturbed: Path) -> None:
    """One for good; one until its part has gone to another."""
    _, ben, *_ = lan.gather()
    book = ben.start_book(audio)
    frozen = {name: lan.pcs[name] for name in ben.until_others_do(2)[:2]}
    for pc in frozen.values():
        pc.freeze()
    eventually(lambda: not {*frozen} & ben.doing(), "their parts are elsewhere", SOON_SECONDS)
    for_good, for_a_while = frozen.values()
    for_a_while.thaw()
    ben.finish(book)
    for_good.kill()
    assert_same_words(ben.home.output, undisturbed)


def test_a_cable_that_is_pulled_and_put_back(lan: Lan, audio: Path, undisturbed: Path) -> None:
    _, _, clara, *_ = lan.gather()
    book = clara.start_book(audio)
    unplugged, *_ = clara.until_others_do(1)
    lan.network.plug(lan.pcs[unplugged].namespace, False)
    eventually(lambda: unplugged not in clara.doing(), "its part is elsewhere", SOON_SECONDS)
    lan.network.plug(lan.pcs[unplugged].namespace, True)
    clara.finish(book)
    assert_same_words(clara.home.output, undisturbed)


def test_packets_that_are_lost(lan: Lan, audio: Path, undisturbed: Path) -> None:
    *_, dora, _ = pcs = lan.gather()
    for pc in pcs:
        pc.namespace.lose(0.05)
    book = dora.start_book(audio)
    dora.finish(book)
    assert len(dora.given_to()) >= 2
    assert_same_words(dora.home.output, undisturbed)


def test_a_coordinator_that_is_killed_and_one_that_joins(lan: Lan, audio: Path, undisturbed: Path) -> None:
    """The coordinator comes back; meanwhile a new PC has come."""
    *_, elsa = lan.gather()
    book = elsa.start_book(audio)
    eventually(elsa.done_by, "some parts are done", SOON_SECONDS)
    before = {task["id"] for task in elsa.get("/tasks") if task["status"] == "completed"}
    leases = {task["id"]: task["leases"] for task in elsa.get("/tasks") if task["id"] in before}
    elsa.kill()
    lan.late.up()
    elsa.up()
    elsa.finish(book)
    assert_same_words(elsa.home.output, undisturbed)
    after = {task["id"]: task["leases"] for task in elsa.get("/tasks") if task["id"] in before}
    assert after == leases, "no finished part was decoded again"


def test_all_at_once(lan: Lan, audio: Path, undisturbed: Path, tmp_path: Path) -> None:
    """Two books on two nodes, lost packets, a slow line, a freeze, a cable, kills, and PCs that join half way."""
    anna, ben, clara, dora, elsa = lan.gather()
    books = {}
    with delayed(lan.network.hub, Network.OUTER_HUB, ("10.78.0.1", SWARM_PORT), 0.2) as port:
        lan.outer.up("--no_discovery", "--peer", f"{Network.OUTER_HUB}:{port}")
        eventually(lambda: "fay" in anna.helpers(), "who is on the slow line helps", SOON_SECONDS)
        for pc in lan.pcs.values():
            pc.namespace.lose(0.05)
        for pc in (anna, ben):
            for known in pc.get("/status")["books"]:
                pc.remove_book(known["book_id"])
            books[pc] = pc.start_book(audio, tmp_path / pc.name)
        eventually(lambda: (anna.doing() | ben.doing()) & {"clara", "dora", "elsa"}, "others work", SOON_SECONDS)
        clara.kill()
        dora.freeze()
        lan.network.plug(elsa.namespace, False)
        lan.late.up()
        eventually(lambda: anna.done_by() and ben.done_by(), "some parts are done", SOON_SECONDS)
        anna.kill()
        time.sleep(1.0)  # the others notice that it is away
        anna.up()
        lan.network.plug(elsa.namespace, True)
        dora.thaw()
        for pc, book in books.items():
            pc.finish(book)
    for pc in books:
        assert_same_words(tmp_path / pc.name, undisturbed)
