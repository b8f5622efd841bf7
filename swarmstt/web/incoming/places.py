"""The connections of guests that have shown a valid token: how many there may be, and how long one may be idle.

Other connections are bounded where they are taken in: on the PC's other addresses and loopback by `Arrivals`, on the
swarm port by its gate.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from aiohttp import web

from swarmstt.web.api.arrivals import Arrivals

MOST_CONNECTIONS = 256
MOST_OF_AN_ADDRESS = 64
"""A tunnel or reverse proxy on this PC is at a loopback address: that has no bound of its own."""
MOST_OF_AN_INVITATION = 64
IDLE_SECONDS = 60.0
"""A guest asks each three seconds, and its WebSocket is a request that goes on."""

ComesIn = Callable[[web.Request], Callable[[], None]]
"""Is called when the connection of this request has a guest's place, and returns what is called when it has none any
more."""


def _ignore() -> None:
    """Does nothing."""


def keep_nothing(request: web.Request) -> Callable[[], None]:
    """A ComesIn for an application that is served without bounds on strangers."""
    del request
    return _ignore


def settling(arrivals: Arrivals) -> ComesIn:
    """A ComesIn for connections that these arrivals count until then."""

    def settle(request: web.Request) -> Callable[[], None]:
        arrivals.settle(request.transport)
        return _ignore

    return settle


@dataclass(slots=True, kw_only=True, eq=False)
class _Place:
    transport: asyncio.Transport
    host: str
    invitation_id: str
    left: Callable[[], None]
    timer: asyncio.TimerHandle | None = None
    """Runs while the connection is idle."""


class Places:
    """The places of guests on all ports together."""

    def __init__(
        self,
        *,
        most: int = MOST_CONNECTIONS,
        most_of_an_address: int = MOST_OF_AN_ADDRESS,
        most_of_an_invitation: int = MOST_OF_AN_INVITATION,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._most = most
        self._most_of_an_address = most_of_an_address
        self._most_of_an_invitation = most_of_an_invitation
        self._idle_seconds = idle_seconds
        self._places: dict[asyncio.BaseTransport, _Place] = {}

    def __len__(self) -> int:
        return len(self._places)

    @contextmanager
    def taken(self, request: web.Request, invitation_id: str, comes_in: ComesIn) -> Iterator[bool]:
        """Yields True if the connection of this request has a place; it is not idle until the context is left."""
        place = self._place(request, invitation_id, comes_in)
        if place is None:
            yield False
            return
        if place.timer is not None:
            place.timer.cancel()
        try:
            yield True
        finally:
            loop = asyncio.get_running_loop()
            place.timer = loop.call_later(self._idle_seconds, self._end, place)

    def end_of(self, invitation_id: str) -> None:
        """Ends all connections of that invitation's guests."""
        for place in [each for each in self._places.values() if each.invitation_id == invitation_id]:
            self._end(place)

    def _place(self, request: web.Request, invitation_id: str, comes_in: ComesIn) -> _Place | None:
        transport = request.transport
        if transport is None:
            return None  # it has gone already
        if transport not in self._places:
            host = str(transport.get_extra_info("peername")[0])
            if not self._has_room(host, invitation_id):
                return None
            self._places[transport] = _Place(
                transport=transport, host=host, invitation_id=invitation_id, left=comes_in(request)
            )
        return self._places[transport]

    def _has_room(self, host: str, invitation_id: str) -> bool:
        for place in [each for each in self._places.values() if each.transport.is_closing()]:
            self._end(place)
        places = self._places.values()
        if sum(each.invitation_id == invitation_id for each in places) >= self._most_of_an_invitation:
            return False
        if not _is_loopback(host) and sum(each.host == host for each in places) >= self._most_of_an_address:
            return False
        return len(places) < self._most or self._one_gave_way()

    def _one_gave_way(self) -> bool:
        """Ends the idle connection that has been here longest, of the invitation that has most; False if none is
        idle."""
        idle = [each for each in self._places.values() if each.timer is not None and not each.timer.cancelled()]
        if not idle:
            return False
        counts = Counter(each.invitation_id for each in self._places.values())
        self._end(max(idle, key=lambda each: counts[each.invitation_id]))
        return True

    def _end(self, place: _Place) -> None:
        """Frees a place; whatever is done for it breaks off."""
        if self._places.pop(place.transport, None) is None:
            return
        if place.timer is not None:
            place.timer.cancel()
        place.transport.abort()
        place.left()


def _is_loopback(host: str) -> bool:
    return ipaddress.ip_address(host.partition("%")[0]).is_loopback
