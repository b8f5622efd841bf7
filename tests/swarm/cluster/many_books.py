"""Many books on a cluster of many workers, simulated: the real core and the real choice of workers, on a virtual clock.

A few books at a time are there: as many as `transcribe --list` has, or a fixed number. One that is written is removed.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count

from swarmstt.cli.lists.look_ahead import AtNode
from swarmstt.core.books import SAMPLE_RATE, ChunkSpan
from swarmstt.core.helping.cluster_workers import ClusterWorkers, SeenWorker, WorkerReport
from swarmstt.core.helping.work_queue import WorkQueue
from swarmstt.core.scheduling import actions, events
from swarmstt.core.scheduling.coordinator import Coordinator
from swarmstt.ids import BookId, ChunkId, HelperId, LeaseId
from tests.unit.core.worlds import MODEL, SETTINGS, offer, provenance, transcript

CHUNK_SECONDS = 300.0
SPEED = 10.0
"""Seconds of audio that one worker decodes in a second, on average."""
UNEVEN = 0.2
"""By so much a chunk may take longer or less."""
TICK_SECONDS = 0.5
BEAT_SECONDS = 2.0
CLUSTER = HelperId("cluster")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How much there is to do, and by how many."""

    books: int
    workers: int
    hours: float
    """Of a book, on average: each has between half and one and a half times as many."""
    books_at_once: int | None = None
    """None: as many as a list has at the node."""
    beat_seconds: float = BEAT_SECONDS


class ManyBooks:
    """One coordinator, its cluster and its list of books. `at` is the virtual time. `watch` is called after each book
    with how many are done."""

    def __init__(self, sizes: Sizes, seed: int, watch: Callable[[int], None] = lambda done: None) -> None:
        self.at = 0.0
        self.events = 0
        self.core_seconds = 0.0
        self.work_seconds = 0.0
        self.done = 0
        self.chunks = 0
        self.coordinator = Coordinator()
        self._sizes = sizes
        self._dice = random.Random(seed)
        self._watch = watch
        self._left = iter(range(sizes.books))
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._number = count()
        self._holding: dict[LeaseId, tuple[str, float, float]] = {}
        self._busy_until: dict[str, float] = {}
        self._waiting: list[actions.Grant] = []
        self._wanted = 0
        self._workers = _cluster_of(sizes.workers)

    def run(self) -> float:
        """Has all books decoded; returns the virtual seconds that it took."""
        slots = self._workers.slots
        offered = offer("Cluster", slots=slots)
        self._say(events.HelperJoined(at=0.0, helper_id=CLUSTER, kind="cluster", offer=offered))
        self._want(slots + WorkQueue(slots, kind="spread").ahead)
        self._add_books()
        self._later(TICK_SECONDS, self._tick)
        self._later(self._sizes.beat_seconds, self._beat)
        while self.done < self._sizes.books:
            self.at, _, do = heappop(self._agenda)
            do()
        self.coordinator.validate()
        return self.at

    @property
    def bound_seconds(self) -> float:
        """No schedule takes less: all workers busy until the end."""
        return self.work_seconds / (SPEED * self._sizes.workers)

    @property
    def kept(self) -> int:
        """How many things the core keeps."""
        state = self.coordinator.state
        chunks = sum(len(book.chunks) for book in state.books.values())
        return len(state.books) + len(state.leases) + len(state.troubled) + len(state.overdue) + chunks

    def _later(self, seconds: float, do: Callable[[], None]) -> None:
        heappush(self._agenda, (self.at + seconds, next(self._number), do))

    def _say(self, event: events.AnyEvent) -> None:
        began_at = time.process_time()
        done = self.coordinator.handle(event)
        self.core_seconds += time.process_time() - began_at
        self.events += 1
        for action in done:
            self._carry_out(action)

    def _carry_out(self, action: actions.AnyAction) -> None:
        match action:
            case actions.Grant():
                self._waiting.append(action)
                self._begin()
            case actions.StopLease(lease_id=lease_id):
                self._stop(lease_id)
            case actions.MergeBook(book_id=book_id):
                self._written(book_id)

    def _add_books(self) -> None:
        """Adds those for which there is room."""
        books = self.coordinator.state.books.values()
        if self._sizes.books_at_once is None:
            at_node = AtNode(book_count=len(books), open_parts=sum(each.open_count for each in books))
            room = at_node.room(self._workers.slots)
        else:
            room = self._sizes.books_at_once - len(books)
        for _ in range(room):
            self._add_book()

    def _add_book(self) -> None:
        index = next(self._left, None)
        if index is None:
            return
        book_id = BookId(f"{index:08x}")
        self._say(events.BookAdded(at=self.at, book_id=book_id, settings=SETTINGS))
        for span in _spans(book_id, 3600 * self._sizes.hours * self._dice.uniform(0.5, 1.5)):
            self.work_seconds += span.seconds
            self.chunks += 1
            self._say(events.ChunkRead(at=self.at, span=span))
        self._say(events.BookIngested(at=self.at, book_id=book_id))

    def _written(self, book_id: BookId) -> None:
        self._say(events.BookWritten(at=self.at, book_id=book_id))
        self._say(events.BookRemoved(at=self.at, book_id=book_id))
        self.done += 1
        self._watch(self.done)
        if self._sizes.books_at_once is not None:
            self._add_books()

    def _want(self, more: int) -> None:
        self._wanted += more
        self._say(events.ChunksWanted(at=self.at, helper_id=CLUSTER, total=self._wanted))

    def _begin(self) -> None:
        """Gives what waits to workers that are free."""
        while self._waiting:
            grant = self._waiting[0]
            worker = self._workers.take(MODEL, str(grant.lease_id), grant.span.seconds, self.at)
            if worker is None:
                return
            del self._waiting[0]
            seconds = grant.span.seconds / SPEED * self._dice.uniform(1 - UNEVEN, 1 + UNEVEN)
            begins_at = max(self.at, self._busy_until.get(worker.address, 0.0))
            self._busy_until[worker.address] = begins_at + seconds
            self._holding[grant.lease_id] = worker.address, begins_at, seconds
            self._later(begins_at + seconds - self.at, lambda grant=grant: self._end(grant))  # type: ignore[misc]

    def _end(self, grant: actions.Grant) -> None:
        if (held := self._holding.pop(grant.lease_id, None)) is None:
            return
        address, _, seconds = held
        self._workers.release(address, str(grant.lease_id), self.at, decoded=True)
        self._say(
            events.ChunkDelivered(
                at=self.at,
                helper_id=CLUSTER,
                lease_id=grant.lease_id,
                transcript=transcript("words", grant.span.seconds),
                provenance=provenance("Cluster", seconds),
            )
        )
        self._begin()
        self._want(1)

    def _stop(self, lease_id: LeaseId) -> None:
        if (held := self._holding.pop(lease_id, None)) is not None:
            self._workers.release(held[0], str(lease_id), self.at, decoded=False)
        self._waiting = [each for each in self._waiting if each.lease_id != lease_id]
        self._later(0.0, lambda: self._want(1))

    def _beat(self) -> None:
        for lease_id, (_, began_at, seconds) in list(self._holding.items()):
            part = min(1.0, max(0.0, (self.at - began_at) / seconds))
            self._say(events.LeaseRenewed(at=self.at, helper_id=CLUSTER, lease_id=lease_id, progress=part))
        for grant in list(self._waiting):
            self._say(events.LeaseRenewed(at=self.at, helper_id=CLUSTER, lease_id=grant.lease_id, progress=0.0))
        self._later(self._sizes.beat_seconds, self._beat)

    def _tick(self) -> None:
        self._say(events.Ticked(at=self.at))
        self._add_books()
        self._begin()
        self._later(TICK_SECONDS, self._tick)


def _spans(book_id: BookId, seconds: float) -> Iterator[ChunkSpan]:
    """Cuts a book of that length, without the smaller chunks at the end that a real plan has."""
    samples, chunk = round(seconds * SAMPLE_RATE), round(CHUNK_SECONDS * SAMPLE_RATE)
    for index, start in enumerate(range(0, samples, chunk)):
        span_samples = min(chunk, samples - start)
        yield ChunkSpan(chunk_id=ChunkId(book_id, index), start_sample=start, sample_count=span_samples)


def _cluster_of(workers: int) -> ClusterWorkers:
    """That many workers of one thread, all of which fit."""
    made = ClusterWorkers("1", "e")
    made.saw(
        {f"w{number}": SeenWorker(address=f"w{number}", name=f"w{number}", threads=1) for number in range(workers)}
    )
    for each in made.to_ask(0.0):
        made.answered(each.address, WorkerReport(version="1", engine="e", models=frozenset({MODEL})))
    return made
