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
class _Desk:
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
        self._desks: dict[NodeId, _Desk] = {}
        self._turn = 0
        self._asked_at: float | None = None

    def opened(self, coordinator: NodeId) -> None:
        """A link to this coordinator opened: what was asked of it before counts no more."""
        desk = self._desks.setdefault(coordinator, _Desk())
        desk.credit = desk.granted = 0

    def closed(self, coordinator: NodeId) -> None:
        """Its link closed: nothing can be asked of it; what it gave is still worth decoding."""
        desk = self._desks[coordinator]
        desk.credit = desk.granted = 0
        if not desk.waiting and not desk.running:
            del self._desks[coordinator]

    def granted(self, coordinator: NodeId, lease_id: LeaseId) -> bool:
        """A chunk arrived. False: there is no place for it, hand it back."""
        desk = self._desks[coordinator]
        desk.granted += 1
        self._asked_at = None
        if self._held() >= self.slots + self.ahead:
            return False
        desk.waiting.append(lease_id)
        return True

    def ask_again(self, coordinator: NodeId) -> None:
        """That coordinator may have forgotten what it was asked for."""
        desk = self._desks[coordinator]
        desk.credit = desk.granted

    def ended(self, coordinator: NodeId, lease_id: LeaseId) -> None:
        """A chunk left the bench: decoded, failed, stopped or handed back."""
        desk = self._desks.get(coordinator)
        if desk is not None:
            desk.running.discard(lease_id)
            if lease_id in desk.waiting:
                desk.waiting.remove(lease_id)

    def holding(self, coordinator: NodeId) -> frozenset[LeaseId]:
        desk = self._desks.get(coordinator)
        return frozenset() if desk is None else frozenset(desk.running | set(desk.waiting))

    def next_to_decode(self) -> tuple[NodeId, LeaseId] | None:
        """Takes up the next chunk, if a slot is free and one waits."""
        if sum(len(desk.running) for desk in self._desks.values()) >= self.slots:
            return None
        ready = [(desk.served_at, name) for name, desk in self._desks.items() if desk.waiting]
        if not ready:
            return None
        _, coordinator = min(ready)
        desk = self._desks[coordinator]
        lease_id = desk.waiting.pop(0)
        desk.running.add(lease_id)
        self._turn += 1
        desk.served_at = self._turn
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
        desks = sorted((self._desks[name].served_at, len(self.holding(name)), name) for name in open_to)
        names = [name for *_, name in desks]
        return [ask for name in (names[:1] if patient else names) for ask in self._ask(name, room)]

    def _ask(self, coordinator: NodeId, room: int) -> list[tuple[NodeId, int]]:
        desk = self._desks[coordinator]
        total = desk.granted + room
        if total <= desk.credit:
            return []
        desk.credit = total
        return [(coordinator, total)]

    def _held(self) -> int:
        return sum(len(desk.running) + len(desk.waiting) for desk in self._desks.values())
