"""Finds other nodes on this network by mDNS, and lets them find this one.

Each node has one entry of the service `_swarmstt._tcp.local.`, named by its id, whatever number of interfaces it has.
The entry says nothing of the person or the PC, and carries a proof by the swarm key. One of a node that is young or has
its door open says that too: others are of no interest without the proof. When the PC's addresses change (Wi-Fi to
cable, sleep) everything is told anew.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from swarmstt.core.addresses import Address
from swarmstt.core.door import Sign
from swarmstt.ids import NodeId
from swarmstt.swarm.interfaces import InterfaceAddress, own_addresses
from swarmstt.swarm.proofs import advertise, is_advertised
from swarmstt.tasks import TaskSet

if TYPE_CHECKING:
    from zeroconf import ServiceStateChange, Zeroconf
    from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

logger = logging.getLogger(__name__)

SERVICE = "_swarmstt._tcp.local."
LOOK_SECONDS = 3.0
"""Between looks at this PC's addresses."""
RESOLVE_MILLISECONDS = 3000
_NAME_LENGTH = 32
"""Hex digits of the node id in the entry's name: a label of the DNS has at most 63 characters."""
_MOST_RESOLVING = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Advert:
    """What a node's entry says of it. `sign`: of its door, for strangers; nothing of this is proven but by a link."""

    node_id: NodeId
    port: int
    addresses: tuple[Address, ...]
    proof: str
    sign: Sign | None

    def is_of(self, swarm_key: bytes) -> bool:
        """Whether who made the entry knows that key."""
        return is_advertised(self.proof, swarm_key, self.node_id, self.port)


Heard = Callable[[Advert], None]
Unheard = Callable[[NodeId], None]


class Discovery:
    """Announces this node and hears others, while it runs. `heard` and `unheard` are called on the loop; `own` gives
    the swarm key and the sign that the node has now, and `own_changed` is to be called when they are others."""

    def __init__(
        self,
        node_id: NodeId,
        port: int,
        interfaces: Sequence[str],
        *,
        own: Callable[[], tuple[bytes, Sign | None]],
        heard: Heard,
        unheard: Unheard,
    ) -> None:
        self._node_id = node_id
        self._own = own
        self._stale = asyncio.Event()
        self._announced: dict[str, str] = {}
        self._port = port
        self._interfaces = tuple(interfaces)
        self._heard = heard
        self._unheard = unheard
        self._found: dict[str, NodeId] = {}
        self._resolving: set[str] = set()
        self._tasks = TaskSet()
        self._zeroconf: AsyncZeroconf | None = None
        self._browser: AsyncServiceBrowser | None = None

    def own_changed(self) -> None:
        self._stale.set()

    async def run(self) -> None:
        """Announces and listens until cancelled; begins anew whenever the PC's addresses have changed."""
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
                    await self._announce_anew(addresses)
                self._stale.clear()
                await self._wait()
        finally:
            await self._stop()

    async def _wait(self) -> None:
        """Until it is time for a look, or there is something to tell."""
        stale: asyncio.Future[Any] = asyncio.ensure_future(self._stale.wait())
        failed: asyncio.Future[Any] = self._tasks.failed
        try:
            await asyncio.wait({failed, stale}, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stale.cancel()
        if self._tasks.failed.done():
            self._tasks.failed.result()

    async def _announce_anew(self, addresses: list[InterfaceAddress]) -> None:
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
        swarm_key, sign = self._own()
        said = {"id": self._node_id, "proof": advertise(swarm_key, self._node_id, self._port)}
        if sign is not None:
            said |= {"swarm": sign.swarm_id, "door": "open" if sign.open else "shut", "young": str(int(sign.young))}
        return said

    def _entry(self, addresses: list[InterfaceAddress]) -> AsyncServiceInfo:
        from zeroconf.asyncio import AsyncServiceInfo

        label = self._node_id[:_NAME_LENGTH]
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
        elif name not in self._resolving and len(self._resolving) < _MOST_RESOLVING:
            self._resolving.add(name)
            self._tasks.start(self._resolve(zeroconf, name))

    def _lost(self, name: str) -> None:
        node_id = self._found.pop(name, None)
        if node_id is not None:
            self._unheard(node_id)

    async def _resolve(self, zeroconf: Zeroconf, name: str) -> None:
        """Asks for what an entry holds, and passes it on."""
        from zeroconf import Error
        from zeroconf.asyncio import AsyncServiceInfo

        try:
            info = AsyncServiceInfo(SERVICE, name)  # refuses a name that no service can have
            complete = await info.async_request(zeroconf, RESOLVE_MILLISECONDS)
        except (Error, OSError) as error:
            logger.debug("%s could not be looked up: %s", name, error)
            return
        finally:
            self._resolving.discard(name)
        if not complete or info.port is None:
            return
        said = {
            key.decode("ascii", "replace"): (value or b"").decode("ascii", "replace")
            for key, value in info.properties.items()
        }
        node_id = NodeId(said.get("id", ""))
        if node_id == self._node_id or not is_node_id(node_id) or not name.startswith(node_id[:_NAME_LENGTH]):
            return
        self._found[name] = node_id
        hosts = [host for host in info.parsed_scoped_addresses() if _can_be_dialled(host)]
        addresses = tuple(Address(host, info.port) for host in hosts)
        proof = said.get("proof", "")
        self._heard(Advert(node_id=node_id, port=info.port, addresses=addresses, proof=proof, sign=_sign_in(said)))


def is_node_id(text: str) -> bool:
    return len(text) == 64 and set(text) <= set("0123456789abcdef")


def _sign_in(said: dict[str, str]) -> Sign | None:
    if "swarm" not in said:
        return None
    return Sign(swarm_id=said["swarm"], young=said.get("young") == "1", open=said.get("door") == "open")


def _can_be_dialled(host: str) -> bool:
    """A link-local IPv6 address is of no use without the interface that it is on."""
    return "%" in host or not (":" in host and ipaddress.ip_address(host).is_link_local)


async def _finish(announced: Awaitable[None]) -> None:
    """Waits until an announcement was repeated as often as is due."""
    await announced
