"""The way into other swarms: asks strangers for their roster when the door wants it, and acts on what they decide."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from swarmstt.core.membership.cases import case_for, without_key
from swarmstt.core.membership.door import Door
from swarmstt.core.membership.roster import Roster
from swarmstt.errors import PeerError
from swarmstt.ids import NodeId
from swarmstt.node.membership.outcomes import Outcomes
from swarmstt.node.membership.strangers import Stranger, Strangers
from swarmstt.swarm.trust.handshake import Member
from swarmstt.swarm.trust.joining import ask_for_roster
from swarmstt.swarm.trust.pinned_requests import ImpostorError, OutdatedError
from swarmstt.tasks import TaskSet, happens

logger = logging.getLogger(__name__)

LOOK_SECONDS = 30.0
"""Longest time between two looks at who should be asked."""
MOST_AT_ONCE = 16
MOST_AT_A_HOST = 4
"""Requests under way."""
PACE_SECONDS = 0.02
"""Between the beginnings of two requests. The reckoning in pairing_words.py counts on it."""
SLOW_SECONDS = 0.3
"""One that takes longer makes room for a stranger that was not asked yet; a PC in the same home needs a few
hundredths."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """One that is under way."""

    task: asyncio.Task[None]
    host: str
    began_at: float


class SwarmSeeker:
    """Goes in elsewhere, and catches up with a removal that this node missed.

    `member` returns who this node is now; `changed` is called after each answer, `convinced` after that of a member
    which knows that this node is one too.
    """

    def __init__(
        self,
        door: Door,
        strangers: Strangers,
        clock: Callable[[], float],
        *,
        member: Callable[[], Member],
        changed: Callable[[], None],
        convinced: Callable[[], None],
    ) -> None:
        self._door = door
        self._strangers = strangers
        self._clock = clock
        self._member = member
        self._outcomes = Outcomes(door, strangers, clock, changed=changed, convinced=convinced)
        self._due = asyncio.Event()
        self._requests: dict[NodeId, _Request] = {}

    def look(self) -> None:
        """Looks now at who should be asked: something has changed."""
        self._due.set()

    async def run(self, tasks: TaskSet) -> None:
        """Asks, until cancelled, each stranger when it is due."""
        while True:
            self._due.clear()
            at = self._clock()
            first = next((each for each in self._strangers.due(at, self._door) if self._has_place(at, each)), None)
            if first is not None:
                self._start(at, first, tasks)
                await asyncio.sleep(PACE_SECONDS)
                continue
            next_at = self._strangers.next_at(at, self._door, self._requests)
            await happens(self._due, LOOK_SECONDS if next_at is None else max(0.05, next_at - at))

    def _has_place(self, at: float, stranger: Stranger) -> bool:
        """Returns True if this stranger can be asked now. For one that was not asked yet, a slow request is given up:
        whoever keeps this node waiting falls back in the line."""
        if stranger.node_id in self._requests:
            return False
        at_host = [each for each in self._requests.items() if each[1].host == stranger.host]
        crowd = at_host if len(at_host) >= MOST_AT_A_HOST else list(self._requests.items())
        if crowd is not at_host and len(crowd) < MOST_AT_ONCE:
            return True
        oldest_id, oldest = min(crowd, key=lambda each: each[1].began_at)
        if stranger.asked_at is not None or at - oldest.began_at < SLOW_SECONDS:
            return False
        self._requests.pop(oldest_id)
        oldest.task.cancel()
        return True

    def _start(self, at: float, stranger: Stranger, tasks: TaskSet) -> None:
        door, node_id = self._door, stranger.node_id
        fellow = stranger.has_key or node_id in door.roster.members
        wanted = not stranger.has_key and door.wants(at, stranger.door_status)
        greeting = not wanted and not fellow
        self._strangers.asked(at, node_id)
        if wanted:
            door.start_join(node_id)
        task = tasks.start(self._ask(stranger, wanted=wanted, greeting=greeting))
        self._requests[node_id] = _Request(task=task, host=stranger.host, began_at=at)

    async def _ask(self, stranger: Stranger, *, wanted: bool, greeting: bool) -> None:
        has_answered = False
        try:
            asked = await ask_for_roster(
                self._member(),
                stranger.addresses,
                stranger.node_id,
                door_status=self._door.status(self._clock()),
                joins=wanted,
                greeting=greeting,
                case=self._own_case(stranger),
            )
            has_answered = True
            await self._outcomes.act_on(asked, wanted=wanted)
        except OutdatedError as error:
            logger.debug("%s", error.message)
            self._outcomes.outdated()
        except ImpostorError as error:
            self._strangers.is_at(self._clock(), error.found, error.address)
        except PeerError as error:
            logger.debug("%s", error.message)
        except Exception:  # a defect: no stranger may end the node by it
            logger.exception("A PC nearby could not be asked.")
        finally:
            self._end(stranger.node_id, has_answered=has_answered)

    def _end(self, node_id: NodeId, *, has_answered: bool) -> None:
        request = self._requests.get(node_id)
        if request is not None and request.task is asyncio.current_task():
            del self._requests[node_id]
        if not has_answered:
            self._strangers.failed(self._clock(), node_id)
        self._door.abort_join(node_id)
        self._due.set()

    def _own_case(self, stranger: Stranger) -> Roster | None:
        """Returns what shows a member of this swarm that this node was let in; None for others."""
        roster = self._door.roster
        if not (stranger.has_key or stranger.node_id in roster.members):
            return None
        return without_key(roster, case_for(roster, self._door.own_id))
