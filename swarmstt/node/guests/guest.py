"""One guest as its node sees it: its session with the coordinator, and what was granted to it."""

from __future__ import annotations

from swarmstt.core.scheduling.actions import Grant
from swarmstt.ids import ChunkId, HelperId, LeaseId
from swarmstt.swarm.links.driver import Driver
from swarmstt.swarm.links.helper_session import HelperSession
from swarmstt.swarm.links.outlets import ForHelper, Outlets
from swarmstt.web.guests.admissions import WhoIsCopied


class Guest:
    """A guest that was heard since this node began; the Outlet of its session.

    A chunk that was granted while the guest's connection broke off is its next one.
    """

    def __init__(self, helper_id: HelperId, driver: Driver, outlets: Outlets) -> None:
        self.session = HelperSession(helper_id, "guest", self, driver=driver, outlets=outlets)
        self.heard_at = 0.0
        self.promised_heartbeats = False
        self._granted: dict[LeaseId, ChunkId] = {}
        self._run: str | None = None
        self._was_copied = False

    def begins(self, run: str | None) -> None:
        """Takes the word by which this run of the guest's program is told from others, as it says it at its start."""
        self._run = run

    def who_is_copied(self, run: str) -> WhoIsCopied | None:
        """Whether two PCs come with this id: one that asks although another one has begun since, and then, once, that
        other one."""
        if self._run is None:
            self._run = run  # this node began after it
        if run != self._run:
            self._was_copied = True
            return "this one"
        was_copied, self._was_copied = self._was_copied, False
        return "another one" if was_copied else None

    def carry_out(self, action: ForHelper) -> None:
        if isinstance(action, Grant):
            self._granted[action.lease_id] = action.span.chunk_id
        else:
            self._granted.pop(action.lease_id, None)

    def forget_grants(self) -> None:
        self._granted.clear()

    async def next_chunk(self) -> ChunkId | None:
        """Return a chunk that was granted and that it has not heard of, else a new one; None if there is none."""
        if not self._granted:
            await self.session.wants_one_now()
        return self._granted.pop(min(self._granted)) if self._granted else None
