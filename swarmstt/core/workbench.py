"""A helper's own decisions: which chunk to decode next, and whom to ask for more.

Rules:
- a helper holds at most `slots` chunks that it decodes and `ahead` more, fetched so that no slot waits
- where several coordinators have work, their chunks take turns
- a free place is offered to one coordinator, the one served longest ago; who does not use it at once shares it with
  the others after `patience_seconds`, so that an idle helper hears of any work without delay
"""

from __future__ import annotations

from dataclasses import dataclass, field

from swarmstt.ids import LeaseId, NodeId

PATIENCE_SECONDS = 0.2
"""How long a place is offered to one coordinator alone. A grant takes a few milliseconds on a home network."""


@dataclass(slots=True, kw_only=True, eq=False)
class _Dealings:
    """What the helper has to do with one coordinator."""

    credit: int = 0
    granted: int = 0
    served_at: int = 0
    """When its last chunk was taken up, in turns."""
    waiting: list[LeaseId] = field(default_factory=list)
    running: set[LeaseId] = field(default_factory=set)


class Workbench:
    """The chunks in one helper's hands. `slots` 0: it is paused."""

    def __init__(self, slots: int, ahead: int = 1) -> None:
        self.slots = slots
        self.ahead = ahead
        self._dealings: dict[NodeId, _Dealings] = {}
        self._turn = 0
        self._asked_at: float | None = None

    def opened(self, coordinator: NodeId) -> None:
        """A link to this coordinator opened: what was asked of it before counts no more."""
        dealings = self._dealings.setdefault(coordinator, _Dealings())
        dealings.credit = dealings.granted = 0

    def closed(self, coordinator: NodeId) -> None:
        """Its link closed: nothing can be asked of it; what it gave is still worth decoding."""
        dealings = self._dealings[coordinator]
        dealings.credit = dealings.granted = 0
        if not dealings.waiting and not dealings.running:
            del self._dealings[coordinator]

    def granted(self, coordinator: NodeId, lease_id: LeaseId) -> bool:
        """A chunk arrived. False: there is no place for it, hand it back."""
        dealings = self._dealings[coordinator]
        dealings.granted += 1
        self._asked_at = None
        if self._held() >= self.slots + self.ahead:
            return False
        dealings.waiting.append(lease_id)
        return True

    def ask_again(self, coordinator: NodeId) -> None:
        """That coordinator may have forgotten what it was asked for."""
        dealings = self._dealings[coordinator]
        dealings.credit = dealings.granted

    def ended(self, coordinator: NodeId, lease_id: LeaseId) -> None:
        """A chunk left the bench: decoded, failed, stopped or handed back."""
        dealings = self._dealings.get(coordinator)
        if dealings is not None:
            dealings.running.discard(lease_id)
            if lease_id in dealings.waiting:
                dealings.waiting.remove(lease_id)

    def holding(self, coordinator: NodeId) -> frozenset[LeaseId]:
        dealings = self._dealings.get(coordinator)
        return frozenset() if dealings is None else frozenset(dealings.running | set(dealings.waiting))

    def next_to_decode(self) -> tuple[NodeId, LeaseId] | None:
        """Takes up the next chunk, if a slot is free and one waits."""
        if sum(len(dealings.running) for dealings in self._dealings.values()) >= self.slots:
            return None
        ready = [(dealings.served_at, name) for name, dealings in self._dealings.items() if dealings.waiting]
        if not ready:
            return None
        _, coordinator = min(ready)
        dealings = self._dealings[coordinator]
        lease_id = dealings.waiting.pop(0)
        dealings.running.add(lease_id)
        self._turn += 1
        dealings.served_at = self._turn
        return coordinator, lease_id

    def asks(self, at: float, open_to: frozenset[NodeId]) -> list[tuple[NodeId, int]]:
        """Whom to ask for how many chunks, as totals since the link opened; `open_to`: links that are open.

        Call it after every change, and again after PATIENCE_SECONDS while places are free.
        """
        room = self.slots + self.ahead - self._held() if self.slots else 0
        if room <= 0 or not open_to:
            return []
        if self._asked_at is None:
            self._asked_at = at
        patient = at - self._asked_at < PATIENCE_SECONDS
        order = sorted((self._dealings[name].served_at, len(self.holding(name)), name) for name in open_to)
        names = [name for *_, name in order]
        return [ask for name in (names[:1] if patient else names) for ask in self._ask(name, room)]

    def _ask(self, coordinator: NodeId, room: int) -> list[tuple[NodeId, int]]:
        dealings = self._dealings[coordinator]
        total = dealings.granted + room
        if total <= dealings.credit:
            return []
        dealings.credit = total
        return [(coordinator, total)]

    def _held(self) -> int:
        return sum(len(dealings.running) + len(dealings.waiting) for dealings in self._dealings.values())
