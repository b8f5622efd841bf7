"""Whether this PC can be found on its networks: a node's announcement, made and heard on each interface by itself."""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from swarmstt.swarm.network.interfaces import InterfaceAddress, own_addresses

if TYPE_CHECKING:
    from zeroconf import ServiceStateChange, Zeroconf

TRIAL_SERVICE = "_swarmstt-try._tcp.local."
"""Not the nodes' own: nobody else is to take the trial for a PC."""
HEAR_SECONDS = 4.0
"""An announcement is sent at once and once more a second later."""


async def hearing(only: Sequence[str], seconds: float = HEAR_SECONDS) -> dict[InterfaceAddress, bool]:
    """For one address of each interface (IPv4 where it has one): whether it hears what it announces."""
    chosen: dict[str, InterfaceAddress] = {}
    for each in await asyncio.to_thread(own_addresses, only):
        chosen.setdefault(each.interface, each)  # IPv4 comes first
    heard = await asyncio.gather(*(hears_itself(each, seconds) for each in chosen.values()))
    return dict(zip(chosen.values(), heard, strict=True))


async def hears_itself(address: InterfaceAddress, seconds: float = HEAR_SECONDS) -> bool:
    """Announces something there, and listens for it with a second socket."""
    # zeroconf is heavy, and only this check needs it here.
    from zeroconf import IPVersion
    from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

    trial = f"{secrets.token_hex(8)}.{TRIAL_SERVICE}"
    heard = asyncio.Event()

    def notice(zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        del zeroconf, service_type, state_change
        if name == trial:
            heard.set()

    where: list[str | int] = [address.index if address.is_ipv6 else address.ip]
    version = IPVersion.V6Only if address.is_ipv6 else IPVersion.V4Only
    closing: list[Callable[[], Awaitable[None]]] = []
    try:
        listener = AsyncZeroconf(interfaces=where, ip_version=version)
        closing.append(listener.async_close)
        browser = AsyncServiceBrowser(listener.zeroconf, TRIAL_SERVICE, handlers=[notice])
        closing.append(browser.async_cancel)
        speaker = AsyncZeroconf(interfaces=where, ip_version=version)
        closing.append(speaker.async_close)
        family = socket.AF_INET6 if address.is_ipv6 else socket.AF_INET
        packed = [socket.inet_pton(family, address.ip)]
        info = AsyncServiceInfo(TRIAL_SERVICE, trial, port=9, addresses=packed, server=f"{trial[:16]}.local.")
        announcing = await speaker.async_register_service(info, cooperating_responders=True)
        repeating = asyncio.ensure_future(announcing)
        try:
            await asyncio.wait_for(heard.wait(), seconds)
        finally:
            repeating.cancel()
            await asyncio.gather(repeating, return_exceptions=True)
    except (OSError, RuntimeError, asyncio.TimeoutError):
        return False
    finally:
        for close in reversed(closing):
            await close()
    return True
