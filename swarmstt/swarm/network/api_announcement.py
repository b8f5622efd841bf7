"""Tells programs on this network by mDNS that this PC takes recordings, while it does.

The entry of the service `_swarmstt-api._tcp.local.` names a port and the path under which the API is. It holds no
token: whoever finds it asks its person for an address.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from swarmstt.ids import NodeId
from swarmstt.swarm.network.adverts import label_of
from swarmstt.swarm.network.interfaces import InterfaceAddress, own_addresses
from swarmstt.tasks import TaskSet, happens

if TYPE_CHECKING:
    from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

logger = logging.getLogger(__name__)

API_SERVICE = "_swarmstt-api._tcp.local."
LOOK_SECONDS = 5.0
"""Between looks at this PC's addresses."""
PATH = "/v1"


class ApiAnnouncement:
    """Announces what `port` returns, as long as that is a port. Call `changed` when it may be another."""

    def __init__(self, node_id: NodeId, interfaces: Sequence[str], port: Callable[[], int | None]) -> None:
        self._node_id = node_id
        self._interfaces = tuple(interfaces)
        self._port = port
        self._stale = asyncio.Event()
        self._zeroconf: AsyncZeroconf | None = None
        self._tasks = TaskSet()

    def changed(self) -> None:
        self._stale.set()

    async def run(self) -> None:
        """Announces until cancelled; again whenever the PC's addresses have changed."""
        current: tuple[int | None, list[InterfaceAddress]] = (None, [])
        try:
            while True:
                port = self._port()
                addresses = await asyncio.to_thread(own_addresses, self._interfaces) if port is not None else []
                if (port, addresses) != current:
                    await self._stop()
                    current = (port, addresses)
                    if port is not None and addresses and not await self._start(port, addresses):
                        current = (None, [])  # not ready yet: a moment later it may be
                await happens(self._stale, LOOK_SECONDS)
                self._stale.clear()
        finally:
            await self._stop()
            await self._tasks.close()

    async def _start(self, port: int, addresses: list[InterfaceAddress]) -> bool:
        from zeroconf import Error, IPVersion
        from zeroconf.asyncio import AsyncZeroconf

        interfaces: list[str | int] = [each.ip for each in addresses if not each.is_ipv6]
        interfaces += sorted({each.index for each in addresses if each.is_ipv6 and each.index})
        versions = {isinstance(each, str) for each in interfaces}
        version = IPVersion.All if len(versions) == 2 else IPVersion.V4Only if True in versions else IPVersion.V6Only
        try:
            self._zeroconf = AsyncZeroconf(interfaces=interfaces, ip_version=version)
            announced = await self._zeroconf.async_register_service(
                self._entry(port, addresses), cooperating_responders=True
            )
        except (Error, OSError, RuntimeError) as error:
            logger.warning("Programs on this network cannot be told of this PC: %s. It tries again.", error)
            await self._stop()
            return False
        self._tasks.start(_finish(announced))
        return True

    def _entry(self, port: int, addresses: list[InterfaceAddress]) -> AsyncServiceInfo:
        from zeroconf.asyncio import AsyncServiceInfo

        label = label_of(self._node_id)
        families = (socket.AF_INET, socket.AF_INET6)
        return AsyncServiceInfo(
            API_SERVICE,
            f"{label}.{API_SERVICE}",
            port=port,
            addresses=[socket.inet_pton(families[each.is_ipv6], each.ip) for each in addresses],
            server=f"{label}-api.local.",
            properties={"path": PATH, "auth": "token"},
        )

    async def _stop(self) -> None:
        await self._tasks.cancel()
        zeroconf, self._zeroconf = self._zeroconf, None
        if zeroconf is not None:
            await zeroconf.async_close()  # says goodbye


async def _finish(announced: Awaitable[None]) -> None:
    """Waits until an announcement was repeated as often as is due."""
    await announced
