"""One guest as its node sees it: its session with the coordinator, and what was granted to it."""

from __future__ import annotations

from swarmstt.core.scheduling.actions import Grant
from swarmstt.ids import ChunkId, HelperId, LeaseId
from swarmstt.swarm.links.driver import Driver
from swarmstt.swarm.links.helper_session import HelperSession
from swarmstt.swarm.links.outlets import ForHelper, Outlets


class Guest:
    """A guest that was heard since this node began; the Outlet of its session.

    A chunk that was granted while the guest's connection broke off is its next one.
    """

    def __init__(self, helper_id: HelperId, driver: Driver, outlets: Outlets) -> None:
        self.session = HelperSession(helper_id, "guest", self, driver=driver, outlets=outlets)
        self.heard_at = 0.0
        self.promised_heartbeats = False
        self._granted: dict[LeaseId, ChunkId] = {}

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
