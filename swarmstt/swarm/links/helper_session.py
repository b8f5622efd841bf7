"""What a helper does, as events of its coordinator: the same for one behind a link, a guest, and any other.

Nothing that comes from a helper is taken as it comes: text becomes fit to be shown, and what cannot be is not believed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

from swarmstt.core.books import UNKNOWN_ENGINE, Provenance
from swarmstt.core.helper_kinds import POLICY, HelperKind
from swarmstt.core.scheduling import events
from swarmstt.core.scheduling.actions import AnyAction
from swarmstt.core.scheduling.events import AnyEvent, HelperOffer
from swarmstt.core.scheduling.rules import possible_speed
from swarmstt.core.work import ChunkResult
from swarmstt.display_text import MOST_REASON_LETTERS, one_line
from swarmstt.ids import HelperId, LeaseId
from swarmstt.swarm.links.driver import Driver
from swarmstt.swarm.links.outlets import Outlet, Outlets

Handled: TypeAlias = asyncio.Future[list[AnyAction]]
"""Done once what was said is on disk. Whoever need not know that does not wait for it."""


class HelperSession:
    """One helper and its coordinator. What the helper does is said here; what is wanted of it goes to its `outlet`
    from `joined` until `left`, or until another session of the same helper joins."""

    def __init__(
        self, helper_id: HelperId, kind: HelperKind, outlet: Outlet, *, driver: Driver, outlets: Outlets
    ) -> None:
        self.helper_id = helper_id
        self._kind: HelperKind = kind
        self._outlet = outlet
        self._driver = driver
        self._outlets = outlets

    def joined(self, offer: HelperOffer, holding: frozenset[LeaseId] = frozenset()) -> Handled:
        """It is here. `holding`: the leases that it still works on or has results for."""
        self._outlets.open(self.helper_id, self._outlet)
        return self._say(events.HelperJoined, kind=self._kind, offer=self._believed(offer), holding=holding)

    def changed(self, offer: HelperOffer) -> Handled:
        """It says something else of itself than before."""
        return self._say(events.HelperChanged, offer=self._believed(offer))

    def wants(self, total: int) -> Handled:
        """It takes so many chunks in all, counted since it joined."""
        return self._say(events.ChunksWanted, total=total)

    def wants_one_now(self) -> Handled:
        """It takes one chunk now or none: how helpers ask that do not ask by themselves."""
        return self._say(events.GuestAsked)

    def renewed(self, lease_id: LeaseId, progress: float | None = None) -> Handled:
        """It still works on this lease. `progress` from 0 to 1; None: not known."""
        return self._say(events.LeaseRenewed, lease_id=lease_id, progress=progress)

    def delivered(self, lease_id: LeaseId, result: ChunkResult) -> Handled:
        """It decoded a chunk."""
        provenance = _fit_to_show(result.provenance)
        return self._say(events.ChunkDelivered, lease_id=lease_id, transcript=result.transcript, provenance=provenance)

    def failed(self, lease_id: LeaseId, reason: str) -> Handled:
        """It cannot decode a chunk."""
        return self._say(events.ChunkFailed, lease_id=lease_id, reason=one_line(reason, MOST_REASON_LETTERS))

    def unreached(self, lease_id: LeaseId, reason: str) -> Handled:
        """The chunk could not be given to it, so its place is as free as before."""
        return self._say(events.ChunkFailed, lease_id=lease_id, reason=reason, reached=False)

    def returned(self, lease_id: LeaseId) -> Handled:
        """It hands a chunk back."""
        return self._say(events.ChunkReturned, lease_id=lease_id)

    def left(self) -> None:
        """It is here no more, unless another session of it is."""
        if self._outlets.close(self.helper_id, self._outlet):
            self._say(events.HelperLeft)

    def _say(self, event_type: Callable[..., AnyEvent], **values: Any) -> Handled:
        return self._driver.ask(event_type, helper_id=self.helper_id, **values)

    def _believed(self, offer: HelperOffer) -> HelperOffer:
        return replace(
            offer,
            name=one_line(offer.name) or "a PC",
            device=None if offer.device is None else one_line(offer.device),
            slots=min(max(offer.slots, 0), POLICY[self._kind].most_slots),
            speed=None if offer.speed is None else possible_speed(offer.speed),
        )


def _fit_to_show(provenance: Provenance) -> Provenance:
    return replace(
        provenance,
        helper_name=one_line(provenance.helper_name) or "a PC",
        model=one_line(provenance.model),
        device=one_line(provenance.device),
        compute_type=one_line(provenance.compute_type),
        engine=one_line(provenance.engine) or UNKNOWN_ENGINE,
    )
