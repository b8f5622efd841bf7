"""A helper's own decisions: which chunk to decode next, and whom to ask for more.

Rules:
- a helper holds at most `slots` chunks that it decodes and `ahead` more, fetched so that no slot waits
- where several coordinators have work, their chunks take turns
- one chunk that is urgent is taken besides, and decoded at once beside the others
- a free place is offered to one coordinator, the one served longest ago; if that does not use it at once, it is
  offered to the others too after PATIENCE_SECONDS, so that an idle helper hears of any work without delay
"""

from __future__ import annotations

from dataclasses import dataclass, field

from swarmstt.ids import LeaseId, NodeId

PATIENCE_SECONDS = 0.2
"""How long a place is offered to one coordinator alone. A grant takes a few milliseconds on a home network."""


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

    def __init__(self, slots: int, ahead: int = 1) -> None:
        self.slots = slots
        self.ahead = ahead
        self._queues: dict[NodeId, CoordinatorQueue] = {}
        self._turn = 0
        self._asked_at: float | None = None

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

    def granted(self, coordinator: NodeId, lease_id: LeaseId, *, urgent: bool = False) -> bool:
        """Take a chunk that arrived. False: there is no place for it, hand it back."""
        queue = self._queues[coordinator]
        if urgent:
            if not self.slots or any(each.urgent for each in self._queues.values()):
                return False
            queue.urgent.add(lease_id)
            queue.waiting.append(lease_id)
            return True
        queue.granted += 1
        self._asked_at = None
        if self._held() >= self.slots + self.ahead:
            return False
        queue.waiting.append(lease_id)
        return True

    def ask_again(self, coordinator: NodeId) -> None:
        """Ask again: that coordinator may have forgotten what it was asked for."""
        queue = self._queues[coordinator]
        queue.credit = queue.granted

    def ended(self, coordinator: NodeId, lease_id: LeaseId) -> None:
        """Forget a chunk: decoded, failed, stopped or handed back."""
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
        if sum(len(queue.running - queue.urgent) for queue in self._queues.values()) >= self.slots:
            return None
        ready = [(queue.served_at, name) for name, queue in self._queues.items() if queue.waiting]
        if not ready:
            return None
        _, coordinator = min(ready)
        return self._taken_up(coordinator, self._queues[coordinator].waiting[0])

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
        room = self.slots + self.ahead - self._held() if self.slots else 0
        if room <= 0 or not open_to:
            return []
        if self._asked_at is None:
            self._asked_at = at
        patient = at - self._asked_at < PATIENCE_SECONDS
        order = sorted((self._queues[name].served_at, len(self.holding(name)), name) for name in open_to)
        names = [name for *_, name in order]
        return [ask for name in (names[:1] if patient else names) for ask in self._ask(name, room)]

    def _ask(self, coordinator: NodeId, room: int) -> list[tuple[NodeId, int]]:
        queue = self._queues[coordinator]
        total = queue.granted + room
        if total <= queue.credit:
            return []
        queue.credit = total
        return [(coordinator, total)]

    def _held(self) -> int:
        """How many chunks have the places that are there for all."""
        return sum(len(self.holding(name)) - len(queue.urgent) for name, queue in self._queues.items())
