"""PCs whose slots are shared by short chunks, simulated: the real core and the real work queue, on a virtual clock.

What a window costs depends on how many are searched together, and how many cores compute on how many chunks there are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from math import ceil

from swarmstt.core.books import SAMPLE_RATE, ChunkSpan
from swarmstt.core.helping.work_queue import Share, WorkQueue
from swarmstt.core.scheduling import actions, events
from swarmstt.ids import HelperId, LeaseId, NodeId
from tests.swarm.simulation import HEARTBEAT_SECONDS, Simulation
from tests.unit.core.worlds import MODEL, offer, provenance, transcript

COORDINATOR = NodeId("c" * 64)

WINDOW_SECONDS = 28.0
"""A window has at most so much audio."""
SEARCH_COSTS = ((1.0, 0.55), (2.0, 0.34), (4.0, 0.26), (8.0, 0.24))
"""CPU seconds for the search of a window of 15 s, by how many are searched together (base, int8, one thread)."""
OTHER_COST = 0.42
"""CPU seconds for all else of such a window: 16 chunks in hand took 2.57 a minute of audio in all."""


def window_cost(together: float) -> float:
    """CPU seconds that such a window costs if so many are searched together."""
    most, least = SEARCH_COSTS[-1]
    for (few, dear), (many, cheap) in pairwise(SEARCH_COSTS):
        if together <= many:
            return OTHER_COST + dear + (cheap - dear) * (max(together, few) - few) / (many - few)
    assert together > most
    return OTHER_COST + least


@dataclass(slots=True, eq=False)
class SharingPc:
    """A PC that decodes `speed` seconds of audio a second if each of its slots, a core each, has eight windows."""

    helper_id: HelperId
    speed: float
    slots: int
    queue: WorkQueue
    grants: dict[LeaseId, actions.Grant] = field(default_factory=dict)
    left: dict[LeaseId, float] = field(default_factory=dict)
    """Seconds of audio that are left of each chunk that it decodes."""
    slot_seconds: dict[LeaseId, float] = field(default_factory=dict)
    """How long it had a slot for each."""
    at: float = 0.0
    turn: int = 0
    """Goes up whenever what it decodes changes: an older end of a chunk counts no more."""

    @property
    def pace(self) -> float:
        """Seconds of audio a second for each window that it decodes: all of them have the same share."""
        cores, windows = min(self.slots, len(self.left)), sum(map(self.windows, self.left))
        whole = self.speed * cores / self.slots * window_cost(SEARCH_COSTS[-1][0]) / window_cost(windows / cores)
        return whole / windows

    def windows(self, lease_id: LeaseId) -> int:
        return ceil(self.grants[lease_id].span.seconds / WINDOW_SECONDS)

    def needs(self, lease_id: LeaseId) -> float:
        """In how many seconds it is done with a chunk, if nothing changes."""
        return max(0.0, self.left[lease_id]) / (self.pace * self.windows(lease_id))

    def goes_on(self, at: float) -> None:
        """It decoded until now."""
        if self.left:
            pace, share = self.pace, min(1.0, self.slots / len(self.left))
            for each in self.left:
                self.left[each] -= pace * self.windows(each) * (at - self.at)
                self.slot_seconds[each] += share * (at - self.at)
        self.at = at


class SharingSimulation(Simulation):
    """One book, and PCs that hold and decode as many chunks as a work queue says."""

    def __init__(self, spans: list[ChunkSpan]) -> None:
        self.pcs: dict[HelperId, SharingPc] = {}
        super().__init__(spans)

    def drop_book(self) -> None:
        """The book comes when all PCs are there and ask for work."""
        self.plan_for(0.0, super().drop_book)

    def add_pc(self, name: str, speed: float, slots: int = 2) -> None:
        """A PC that is there from the start, and whose speed is known."""
        queue = WorkQueue(slots, kind="shared")
        queue.opened(COORDINATOR)
        pc = self.pcs[HelperId(name)] = SharingPc(HelperId(name), speed, slots, queue)
        offered = offer(pc.helper_id, slots=pc.slots, speed=pc.speed / pc.slots)
        self.say(events.HelperJoined(at=self.at, helper_id=pc.helper_id, kind="peer", offer=offered))
        self._ask(pc)
        self.plan_for(self.at + HEARTBEAT_SECONDS, lambda: self._renew(pc))

    def _carry_out(self, action: actions.AnyAction) -> None:
        match action:
            case actions.Grant():
                pc = self.pcs[action.helper_id]
                share = Share(seconds=action.span.sample_count / SAMPLE_RATE, model_hash=MODEL)
                assert pc.queue.granted(COORDINATOR, action.lease_id, share=share)
                pc.grants[action.lease_id] = action
                self.plan_for(self.at, lambda: self._changed(pc))
            case actions.StopLease():
                pc = self.pcs[action.helper_id]
                pc.goes_on(self.at)
                self._forget(pc, action.lease_id)
                self.plan_for(self.at, lambda: self._changed(pc))
            case _:
                super()._carry_out(action)

    def _forget(self, pc: SharingPc, lease_id: LeaseId) -> None:
        pc.queue.ended(COORDINATOR, lease_id)
        for known in (pc.grants, pc.left, pc.slot_seconds):
            known.pop(lease_id, None)

    def _changed(self, pc: SharingPc) -> None:
        """Begin with what may begin, ask for more, and plan the end of the chunk that is done first."""
        pc.goes_on(self.at)
        while (following := pc.queue.next_to_decode()) is not None:
            pc.left[following[1]] = pc.grants[following[1]].span.seconds
            pc.slot_seconds[following[1]] = 0.0
        self._ask(pc)
        pc.turn += 1
        if pc.left:
            turn = pc.turn
            self.plan_for(self.at + min(map(pc.needs, pc.left)), lambda: self._one_ends(pc, turn))

    def _ask(self, pc: SharingPc) -> None:
        for _, total in pc.queue.asks(self.at, frozenset({COORDINATOR})):
            self.say(events.ChunksWanted(at=self.at, helper_id=pc.helper_id, total=total))

    def _one_ends(self, pc: SharingPc, turn: int) -> None:
        if pc.turn != turn:
            return
        pc.goes_on(self.at)
        lease_id = min(pc.left, key=pc.needs)
        span, spent = pc.grants[lease_id].span, pc.slot_seconds[lease_id]
        self._forget(pc, lease_id)
        self.say(
            events.ChunkDelivered(
                at=self.at,
                helper_id=pc.helper_id,
                lease_id=lease_id,
                transcript=transcript(str(span.chunk_id), span.seconds),
                provenance=provenance(pc.helper_id, spent),
            )
        )
        self._changed(pc)

    def _renew(self, pc: SharingPc) -> None:
        if self.done:
            return
        pc.goes_on(self.at)
        for lease_id, grant in list(pc.grants.items()):
            part = 1.0 - pc.left.get(lease_id, grant.span.seconds) / grant.span.seconds
            self.say(
                events.LeaseRenewed(
                    at=self.at, helper_id=pc.helper_id, lease_id=lease_id, progress=max(0.0, min(1.0, part))
                )
            )
        self._ask(pc)
        self.plan_for(self.at + HEARTBEAT_SECONDS, lambda: self._renew(pc))
