"""A helper's own decisions: which chunk to decode next, and whom to ask for more.

Rules:
- a helper holds at most `slots` chunks that it decodes and `ahead` more, fetched so that no slot waits
- where several coordinators have work, their chunks take turns
- where the decoder can share slots, several short chunks for one model have a slot, and are fetched accordingly
- where slots are spread over many that decode, it begins with what it fetched ahead too: its decoder shares that out
- one chunk that is urgent is taken besides, and decoded at once beside the others
- a free place is offered to one coordinator, the one served longest ago; if that does not use it at once, it is
  offered to the others too after PATIENCE_SECONDS, so that an idle helper hears of any work without delay
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.core.work import ChunkJob
from swarmstt.ids import LeaseId, NodeId

PATIENCE_SECONDS = 0.2
"""How long a place is offered to one coordinator alone. A grant takes a few milliseconds on a home network."""

SlotKind = Literal["single", "shared", "spread"]
"""How a decoder uses its slots: each for one chunk at a time; "shared": several short ones may have one; "spread": they
are those of many, each of which is to have its next chunk before it needs it."""
SPREAD_AHEAD, SLOTS_FOR_ONE_AHEAD = 2, 8
"""Of spread slots: two may become free together; of a thousand thirty do in a second."""

CHUNKS_FOR_A_SLOT = 4
SHARED_SECONDS = 120.0
"""Chunks share slots while there is not more audio than this for each slot: longer ones fill a slot by themselves, and
whoever holds more than it needs keeps it from others. Simulated, eight for a slot instead of four make ten minutes on
one PC two parts in a hundred quicker, and ten PCs end no sooner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What is asked to share slots: so much audio, for one model."""

    seconds: float
    model_hash: str

    @classmethod
    def of(cls, job: ChunkJob) -> Share:
        return cls(seconds=job.sample_count / SAMPLE_RATE, model_hash=job.model_hash)


@dataclass(slots=True, kw_only=True, eq=False)
class CoordinatorQueue:
    """The chunks of one coordinator, and how many were asked of it."""

    credit: int = 0
    granted: int = 0
    served_at: int = 0
    """When its last chunk was taken up, in turns."""
    waiting: list[LeaseId] = field(default_factory=list)
    running: set[LeaseId] = field(default_factory=set)
    urgent: set[LeaseId] = field(default_factory=set)
    """Those of both that were taken besides what was asked for."""


class WorkQueue:
    """The chunks that one helper holds. `slots` 0: it is paused."""

    def __init__(self, slots: int, ahead: int = 1, *, kind: SlotKind = "single") -> None:
        self.slots = slots
        self._ahead = ahead
        self._shares = kind == "shared"
        self._is_spread = kind == "spread"
        self._sizes: dict[tuple[NodeId, LeaseId], Share] = {}
        self._queues: dict[NodeId, CoordinatorQueue] = {}
        self._turn = 0
        self._asked_at: float | None = None

    @property
    def ahead(self) -> int:
        """How many chunks it holds besides those that are decoded."""
        if self._is_spread:
            return min(self.slots, SPREAD_AHEAD) + self.slots // SLOTS_FOR_ONE_AHEAD
        return self._ahead

    def opened(self, coordinator: NodeId) -> None:
        """Begin with a coordinator whose link opened: what was asked of it before does not count any more."""
        queue = self._queues.setdefault(coordinator, CoordinatorQueue())
        queue.credit = queue.granted = 0

    def closed(self, coordinator: NodeId) -> None:
        """Ask nothing more of a coordinator whose link closed; what it gave is still worth decoding."""
        queue = self._queues[coordinator]
        queue.credit = queue.granted = 0
        if not queue.waiting and not queue.running:
            del self._queues[coordinator]

    def granted(
        self, coordinator: NodeId, lease_id: LeaseId, *, urgent: bool = False, share: Share | None = None
    ) -> bool:
        """Take a chunk that arrived. False: there is no place for it, hand it back. `share`: what it would be among
        those that share slots."""
        queue = self._queues[coordinator]
        if urgent:
            if not self.slots or any(each.urgent for each in self._queues.values()):
                return False
            queue.urgent.add(lease_id)
            queue.waiting.append(lease_id)
            return True
        queue.granted += 1
        self._asked_at = None
        most = max(self.slots + self.ahead, self.slots * CHUNKS_FOR_A_SLOT if self._shares else 0)
        if self._held() >= most:
            return False
        queue.waiting.append(lease_id)
        if share is not None:
            self._sizes[coordinator, lease_id] = share
        return True

    def ask_again(self, coordinator: NodeId) -> None:
        """Ask again: that coordinator may have forgotten what it was asked for."""
        queue = self._queues[coordinator]
        queue.credit = queue.granted

    def ended(self, coordinator: NodeId, lease_id: LeaseId) -> None:
        """Forget a chunk: decoded, failed, stopped or handed back."""
        self._sizes.pop((coordinator, lease_id), None)
        queue = self._queues.get(coordinator)
        if queue is not None:
            queue.running.discard(lease_id)
            queue.urgent.discard(lease_id)
            if lease_id in queue.waiting:
                queue.waiting.remove(lease_id)

    def holding(self, coordinator: NodeId) -> frozenset[LeaseId]:
        queue = self._queues.get(coordinator)
        return frozenset() if queue is None else frozenset(queue.running | set(queue.waiting))

    def next_to_decode(self) -> tuple[NodeId, LeaseId] | None:
        """Take up the next chunk, if a slot is free and one waits, or one that is urgent."""
        for coordinator, queue in self._queues.items():
            for lease_id in queue.urgent.intersection(queue.waiting):
                return self._taken_up(coordinator, lease_id)
        ready = [(queue.served_at, name) for name, queue in self._queues.items() if queue.waiting]
        if not ready:
            return None
        _, coordinator = min(ready)
        lease_id = self._queues[coordinator].waiting[0]
        return self._taken_up(coordinator, lease_id) if self._may_begin((coordinator, lease_id)) else None

    def _may_begin(self, chunk: tuple[NodeId, LeaseId]) -> bool:
        running = [(name, each) for name, queue in self._queues.items() for each in queue.running - queue.urgent]
        if len(running) < self.slots + (self.ahead if self._is_spread else 0):
            return True
        if not self.slots or not self._shares or len(running) >= self.slots * CHUNKS_FOR_A_SLOT:
            return False
        sizes = [self._sizes.get(each) for each in (chunk, *running)]
        return self._are_short(sizes)

    def _are_short(self, sizes: Sequence[Share | None]) -> bool:
        """Whether chunks can share slots: all are for one model, and their audio is short in all."""
        shares = [each for each in sizes if each is not None]
        of_one_model = len(shares) == len(sizes) and len({each.model_hash for each in shares}) == 1
        return of_one_model and sum(each.seconds for each in shares) <= self.slots * SHARED_SECONDS

    def _taken_up(self, coordinator: NodeId, lease_id: LeaseId) -> tuple[NodeId, LeaseId]:
        queue = self._queues[coordinator]
        queue.waiting.remove(lease_id)
        queue.running.add(lease_id)
        self._turn += 1
        queue.served_at = self._turn
        return coordinator, lease_id

    def asks(self, at: float, open_to: frozenset[NodeId]) -> list[tuple[NodeId, int]]:
        """Return which coordinators to ask for how many chunks, as totals since the link opened; `open_to`: those
        whose links are open.

        Call it after every change, and again after PATIENCE_SECONDS while places are free.
        """
        room = self._room()
        if room <= 0 or not open_to:
            return []
        if self._asked_at is None:
            self._asked_at = at
        patient = at - self._asked_at < PATIENCE_SECONDS
        order = sorted((self._queues[name].served_at, len(self.holding(name)), name) for name in open_to)
        names = [name for *_, name in order]
        return [ask for name in (names[:1] if patient else names) for ask in self._ask(name, room)]

    def _room(self) -> int:
        """How many more chunks it can hold: first those for its slots and ahead, then, if all are short, one by one so
        many that they share the slots."""
        if not self.slots:
            return 0
        room = self.slots + self.ahead - self._held()
        if room > 0 or not self._shares or self._held() >= self.slots * CHUNKS_FOR_A_SLOT:
            return room
        sizes = [self._sizes.get((name, each)) for name, queue in self._queues.items() for each in self._places(queue)]
        longest = max(sizes, key=lambda each: each.seconds if each is not None else 0.0)
        return 1 if self._are_short([*sizes, longest]) else 0

    def _ask(self, coordinator: NodeId, room: int) -> list[tuple[NodeId, int]]:
        queue = self._queues[coordinator]
        total = queue.granted + room
        if total <= queue.credit:
            return []
        queue.credit = total
        return [(coordinator, total)]

    def _held(self) -> int:
        """How many chunks have the places that are there for all."""
        return sum(len(self._places(queue)) for queue in self._queues.values())

    @staticmethod
    def _places(queue: CoordinatorQueue) -> set[LeaseId]:
        return (queue.running | set(queue.waiting)) - queue.urgent
