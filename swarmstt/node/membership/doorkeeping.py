"""The node as doorkeeper of its swarm port: decides on those who ask to be let in."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from swarmstt.core.membership.addresses import Address
from swarmstt.core.membership.door import Door
from swarmstt.core.membership.door_status import DoorAnswer, DoorStatus
from swarmstt.errors import PeerError
from swarmstt.ids import NodeId
from swarmstt.node.membership.stored_door import StoredDoor, new_key
from swarmstt.node.membership.strangers import Strangers
from swarmstt.swarm.trust.joining import Decision, Joiner
from swarmstt.swarm.trust.statements import AT_ONCE, checked

logger = logging.getLogger(__name__)

StrangerSeen = Callable[[NodeId, tuple[Address, ...], DoorStatus], None]


class Doorkeeping:
    """A Doorkeeper. `changed` is set after each decision that changes anything; `stranger_seen` is called with a node
    that says something of its own door."""

    def __init__(
        self, stored: StoredDoor, strangers: Strangers, changed: asyncio.Event, stranger_seen: StrangerSeen
    ) -> None:
        self._door: Door = stored.door
        self._stored = stored
        self._clock = stored.now
        self._strangers = strangers
        self._changed = changed
        self._stranger_seen = stranger_seen

    def door_status(self) -> DoorStatus | None:
        """What strangers may know of the door."""
        return self._door.status(self._clock())

    def bars(self, node_id: NodeId) -> bool:
        """Returns True for a node that stays out, whatever it proves."""
        return self._door.removed or self._door.has_removed(node_id)

    def outdated_seen(self) -> None:
        """Notes that a PC with an older version of swarmstt would like to come in, and cannot."""
        self._strangers.outdated_at = self._clock()
        self._changed.set()

    async def decide(self, joiner: Joiner) -> Decision:
        """Decides on a node that has proven who it is and asks to be let in."""
        at, door, node_id = self._clock(), self._door, joiner.node_id
        if door.fixed:
            raise PeerError("A swarm with a key file lets nobody join.")  # and does not say who asks in vain of whom
        self._look_at_case(joiner)
        counts = joiner.attempt is not None
        was_member = door.has(node_id) and node_id not in door.awaited
        was_member = was_member and not (counts and door.is_newcomer(at, node_id))
        if not was_member and joiner.door_status is not None:
            self._stranger_seen(node_id, (Address(joiner.host, joiner.info.port),), joiner.door_status)
        if joiner.greeting:
            return Decision(verdict=DoorAnswer.SHUT, shown=False)
        verdict = self._verdict(at, joiner, was_member=was_member)
        admitted = verdict is DoorAnswer.ADMITTED
        shown = (admitted and counts) or verdict is DoorAnswer.SHUT
        shown = shown and not (was_member or door.removed)
        if shown:
            words = joiner.pairing_words if admitted else ()
            self._strangers.pairings.pair(at, node_id, joiner.info.name, words, joined=admitted, came=True)
            self._changed.set()
        if not admitted:
            return Decision(verdict=verdict, shown=shown, case=door.case_against(node_id))
        await self._stored.save()
        if not was_member:
            logger.info("%s was let in: %s.", joiner.info.name, " ".join(joiner.pairing_words))
        return Decision(
            verdict=verdict,
            shown=shown,
            roster=door.roster,
            established=door.established,
            seconds_left=door.seconds_left(at),
        )

    def _look_at_case(self, joiner: Joiner) -> None:
        """Lets a node show that another member let it in, while this node was off."""
        case = joiner.case
        if case is None or self._door.has(joiner.node_id) or len(case.statements) > AT_ONCE or not case.is_usable:
            return
        if self._door.shown(checked(case, self._door.roster), joiner.node_id, new_key()):
            self._changed.set()

    def _verdict(self, at: float, joiner: Joiner, *, was_member: bool) -> DoorAnswer:
        """Decides by the door. Words are shown only for a try that counts, and nobody comes in by any other, or it
        could wait for a nonce that gives it the words that it wants."""
        door, node_id = self._door, joiner.node_id
        if not (was_member or door.has_removed(node_id)) and door.is_open(at) and not door.tries.counts(joiner.attempt):
            return DoorAnswer.BUSY
        asks_again = node_id in door.awaited and door.is_open(at)
        verdict = door.admit(at, node_id, new_key(), joins=door.tries.counts(joiner.attempt))
        if asks_again:
            door.repeat_try(at)
        return verdict

    def begin_try(self) -> int | None:
        """Notes that somebody who wants to come in has committed itself."""
        return self._door.begin_try(self._clock())

    def end_try(self, attempt: int, *, let_in: bool) -> None:
        """Notes how a try ended; the door shuts if too many were broken off."""
        self._door.end_try(self._clock(), attempt, let_in=let_in)
        if not let_in:
            self._changed.set()
