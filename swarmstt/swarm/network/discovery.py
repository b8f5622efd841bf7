"""Finds other nodes on this network by mDNS, and lets them find this one.

Each node has one entry of the service `_swarmstt._tcp.local.`, named by its id, whatever number of interfaces it has.
The entry says nothing of the person or the PC, and carries a proof by the swarm key. The entry of a node whose door is
open says that too; any other is of no interest without the proof. When the PC's addresses change (Wi-Fi to cable,
sleep), everything is announced again.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from swarmstt.core.membership.addresses import Address, Reachable
from swarmstt.core.membership.door_status import DoorStatus
from swarmstt.ids import NodeId
from swarmstt.swarm.network.adverts import Advert, advert_in, label_of
from swarmstt.swarm.network.interfaces import InterfaceAddress, own_addresses
from swarmstt.swarm.trust.proofs import advertise
from swarmstt.tasks import TaskSet

if TYPE_CHECKING:
    from zeroconf import ServiceStateChange, Zeroconf
    from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

logger = logging.getLogger(__name__)

SERVICE = "_swarmstt._tcp.local."
LOOK_SECONDS = 3.0
"""Between looks at this PC's addresses."""
RESOLVE_MILLISECONDS = 3000
_MOST_RESOLVING = 32
_MOST_WAITING = 512
"""Names that wait to be looked up, the newest first; others are passed over until they announce themselves again."""
_MOST_FOUND = 1024


Announced = Callable[[Advert], None]
Withdrawn = Callable[[NodeId], None]
OwnAnnounced = Callable[[tuple[Address, ...]], None]


class Discovery:
    """Announces this node and listens for others, while it runs. `on_announced` and `on_withdrawn` are called on the
    loop, and `on_own` with addresses that are announced under this node's id and are not this PC's. `own` returns the
    swarm key and the door status that the node has now. Call `own_changed` when one of them has changed."""

    def __init__(
        self,
        node_id: NodeId,
        port: int,
        interfaces: Sequence[str],
        *,
        own: Callable[[], tuple[bytes, DoorStatus | None]],
        on_announced: Announced,
        on_withdrawn: Withdrawn,
        on_own: OwnAnnounced = lambda addresses: None,
    ) -> None:
        self._node_id = node_id
        self._own = own
        self._stale = asyncio.Event()
        self._announced: dict[str, str] = {}
        self._port = port
        self._interfaces = tuple(interfaces)
        self._reachable = Reachable.of(interfaces)
        self._on_announced = on_announced
        self._on_withdrawn = on_withdrawn
        self._on_own = on_own
        self._found: dict[str, NodeId] = {}
        self._resolving: set[str] = set()
        self._waiting: dict[str, None] = {}
        self._has_failed = False
        self._tasks = TaskSet()
        self._zeroconf: AsyncZeroconf | None = None
        self._browser: AsyncServiceBrowser | None = None

    def own_changed(self) -> None:
        """Announces what `own` returns now."""
        self._stale.set()

    async def run(self) -> None:
        """Announces and listens until cancelled; begins again whenever the PC's addresses have changed."""
        current: list[InterfaceAddress] = []
        try:
            while True:
                addresses = await asyncio.to_thread(own_addresses, self._interfaces)
                if addresses != current:
                    await self._stop()
                    if addresses and not await self._start(addresses):
                        addresses = []  # not ready yet: a moment later it may be
                    current = addresses
                elif self._zeroconf is not None and self._announced != self._properties():
                    await self._announce_again(addresses)
                self._stale.clear()
                await self._wait()
        finally:
            await self._stop()

    async def _wait(self) -> None:
        """Waits until it is time for a look, or there is something to announce."""
        stale: asyncio.Future[Any] = asyncio.ensure_future(self._stale.wait())
        failed: asyncio.Future[Any] = self._tasks.failed
        try:
            await asyncio.wait({failed, stale}, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stale.cancel()
        if self._tasks.failed.done():
            self._tasks.failed.result()

    async def _announce_again(self, addresses: list[InterfaceAddress]) -> None:
        from zeroconf import Error

        assert self._zeroconf is not None
        try:
            self._tasks.start(_finish(await self._zeroconf.async_update_service(self._entry(addresses))))
        except (Error, OSError, RuntimeError) as error:
            logger.warning("This PC cannot tell its network what changed: %s. It tries again.", error)
            self._announced = {}

    async def _start(self, addresses: list[InterfaceAddress]) -> bool:
        # zeroconf is heavy, and only a node that is up needs it.
        from zeroconf import Error, IPVersion
        from zeroconf.asyncio import AsyncServiceBrowser, AsyncZeroconf

        interfaces: list[str | int] = [each.ip for each in addresses if not each.is_ipv6]
        interfaces += sorted({each.index for each in addresses if each.is_ipv6 and each.index})
        versions = {isinstance(each, str) for each in interfaces}
        version = IPVersion.All if len(versions) == 2 else IPVersion.V4Only if True in versions else IPVersion.V6Only
        try:
            self._zeroconf = AsyncZeroconf(interfaces=interfaces, ip_version=version)
            info = self._entry(addresses)
            # The name is the node's own, so nobody has to be asked whether it is free.
            announced = await self._zeroconf.async_register_service(info, cooperating_responders=True)
        except (Error, OSError, RuntimeError) as error:
            logger.warning("This PC cannot look for others on its network: %s. It tries again.", error)
            await self._stop()
            return False
        self._tasks.start(_finish(announced))
        self._browser = AsyncServiceBrowser(self._zeroconf.zeroconf, SERVICE, handlers=[self._on_change])
        logger.debug("Announced at %s.", ", ".join(each.ip for each in addresses))
        return True

    async def _stop(self) -> None:
        self._waiting.clear()
        await self._tasks.close()
        self._tasks = TaskSet()
        self._resolving.clear()
        zeroconf, browser = self._zeroconf, self._browser
        self._zeroconf = self._browser = None
        if browser is not None:
            await browser.async_cancel()
        if zeroconf is not None:
            await zeroconf.async_close()  # says goodbye
        for name in list(self._found):
            self._lost(name)

    def _properties(self) -> dict[str, str]:
        swarm_key, door_status = self._own()
        properties = {"id": self._node_id, "proof": advertise(swarm_key, self._node_id, self._port)}
        if door_status is not None:
            properties |= {
                "swarm": door_status.swarm_id,
                "door": "open" if door_status.open else "shut",
                "young": str(int(door_status.provisional)),
            }
        return properties

    def _entry(self, addresses: list[InterfaceAddress]) -> AsyncServiceInfo:
        from zeroconf.asyncio import AsyncServiceInfo

        label = label_of(self._node_id)
        families = (socket.AF_INET, socket.AF_INET6)
        packed = [socket.inet_pton(families[each.is_ipv6], each.ip) for each in addresses]
        self._announced = self._properties()
        return AsyncServiceInfo(
            SERVICE,
            f"{label}.{SERVICE}",
            port=self._port,
            addresses=list(dict.fromkeys(packed)),
            server=f"{label}.local.",
            properties=self._announced,
        )

    def _on_change(self, zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        """Called by zeroconf on the loop."""
        from zeroconf import ServiceStateChange

        if state_change is ServiceStateChange.Removed:
            self._lost(name)
        elif not self._is_at_hand(zeroconf, name):
            self._waiting.pop(name, None)
            self._waiting[name] = None
            if len(self._waiting) > _MOST_WAITING:
                del self._waiting[next(iter(self._waiting))]
            self._resolve_next(zeroconf)

    def _is_at_hand(self, zeroconf: Zeroconf, name: str) -> bool:
        """Passes an entry on at once if all of it has come, as a node's own does. So none that is false, of which only
        a part comes, makes it wait for a place."""
        from zeroconf import Error
        from zeroconf.asyncio import AsyncServiceInfo

        try:
            info = AsyncServiceInfo(SERVICE, name)  # refuses a name that no service can have
            complete = info.load_from_cache(zeroconf)
        except Error as error:
            logger.debug("%s is not the name of a node: %s", name, error)
            return True
        if complete:
            self._pass_on(name, info)
        return complete

    def _resolve_next(self, zeroconf: Zeroconf) -> None:
        while self._waiting and len(self._resolving) < _MOST_RESOLVING:
            name, _ = self._waiting.popitem()
            if name not in self._resolving:
                self._resolving.add(name)
                self._tasks.start(self._resolve(zeroconf, name))

    def _lost(self, name: str) -> None:
        node_id = self._found.pop(name, None)
        if node_id is not None:
            self._on_withdrawn(node_id)

    async def _resolve(self, zeroconf: Zeroconf, name: str) -> None:
        """Asks for what an entry holds, and passes it on."""
        from zeroconf import Error
        from zeroconf.asyncio import AsyncServiceInfo

        try:
            info = AsyncServiceInfo(SERVICE, name)  # refuses a name that no service can have
            complete = await info.async_request(zeroconf, RESOLVE_MILLISECONDS)
            if complete:
                self._pass_on(name, info)
        except (Error, OSError) as error:
            logger.debug("%s could not be looked up: %s", name, error)
        finally:
            self._resolving.discard(name)
            self._resolve_next(zeroconf)

    def _pass_on(self, name: str, info: AsyncServiceInfo) -> None:
        try:
            advert = advert_in(info, self._reachable)
            if advert is not None and advert.node_id == self._node_id:
                self._tasks.start(self._tell_of_own(advert))
            elif advert is not None and name.startswith(label_of(advert.node_id)):
                self._note_found(name, advert.node_id)
                self._on_announced(advert)
        except Exception:  # a defect: whoever is on this network could end the node by it
            if not self._has_failed:
                logger.exception("An announcement could not be used.")
            self._has_failed = True

    async def _tell_of_own(self, advert: Advert) -> None:
        own = {each.ip for each in await asyncio.to_thread(own_addresses)} | {*self._interfaces}
        others = tuple(each for each in advert.addresses if each.host.partition("%")[0] not in own)
        if others:
            self._on_own(others)

    def _note_found(self, name: str, node_id: NodeId) -> None:
        if name not in self._found and len(self._found) >= _MOST_FOUND:
            self._lost(next(iter(self._found)))
        self._found[name] = node_id


async def _finish(announced: Awaitable[None]) -> None:
    """Waits until an announcement was repeated as often as is due."""
    await announced
