"""Rosters that linked members send: signatures are checked apart from the event loop, one roster after another, and
nobody has this node check all day."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from swarmstt.core.membership.door import Door
from swarmstt.ids import NodeId
from swarmstt.node.membership.outcomes import accept_removal, log_removal
from swarmstt.node.membership.stored_door import new_key
from swarmstt.swarm.links.messages import Dismissed, Handed
from swarmstt.swarm.trust.statements import checked_apart
from swarmstt.tasks import happens

CHECKING_SHARE = 0.1
"""Of the time, in which this node checks what one member sends."""
LONGEST_PAUSE_SECONDS = 30.0
BRIEF_SECONDS = 0.01
"""What takes no longer is followed by no pause."""


class Turns:
    """Whose roster is next. After one that took long its giver has a pause."""

    def __init__(self) -> None:
        self._due_at: dict[NodeId, float] = {}

    def next(self, at: float, waiting: Iterable[NodeId]) -> NodeId | None:
        """Returns the first of those that wait whose turn it is; None if all of them have a pause."""
        self._due_at = {each: due_at for each, due_at in self._due_at.items() if due_at > at}
        return next((each for each in waiting if each not in self._due_at), None)

    def seconds(self, at: float, waiting: Iterable[NodeId]) -> float | None:
        """Returns how long until it is the next one's turn; None if nobody waits."""
        return min((max(0.0, self._due_at.get(each, at) - at) for each in waiting), default=None)

    def took(self, at: float, giver: NodeId, seconds: float) -> None:
        """Notes how long it took to act on what this one sent."""
        if seconds > BRIEF_SECONDS:
            pause_seconds = seconds * (1.0 - CHECKING_SHARE) / CHECKING_SHARE
            self._due_at[giver] = at + min(LONGEST_PAUSE_SECONDS, pause_seconds)


class Arrivals:
    """Of each member only what it sent last is kept until its turn comes, so nobody can make this node keep much.
    `changed` is called after each change."""

    def __init__(self, door: Door, changed: Callable[[], None]) -> None:
        self._door = door
        self._changed = changed
        self._waiting: dict[NodeId, Handed | Dismissed] = {}
        self._arrived = asyncio.Event()

    def add(self, giver: NodeId, news: Handed | Dismissed) -> None:
        """Takes what a member sent."""
        roster = news.roster if isinstance(news, Handed) else news.case
        if roster.is_usable:
            self._waiting[giver] = news
            self._arrived.set()

    async def run(self) -> None:
        """Acts on what comes, until cancelled."""
        turns, clock = Turns(), asyncio.get_running_loop().time
        while True:
            giver = turns.next(clock(), self._waiting)
            if giver is None:
                self._arrived.clear()
                await happens(self._arrived, turns.seconds(clock(), self._waiting))
                continue
            began_at = clock()
            if await self._act_on(giver, self._waiting.pop(giver)):
                self._changed()
            turns.took(clock(), giver, clock() - began_at)

    async def _act_on(self, giver: NodeId, news: Handed | Dismissed) -> bool:
        door = self._door
        if isinstance(news, Dismissed):
            return accept_removal(door, await checked_apart(news.case, door.roster))
        theirs = await checked_apart(news.roster, door.roster)
        changed = door.roster_received(theirs, giver, new_key(), established=news.established)
        if changed and door.removed:
            log_removal()
        return changed
