"""Random walks through everything that has states, and which changes of state they saw; the same walks each time."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

from swarmstt.core.books import BookState
from swarmstt.core.membership.addresses import Address
from swarmstt.core.membership.door import Door
from swarmstt.core.membership.peer_table import PeerTable
from swarmstt.core.membership.peers import PeerRules
from swarmstt.core.scheduling import events
from swarmstt.core.transcript import Wordless
from swarmstt.ids import ChunkId, NodeId
from tests.swarm.doors import NAMES, AnyWorld
from tests.unit.core.worlds import ANNA, BOOK, OWN, SETTINGS, World, offer, provenance, span, transcript

Arrow = tuple[str, str, str]
"""From a state to another, by what. `NOT_THERE` stands for what is not there yet, or no more."""
NOT_THERE = "[*]"
STEPS = 6000
MOST_CHUNKS = 3


class BookWalk:
    """A book and its chunks, two helpers, and anything that can happen to them."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.world = World()
        self.books: set[Arrow] = set()
        self.chunks: set[Arrow] = set()
        self.wanted = 0

    def walk(self) -> None:
        for _ in range(STEPS):
            self.random.choice(self.choices())()

    def say(self, kind: type[events.Event], /, **fields: object) -> None:
        before = self.states()
        self.world.say(kind, **fields)
        after = self.states()
        for one in before.keys() | after.keys():
            old, new = before.get(one, NOT_THERE), after.get(one, NOT_THERE)
            if old != new:
                self.note(self.chunks if isinstance(one, ChunkId) else self.books, old, new, kind.__name__)

    def note(self, seen: set[Arrow], old: str, new: str, by: str) -> None:
        """One event may do two things: a chunk is there and given out at once, a book is opened and found complete."""
        if new == "in_progress" and old != "pending":
            seen |= {(old, "pending", by), ("pending", new, by)}
        elif new == "merging" and old != "open":
            seen |= {(old, "open", by), ("open", new, by)}
        else:
            seen.add((old, new, by))

    def states(self) -> dict[object, str]:
        found: dict[object, str] = {}
        for book_id, book in self.world.state.books.items():
            found[book_id] = book.state.value
            found.update((chunk.span.chunk_id, chunk.state.value) for chunk in book.chunks)
        return found

    def choices(self) -> list[Callable[[], None]]:
        book = self.world.state.books.get(BOOK)
        if book is None:
            return [self.add]
        choices: list[Callable[[], None]] = [self.want, self.helpers, self.time_passes, *4 * [self.work]]
        if book.read_whole:
            choices += 3 * [lambda: self.say(events.BookWritten, book_id=BOOK)]
        else:
            choices += 3 * [self.read_on]
        if self.random.random() < 0.1:
            choices += [self.drop_plan, *4 * [self.click]]
        if self.random.random() < (0.2 if book.state is BookState.MERGING else 0.01):
            choices.append(lambda: self.say(events.BookUnusable, book_id=BOOK, reason="It cannot be read."))
        return choices

    def click(self) -> None:
        clicks = [events.BookPaused, events.BookResumed, events.BookResumed, events.BookRetried, events.BookRewritten]
        self.say(self.random.choice([*clicks, events.BookClaimed, events.BookRemoved]), book_id=BOOK)

    def add(self) -> None:
        self.world.disk.add_book(BOOK, SETTINGS)
        self.say(events.BookAdded, book_id=BOOK, settings=SETTINGS)

    def read_on(self) -> None:
        chunks = self.world.state.books[BOOK].chunks
        if len(chunks) < MOST_CHUNKS:
            self.say(events.ChunkRead, span=span(len(chunks)))
        else:
            self.say(events.BookIngested, book_id=BOOK)

    def drop_plan(self) -> None:
        self.say(events.PlanDropped, first=ChunkId(BOOK, self.random.randrange(MOST_CHUNKS)))

    def helpers(self) -> None:
        one = self.random.choice([OWN, ANNA])
        if one in self.world.state.helpers and self.random.random() < 0.3:
            self.say(events.HelperLeft, helper_id=one)
        elif one not in self.world.state.helpers:
            self.wanted = 0
            self.say(events.HelperJoined, helper_id=one, offer=offer(one, slots=2))

    def want(self) -> None:
        self.wanted += 1
        for one in self.world.state.helpers:
            self.say(events.ChunksWanted, helper_id=one, total=self.wanted)

    def time_passes(self) -> None:
        self.world.at += self.random.choice([1.0, 20.0, 500.0])
        self.say(events.Ticked)

    def work(self) -> None:
        """A helper does something with a lease, which it may hold no more."""
        leases = list(self.world.state.leases.values())
        if not leases:
            return
        lease = self.random.choice(leases)
        fields = {"helper_id": lease.helper_id, "lease_id": lease.lease_id}
        if lease.helper_id not in self.world.state.helpers:
            return
        done = transcript("words")
        if self.random.random() < 0.5:
            done = replace(done, wordless=(Wordless(start=5.0, end=9.0),))
        kind = self.random.choice([events.ChunkDelivered, events.ChunkFailed, events.ChunkReturned])
        if kind is events.ChunkDelivered:
            fields |= {"transcript": done, "provenance": provenance(lease.helper_id)}
        elif kind is events.ChunkFailed:
            fields["reason"] = "It cannot be decoded."
        self.say(kind, **fields)


class DoorWalk(AnyWorld):
    """Four nodes on a network that loses things; people click."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.random = random.Random(seed)
        self.seen: set[Arrow] = set()

    def walk(self) -> None:
        for _ in range(STEPS // 2):
            before = {door: self.name_of(door) for door in self.doors.values()}
            by = self.step_on()
            for door in self.doors.values():
                old, new = before.get(door, NOT_THERE), self.name_of(door)
                if old != new:
                    self.seen.add((old, new, by))

    def name_of(self, door: Door) -> str:
        if door.removed:
            return "removed"
        if door.provisional:
            return "provisional"
        return "established_open" if door.is_open(self.at) else "established_shut"

    def step_on(self) -> str:
        """Does something, and returns its name as in the document."""
        i, j = self.random.choices(range(len(NAMES)), k=2)
        if self.errands and self.random.random() < 0.7:
            self.step(self.errands.pop(self.random.randrange(len(self.errands))), lost=self.random.random() < 0.2)
            return "roster"
        choices: list[tuple[Callable[[], object], str]] = [
            *3 * [(lambda: self.start(i), "start")],
            (lambda: self.stop(i), "stop"),
            *6 * [(lambda: self.hear(i, j), "roster")],
            *4 * [(lambda: self.link(i, j), "roster")],
            (lambda: self.wait(30.0), "time"),
            (lambda: self.wait_long(self.random.choice([300.0, 700.0])), "time"),
            (lambda: self.click(i), "add_a_pc"),
            (lambda: self.shut(i), "close"),
            (lambda: self.remove(i, j), "remove"),
            (lambda: self.have_all_join_again(i), "join_again"),
        ]
        act, by = self.random.choice(choices)
        act()
        return by


class PeerWalk:
    """A peer, and what comes of it."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.seen: set[Arrow] = set()
        self.rules = PeerRules()
        self.table = PeerTable(NodeId("a" * 64), self.rules)
        self.at = 0.0
        self.opened = 0

    def walk(self) -> None:
        for _ in range(STEPS):
            old = self.state()
            by = self.step()
            if old != self.state():
                self.seen.add((old, self.state(), by))

    def state(self) -> str:
        peer = self.table.get(PEER)
        return NOT_THERE if peer is None else peer.state

    def step(self) -> str:
        """Does something, and returns the name of the method."""
        address = Address("192.168.1.7", 8765)
        [by] = self.random.choices(["announced", "withdrawn", "call", "unlinked", "met", "parted", "expire"])
        if by == "announced":
            self.table.announced(self.at, PEER, [address])
        elif by == "withdrawn":
            self.table.withdrawn(PEER)
        elif by == "call":
            return self.call(address)
        elif by == "unlinked":
            self.table.unlinked(self.at, PEER)
        elif by == "met" and self.opened < 2:
            self.opened += 1
            self.table.met(self.at, PEER, "Anna", "1", address)
        elif by == "parted" and self.opened:
            self.opened -= 1
            self.table.parted(self.at, PEER)
        elif by == "expire":
            self.at += self.random.choice([1.0, 1000.0, self.rules.memory_seconds + 1.0])
            self.table.expire(self.at)
        return by

    def call(self, address: Address) -> str:
        for call in self.table.due(self.at):
            by = self.random.choice(["linked", "failed", "refused"])
            if by == "linked":
                self.table.linked(self.at, call, PEER, "Anna", "1", address)
            else:
                self.table.failed(self.at, call, "Its door is closed." if by == "refused" else None)
            return by
        return "call"


PEER = NodeId("b" * 64)
