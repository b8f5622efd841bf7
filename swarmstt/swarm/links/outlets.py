"""Who gets what a coordinator wants of a helper: an outlet for each helper that is here."""

from __future__ import annotations

from typing import Protocol, TypeAlias

from swarmstt.core.scheduling.actions import Acknowledge, Grant, StopLease
from swarmstt.ids import HelperId

ForHelper: TypeAlias = Grant | StopLease | Acknowledge


class Outlet(Protocol):
    """One helper's, such as the sending end of its link."""

    def carry_out(self, action: ForHelper) -> None:
        """Take an action for the helper, and do not block: the driver waits."""


class Outlets:
    """The outlets of all helpers of one coordinator."""

    def __init__(self) -> None:
        self._by_helper: dict[HelperId, Outlet] = {}

    def open(self, helper_id: HelperId, outlet: Outlet) -> None:
        """Send the helper's actions there from now on. A newer outlet replaces an older one."""
        self._by_helper[helper_id] = outlet

    def close(self, helper_id: HelperId, outlet: Outlet) -> bool:
        """Send nothing there any more; return whether it was the helper's outlet until now."""
        if self._by_helper.get(helper_id) is not outlet:
            return False
        del self._by_helper[helper_id]
        return True

    def carry_out(self, action: ForHelper) -> None:
        """Hand an action to its helper. One that is away gets nothing: when it comes back it says itself what it
        holds, and is answered then."""
        if (outlet := self._by_helper.get(action.helper_id)) is not None:
            outlet.carry_out(action)
