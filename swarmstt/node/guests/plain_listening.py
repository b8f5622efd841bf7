"""Where guests and other programs are heard over plain HTTP: on the page's port of this PC's other addresses, while
somebody may come."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
from collections.abc import Callable, Sequence
from typing import Protocol

from swarmstt.errors import LocalError
from swarmstt.node.guests.invitation_url import base_url
from swarmstt.swarm.network.interfaces import lan_address, own_addresses
from swarmstt.swarm.network.listening import listening_sockets

logger = logging.getLogger(__name__)


class Listening(Protocol):
    """Listens on the PC's other addresses; `Outside` of the web room."""

    @property
    def addresses(self) -> frozenset[str]: ...

    async def open(self, address: str, listening: socket.socket) -> None: ...

    async def close(self, address: str) -> None: ...

    async def close_all(self) -> None: ...


def addresses_for_guests(interfaces: Sequence[str]) -> set[str]:
    """Returns where guests may come: loopback has the page, and link-local IPv6 addresses cannot stand in a URL."""
    found = {each.ip: ipaddress.ip_address(each.ip) for each in own_addresses(interfaces)}
    return {
        ip for ip, address in found.items() if not address.is_loopback and not (":" in ip and address.is_link_local)
    }


class PlainListening:
    """Follows the PC's addresses with `listening`, on that port; of the interfaces named, if any. `also_wanted` says
    whether somebody may come who has no invitation."""

    def __init__(
        self,
        listening: Listening,
        port: int,
        interfaces: Sequence[str],
        *,
        addresses: Callable[[Sequence[str]], set[str]] = addresses_for_guests,
        bind: Callable[[Sequence[str], int], list[socket.socket]] = listening_sockets,
        also_wanted: Callable[[], bool] = lambda: False,
    ) -> None:
        self._listening = listening
        self.port = port
        self.interfaces = interfaces
        self._addresses = addresses
        self._bind = bind
        self._also_wanted = also_wanted
        self._is_wanted = False
        self._turn = asyncio.Lock()
        self._complained: set[str] = set()
        self._is_closed = False

    @property
    def is_open(self) -> bool:
        return bool(self._listening.addresses)

    async def look(self, *, wanted: bool) -> None:
        """Listens on all addresses of this moment if it is `wanted`, and nowhere else."""
        async with self._turn:
            if self._is_closed:
                return
            self._is_wanted = wanted
            is_wanted = wanted or self._also_wanted()
            addresses = await asyncio.to_thread(self._addresses, self.interfaces) if is_wanted else set()
            for address in self._listening.addresses - addresses:
                await self._listening.close(address)
            for address in sorted(addresses - self._listening.addresses):
                await self._open(address)

    async def look_again(self) -> None:
        """Does so once more, after what `also_wanted` says has changed."""
        await self.look(wanted=self._is_wanted)

    async def base(self) -> str | None:
        """Returns where others in this network reach that port of this PC; None if they do not."""
        host = await asyncio.to_thread(lan_address, self.interfaces)
        return None if host is None or ipaddress.ip_address(host).is_loopback else base_url("http", host, self.port)

    async def close(self) -> None:
        """Listens nowhere from now on."""
        async with self._turn:
            self._is_closed = True
            await self._listening.close_all()

    async def _open(self, address: str) -> None:
        try:
            (bound,) = self._bind([address], self.port)
        except LocalError as error:
            if address not in self._complained:
                logger.warning("Guests cannot come by %s, port %d: %s", address, self.port, error.message)
            self._complained.add(address)
            return
        self._complained.discard(address)
        await self._listening.open(address, bound)
