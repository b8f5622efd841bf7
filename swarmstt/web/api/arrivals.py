"""Connections that have not shown yet that they may stay: there are only so many, each for a short time.

Whoever opens connections and sends nothing, or half of a request, keeps nobody out: a new one always finds room. If its
address has too many, the oldest of these gives way; if there are too many in all, the oldest of the address with most.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

MOST_ARRIVALS = 64
MOST_OF_AN_ADDRESS = 8
ARRIVAL_SECONDS = 10.0

MakeProtocol = Callable[[], asyncio.Protocol]


@dataclass(slots=True, kw_only=True, eq=False)
class _Arrival:
    transport: asyncio.Transport
    host: str
    timer: asyncio.TimerHandle


class Arrivals:
    """Bounds the connections of one application, until each is settled. `most_of_an_address` None: only in all."""

    def __init__(
        self,
        *,
        most: int = MOST_ARRIVALS,
        most_of_an_address: int | None = MOST_OF_AN_ADDRESS,
        seconds: float = ARRIVAL_SECONDS,
    ) -> None:
        self._most = most
        self._most_of_an_address = most_of_an_address
        self._seconds = seconds
        self._arrivals: dict[asyncio.BaseTransport, _Arrival] = {}

    def __len__(self) -> int:
        return len(self._arrivals)

    def receiving(self, make_protocol: MakeProtocol) -> MakeProtocol:
        """Returns what makes the protocols of a server whose connections are bounded."""
        return lambda: _Receiving(self, make_protocol)

    def settle(self, transport: asyncio.BaseTransport | None) -> None:
        """Lets this connection stay: it is not counted any more."""
        arrival = None if transport is None else self._arrivals.pop(transport, None)
        if arrival is not None:
            arrival.timer.cancel()

    def come(self, transport: asyncio.Transport) -> None:
        """Counts a new connection; if there is no room for it, an older one gives way."""
        for gone in [each for each in self._arrivals if each.is_closing()]:
            self.settle(gone)
        peer = transport.get_extra_info("peername")
        host = str(peer[0]) if peer else ""
        counts = Counter(each.host for each in self._arrivals.values())
        if self._most_of_an_address is not None and counts[host] >= self._most_of_an_address:
            self._turn_away_one_of(host)
        elif len(self._arrivals) >= self._most:
            self._turn_away_one_of(max(counts, key=lambda each: counts[each]))
        timer = asyncio.get_running_loop().call_later(self._seconds, self._late, transport)
        self._arrivals[transport] = _Arrival(transport=transport, host=host, timer=timer)

    def _turn_away_one_of(self, host: str) -> None:
        """The oldest: whoever may stay says so at once."""
        self._turn_away(next(each for each in self._arrivals.values() if each.host == host))

    def _late(self, transport: asyncio.BaseTransport) -> None:
        arrival = self._arrivals.get(transport)
        if arrival is not None:
            self._turn_away(arrival)

    def _turn_away(self, arrival: _Arrival) -> None:
        self.settle(arrival.transport)
        arrival.transport.abort()


class _Receiving(asyncio.Protocol):
    """Has a new connection counted, and hands it on to its protocol."""

    def __init__(self, arrivals: Arrivals, make_protocol: MakeProtocol) -> None:
        self._arrivals = arrivals
        self._make_protocol = make_protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._arrivals.come(transport)
        protocol = self._make_protocol()
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
