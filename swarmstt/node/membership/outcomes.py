"""What comes of asking other nodes: this one joins, catches up with what it missed, or learns that it was removed."""

from __future__ import annotations

import logging
from collections.abc import Callable

from swarmstt.core.membership.door import Door
from swarmstt.core.membership.door_status import DoorAnswer
from swarmstt.core.membership.roster import Roster
from swarmstt.display_text import one_line
from swarmstt.node.membership.pairings import ANOTHER_PC, MOST_NAME_LETTERS
from swarmstt.node.membership.stored_door import new_key
from swarmstt.node.membership.strangers import RETRY_SECONDS, Strangers
from swarmstt.swarm.trust.joining import Asked
from swarmstt.swarm.trust.statements import checked_apart

logger = logging.getLogger(__name__)


class Outcomes:
    """`changed` is called after each answer, `convinced` after that of a member which knows this node as one too."""

    def __init__(
        self,
        door: Door,
        strangers: Strangers,
        clock: Callable[[], float],
        *,
        changed: Callable[[], None],
        convinced: Callable[[], None],
    ) -> None:
        self._door = door
        self._strangers = strangers
        self._clock = clock
        self._changed = changed
        self._convinced = convinced

    async def act_on(self, asked: Asked, *, wanted: bool) -> None:
        """Acts on an answer. `wanted`: this node asked to be let in."""
        at, door, decision = self._clock(), self._door, asked.decision
        fellow = asked.node_id in door.roster.members
        busy = decision.verdict is DoorAnswer.BUSY
        self._strangers.answered(asked.node_id, asked.info.name, at + RETRY_SECONDS if busy else None)
        if fellow and decision.case is not None:
            accept_removal(door, await checked_apart(decision.case, door.roster))
        if wanted and decision.verdict is DoorAnswer.REMOVED and await self._shows_removal(decision.case):
            self._strangers.barred(at, one_line(asked.info.name, MOST_NAME_LETTERS) or ANOTHER_PC)
        if decision.roster is not None:
            await self._take(asked, decision.roster, fellow=fellow, wanted=wanted)
        if decision.shown:
            joined = decision.roster is not None
            words = asked.pairing_words if joined else ()
            self._strangers.pairings.pair(at, asked.node_id, asked.info.name, words, joined=joined, came=False)
        if decision.roster is not None and not fellow:
            self._strangers.retry_all(at)
        self._changed()

    async def _shows_removal(self, case: Roster | None) -> bool:
        """Returns True if somebody signed that this node was removed, as a member of that swarm. Whose swarm it is only
        the person can tell: anybody can begin one, and sign so in it."""
        if case is None or not case.is_usable:
            return False
        return self._door.own_id in (await checked_apart(case, self._door.roster)).meaning.out

    def outdated(self) -> None:
        """Notes that the other speaks another version of the protocol."""
        self._strangers.outdated_at = self._clock()
        self._changed()

    async def _take(self, asked: Asked, roster: Roster, *, fellow: bool, wanted: bool) -> None:
        door, established = self._door, asked.decision.established
        roster = await checked_apart(roster, door.roster)
        same_swarm = roster.swarm_id == door.roster.swarm_id
        if fellow or same_swarm:
            door.roster_received(roster, asked.node_id, new_key(), established=established)
            self._convinced()
        elif wanted and door.joined(
            self._clock(),
            asked.node_id,
            roster,
            new_key(),
            established=established,
            seconds_left=asked.decision.seconds_left,
        ):
            self._strangers.lost(asked.node_id)
            logger.info("This PC joined %s: %s.", asked.info.name, " ".join(asked.pairing_words))


def accept_removal(door: Door, case: Roster) -> bool:
    """Accepts what shows that this node is not a member any more, and logs it. False if it does not show that."""
    accepted = door.removal_received(case, new_key())
    if accepted:
        log_removal()
    return accepted


def log_removal() -> None:
    logger.warning("This PC was removed from its swarm by another PC.")
