"""Hypothesis drives a coordinator and its helpers through arbitrary orders of loss, delay, duplicate, restart and time.

Messages travel through queues that the machine may hold up, lose with their link, or deliver twice. After each step the
core's invariants are checked; at the end of each run the surviving helpers finish the book, and its words are checked.
200 schedules; SWARMSTT_SCHEDULES sets another number, as .ci/run does: it tries 2,000.
"""

from __future__ import annotations

import os
from collections import deque
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from swarmstt.core.books import BookState, ChunkState
from swarmstt.core.scheduling import actions, events
from swarmstt.core.speech.merge import ChunkOutcome
from swarmstt.ids import BookId, ChunkId, HelperId, LeaseId
from tests.unit.core.worlds import BOOK, OWN, SETTINGS, World, merged, offer, provenance, span, transcript

NAMES = [OWN, HelperId("anna"), HelperId("ben"), HelperId("cara")]
BOOKS = [BOOK, BookId("bbbb1111")]
SCHEDULES = int(os.environ.get("SWARMSTT_SCHEDULES") or 200)


@dataclass
class SimulatedHelper:
    """What a helper knows: the chunks in its hands, and the results that were not acknowledged."""

    helper_id: HelperId
    linked: bool = False
    wanted: int = 0
    inbox: deque[actions.AnyAction] = field(default_factory=deque)
    outbox: deque[tuple[type[events.Event], dict[str, object]]] = field(default_factory=deque)
    working: dict[LeaseId, actions.Grant] = field(default_factory=dict)
    done: dict[LeaseId, dict[str, object]] = field(default_factory=dict)

    def read(self) -> None:
        """Takes the next message from the coordinator."""
        message = self.inbox.popleft()
        if isinstance(message, actions.Grant):
            self.working[message.lease_id] = message
        elif isinstance(message, actions.StopLease | actions.Acknowledge):
            self.working.pop(message.lease_id, None)
            self.done.pop(message.lease_id, None)

    def finish(self, lease_id: LeaseId) -> None:
        grant = self.working.pop(lease_id)
        text = f"{grant.span.chunk_id}"
        self.done[lease_id] = {
            "lease_id": lease_id,
            "transcript": transcript(text, grant.span.seconds),
            "provenance": provenance(self.helper_id, 10.0),
        }
        self.send(events.ChunkDelivered, **self.done[lease_id])

    def send(self, kind: type[events.Event], **fields: object) -> None:
        if self.linked:
            self.outbox.append((kind, {"helper_id": self.helper_id, **fields}))


class AnyOrder(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.helpers = {name: SimulatedHelper(name) for name in NAMES}
        self.planned = dict.fromkeys(BOOKS, 0)
        self.removed: set[BookId] = set()

    # The coordinator's side.

    def route(self, said: list[actions.AnyAction]) -> None:
        for action in said:
            helper = self.helpers.get(getattr(action, "helper_id", None) or HelperId(""))
            if isinstance(action, actions.Notice) or helper is None:
                continue
            if helper.linked:
                helper.inbox.append(action)
        for action in said:
            if isinstance(action, actions.MergeBook):
                self.check_words(action.book_id)
                self.route(self.world.say(events.BookWritten, book_id=action.book_id))

    def tell(self, kind: type[events.Event], **fields: object) -> None:
        self.route(self.world.say(kind, **fields))

    @rule(which=st.sampled_from(BOOKS))
    def add_book(self, which: BookId) -> None:
        if which not in self.world.disk.settings and which not in self.removed:
            self.world.disk.add_book(which, SETTINGS)
            self.tell(events.BookAdded, book_id=which, settings=SETTINGS, for_program=which == BOOKS[-1])

    @rule(which=st.sampled_from(BOOKS))
    def claim(self, which: BookId) -> None:
        if which in self.world.state.books:
            self.tell(events.BookClaimed, book_id=which)

    @rule(which=st.sampled_from(BOOKS), last=st.booleans())
    def read_on(self, which: BookId, last: bool) -> None:
        book = self.world.state.books.get(which)
        if book is None or book.read_whole or self.planned[which] >= 6:
            return
        index = self.planned[which]
        self.planned[which] += 1
        self.tell(events.ChunkRead, span=span(index, 100.0, which))
        if last or index == 5:
            self.tell(events.BookIngested, book_id=which)
            self.planned[which] = 6

    @rule(which=st.sampled_from(BOOKS), first=st.integers(0, 5))
    def drop_plan(self, which: BookId, first: int) -> None:
        book = self.world.state.books.get(which)
        if book is None or book.state in (BookState.MERGING, BookState.DONE):
            return
        self.planned[which] = min(self.planned[which], first, len(book.chunks))
        self.tell(events.PlanDropped, first=ChunkId(which, first))

    @rule(
        which=st.sampled_from(BOOKS), what=st.sampled_from([events.BookPaused, events.BookResumed, events.BookRetried])
    )
    def handle_book(self, which: BookId, what: type[events.Event]) -> None:
        if which in self.world.state.books:
            self.tell(what, book_id=which)

    @precondition(lambda self: not self.removed)
    @rule(which=st.just(BOOKS[1]))
    def remove_book(self, which: BookId) -> None:
        if which in self.world.state.books:
            self.removed.add(which)
            self.tell(events.BookRemoved, book_id=which)

    @rule(seconds=st.sampled_from([0.1, 0.7, 3.0, 11.0, 130.0, 4000.0]), ticks=st.booleans())
    def pass_time(self, seconds: float, ticks: bool) -> None:
        if ticks and seconds < 200:
            self.route(self.world.wait(seconds))
        else:
            self.world.at += seconds  # this PC slept
            self.tell(events.Ticked)

    @rule()
    def restart(self) -> None:
        for helper in self.helpers.values():
            self.cut(helper)
        self.route(self.world.restart())
        for which, book in self.world.state.books.items():
            if not book.read_whole:
                self.planned[which] = len(book.chunks)

    # The helpers' side.

    def cut(self, helper: SimulatedHelper) -> None:
        helper.linked = False
        helper.inbox.clear()
        helper.outbox.clear()

    @rule(name=st.sampled_from(NAMES), forgets=st.booleans(), speed=st.sampled_from([None, 0.5, 40.0]))
    def link(self, name: HelperId, forgets: bool, speed: float | None) -> None:
        helper = self.helpers[name]
        self.cut(helper)
        if forgets:
            helper.working.clear()
            helper.done.clear()
        helper.linked = True
        helper.wanted = 0
        holding = frozenset(helper.working) | frozenset(helper.done)
        mine = replace(offer(name, speed=speed), takes_urgent=name != NAMES[-1])
        self.tell(events.HelperJoined, helper_id=name, offer=mine, holding=holding)
        for result in helper.done.values():
            helper.send(events.ChunkDelivered, **result)

    @rule(name=st.sampled_from(NAMES))
    def break_link(self, name: HelperId) -> None:
        helper = self.helpers[name]
        if helper.linked:
            self.cut(helper)
            self.tell(events.HelperLeft, helper_id=name)

    @rule(name=st.sampled_from(NAMES), more=st.integers(1, 2))
    def want(self, name: HelperId, more: int) -> None:
        helper = self.helpers[name]
        helper.wanted += more
        helper.send(events.ChunksWanted, total=helper.wanted)

    @rule(name=st.sampled_from(NAMES))
    def helper_reads(self, name: HelperId) -> None:
        if self.helpers[name].inbox:
            self.helpers[name].read()

    @rule(name=st.sampled_from(NAMES), twice=st.booleans())
    def coordinator_reads(self, name: HelperId, twice: bool) -> None:
        helper = self.helpers[name]
        if helper.outbox:
            kind, fields = helper.outbox.popleft()
            for _ in range(1 + twice):
                self.tell(kind, **fields)

    @rule(name=st.sampled_from(NAMES))
    def finish_one(self, name: HelperId) -> None:
        helper = self.helpers[name]
        if helper.working:
            helper.finish(min(helper.working))

    @rule(name=st.sampled_from(NAMES), progress=st.floats(0, 1))
    def heartbeat(self, name: HelperId, progress: float) -> None:
        helper = self.helpers[name]
        for lease_id in helper.working:
            helper.send(events.LeaseRenewed, lease_id=lease_id, progress=progress)

    @rule(name=st.sampled_from(NAMES), what=st.sampled_from([events.ChunkFailed, events.ChunkReturned]))
    def give_up_one(self, name: HelperId, what: type[events.Event]) -> None:
        helper = self.helpers[name]
        if helper.working:
            lease_id = max(helper.working)
            del helper.working[lease_id]
            reason = {"reason": f"{name} cannot"} if what is events.ChunkFailed else {}
            helper.send(what, lease_id=lease_id, **reason)

    @rule(name=st.sampled_from(NAMES), slots=st.integers(0, 2))
    def change(self, name: HelperId, slots: int) -> None:
        self.helpers[name].send(events.HelperChanged, offer=replace(offer(name, slots=slots), takes_urgent=True))

    # What must hold.

    @invariant()
    def state_is_consistent(self) -> None:
        self.world.coordinator.validate()
        for chunk_id, (state, _) in self.world.disk.chunk_states.items():
            assert (state is ChunkState.COMPLETED) == (chunk_id in self.world.disk.results)

    def check_words(self, book_id: BookId) -> None:
        """Every chunk of the plan is there once, in order, with its own words or a reason."""
        disk = self.world.disk
        ids = sorted(each for each in disk.spans if each.book_id == book_id)
        merge = merged(
            ChunkOutcome(span=disk.spans[i], transcript=disk.results.get(i), gap_reason=disk.chunk_states[i][1])
            for i in ids
        )
        said = [segment.text for segment in merge.segments]
        assert said == [str(i) for i in ids if i in disk.results]
        assert merge.chunk_count == len(ids)
        assert len(merge.gaps) + len(said) == len(ids)

    def teardown(self) -> None:
        """With one honest helper left, everything comes to an end."""
        for book_id, book in list(self.world.state.books.items()):
            while not book.read_whole:
                self.read_on(book_id, True)
            self.tell(events.BookResumed, book_id=book_id)
        for name in NAMES[1:]:
            self.break_link(name)
        self.link(OWN, True, None)
        own = self.helpers[OWN]
        for _ in range(60):
            if all(book.state is BookState.DONE for book in self.world.state.books.values()):
                break
            self.want(OWN, 1)
            while own.outbox or own.inbox or own.working:
                while own.inbox:
                    own.read()
                while own.working:
                    own.finish(min(own.working))
                while own.outbox:
                    kind, fields = own.outbox.popleft()
                    self.tell(kind, **fields)
            self.route(self.world.wait(20.0))
        for book in self.world.state.books.values():
            assert book.state is BookState.DONE, "the book came to its end"


TestAnyOrder = pytest.mark.timeout(1800)(AnyOrder.TestCase)  # what 2,000 schedules take on a busy machine
TestAnyOrder.settings = settings(
    max_examples=SCHEDULES,
    stateful_step_count=60,
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
