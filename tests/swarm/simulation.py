"""A discrete-event simulation: helpers on a virtual clock under the real core. Nothing waits, nothing is sent."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count

from swarmstt.core.books import SAMPLE_RATE, BookState, ChunkSpan
from swarmstt.core.scheduling import actions, events
from swarmstt.core.scheduling.coordinator import Coordinator
from swarmstt.ids import BookId, ChunkId, HelperId, LeaseId
from tests.unit.core.speech.test_chunk_plan import RATE, plan, speak
from tests.unit.core.worlds import BOOK, SETTINGS, offer, provenance, transcript

HEARTBEAT_SECONDS = 2.0
TICK_SECONDS = 0.5
AHEAD = 1


def planned_spans(hours: float, seed: int = 1, book_id: BookId = BOOK) -> list[ChunkSpan]:
    """The real plan of a made-up book of that length."""
    factor = SAMPLE_RATE // RATE
    return [
        ChunkSpan(
            chunk_id=ChunkId(book_id, chunk.index),
            start_sample=chunk.start_sample * factor,
            sample_count=chunk.sample_count * factor,
        )
        for chunk in plan(speak(seed, hours * 3600, 6.0))
    ]


@dataclass(slots=True, eq=False)
class SimulatedHelper:
    """One slot that decodes so many seconds of audio a second, in the order in which chunks came."""

    helper_id: HelperId
    speed: float
    knows_its_speed: bool = False
    alive: bool = True
    stalled: bool = False
    joined: bool = False
    wanted: int = 0
    queue: list[actions.Grant] = field(default_factory=list)
    began_at: float = 0.0
    turn: int = 0
    """Goes up whenever what it decodes changes: an older end of a chunk counts no more."""


class Simulation:
    """One book and its helpers. `at` is the virtual time; `core_seconds` what the core took for all events."""

    def __init__(self, spans: Sequence[ChunkSpan]) -> None:
        self.at = 0.0
        self.core_seconds = 0.0
        self.event_count = 0
        self.results: dict[ChunkId, str] = {}
        self.done = False
        self.helpers: dict[HelperId, SimulatedHelper] = {}
        self.coordinator = Coordinator()
        self._spans = spans
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._number = count()
        self.drop_book()

    def drop_book(self) -> None:
        """The book comes, and is read at once."""
        self.say(events.BookAdded(at=self.at, book_id=BOOK, settings=SETTINGS))
        for span in self._spans:
            self.say(events.ChunkRead(at=self.at, span=span))
        self.say(events.BookIngested(at=self.at, book_id=BOOK))

    @property
    def work_seconds(self) -> float:
        return sum(span.seconds for span in self._spans)

    def plan_for(self, at: float, do: Callable[[], None]) -> None:
        heappush(self._agenda, (at, next(self._number), do))

    def add(self, name: str, speed: float, at: float = 0.0, *, knows_its_speed: bool = False) -> SimulatedHelper:
        """A helper that joins at that time."""
        helper = SimulatedHelper(HelperId(name), speed, knows_its_speed)
        self.helpers[helper.helper_id] = helper
        self.plan_for(at, lambda: self._join(helper))
        return helper

    def kill(self, helper: SimulatedHelper) -> None:
        """Its link closes, as by kill -9."""
        helper.alive = False
        helper.turn += 1
        if helper.joined:
            self.say(events.HelperLeft(at=self.at, helper_id=helper.helper_id))

    def stall(self, helper: SimulatedHelper) -> None:
        """It says and does nothing any more, as by SIGSTOP; its link stays."""
        helper.stalled = True
        helper.turn += 1

    def run(self, until: float = 1e7) -> float:
        """Runs until the book is done; when that was."""
        self.plan_for(TICK_SECONDS, self._tick)
        while not self.done:
            at, _, do = heappop(self._agenda)
            assert at < until, "the book was not done in time"
            self.at = at
            do()
        self.coordinator.validate()
        assert self.results == {span.chunk_id: str(span.chunk_id) for span in self._spans}
        return self.at

    def say(self, event: events.AnyEvent) -> None:
        began_at = time.process_time()
        done = self.coordinator.handle(event)
        self.core_seconds += time.process_time() - began_at
        self.event_count += 1
        for action in done:
            self._carry_out(action)

    def _carry_out(self, action: actions.AnyAction) -> None:
        match action:
            case actions.Grant():
                helper = self.helpers[action.helper_id]
                helper.queue.append(action)
                if len(helper.queue) == 1:
                    self._begin(helper)
            case actions.StopLease():
                self._stop(self.helpers[action.helper_id], action.lease_id)
            case actions.StoreResult():
                assert action.chunk_id not in self.results
                self.results[action.chunk_id] = action.transcript.segments[0].text
            case actions.MergeBook():
                self.done = True
                self.say(events.BookWritten(at=self.at, book_id=BOOK))
                assert self.coordinator.state.books[BOOK].state is BookState.DONE

    def _join(self, helper: SimulatedHelper) -> None:
        helper.joined = True
        speed = helper.speed if helper.knows_its_speed else None
        offered = offer(helper.helper_id, speed=speed)
        self.say(events.HelperJoined(at=self.at, helper_id=helper.helper_id, kind="peer", offer=offered))
        self._want(helper, 1 + AHEAD)
        self.plan_for(self.at + HEARTBEAT_SECONDS, lambda: self._beat(helper))

    def _want(self, helper: SimulatedHelper, more: int) -> None:
        if helper.alive and not helper.stalled:
            helper.wanted += more
            self.say(events.ChunksWanted(at=self.at, helper_id=helper.helper_id, total=helper.wanted))

    def _begin(self, helper: SimulatedHelper) -> None:
        helper.turn += 1
        helper.began_at = self.at
        if helper.queue and helper.alive and not helper.stalled:
            turn = helper.turn
            seconds = helper.queue[0].span.seconds / helper.speed
            self.plan_for(self.at + seconds, lambda: self._end(helper, turn))

    def _end(self, helper: SimulatedHelper, turn: int) -> None:
        if helper.turn != turn:
            return
        grant = helper.queue.pop(0)
        self._begin(helper)
        self.say(
            events.ChunkDelivered(
                at=self.at,
                helper_id=helper.helper_id,
                lease_id=grant.lease_id,
                transcript=transcript(str(grant.span.chunk_id), grant.span.seconds),
                provenance=provenance(helper.helper_id, grant.span.seconds / helper.speed),
            )
        )
        self._want(helper, 1)

    def _stop(self, helper: SimulatedHelper, lease_id: LeaseId) -> None:
        place = next((i for i, grant in enumerate(helper.queue) if grant.lease_id == lease_id), None)
        if place is not None and helper.alive and not helper.stalled:
            del helper.queue[place]
            if place == 0:
                self._begin(helper)
            self.plan_for(self.at, lambda: self._want(helper, 1))

    def _beat(self, helper: SimulatedHelper) -> None:
        if not helper.alive or helper.stalled or self.done:
            return
        for place, grant in enumerate(list(helper.queue)):
            part = (self.at - helper.began_at) * helper.speed / grant.span.seconds if place == 0 else 0.0
            self.say(
                events.LeaseRenewed(
                    at=self.at, helper_id=helper.helper_id, lease_id=grant.lease_id, progress=min(1.0, part)
                )
            )
        self.plan_for(self.at + HEARTBEAT_SECONDS, lambda: self._beat(helper))

    def _tick(self) -> None:
        self.say(events.Ticked(at=self.at))
        if not self.done:
            self.plan_for(self.at + TICK_SECONDS, self._tick)


def bound_seconds(work_seconds: float, lives: Sequence[tuple[float, float]]) -> float:
    """When that work could be done at best by helpers of these speeds, each alive until a time."""
    at, left = 0.0, work_seconds
    for end in sorted({end for _, end in lives}):
        speed = sum(speed for speed, until in lives if until >= end)
        if speed * (end - at) >= left:
            return at + left / speed
        left -= speed * (end - at)
        at = end
    return float("inf")


def ten_helpers(seed: int) -> list[float]:
    """Speeds from 1 to 20 × realtime."""
    dice = random.Random(seed)
    return [1.0, 20.0, *(dice.uniform(1.0, 20.0) for _ in range(8))]
