"""This PC's network addresses."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True, order=True)
class InterfaceAddress:
    """An IP address (without scope) of an interface; `index` is the system's number of the interface, 0 if unknown."""

    ip: str
    interface: str
    index: int

    @property
    def is_ipv6(self) -> bool:
        return ":" in self.ip


def own_addresses(only: Sequence[str] = ()) -> list[InterfaceAddress]:
    """Returns the addresses of the interfaces that are up: those named, or all but loopback ones. IPv4 comes first."""
    wanted = {_plain(each) for each in only}
    states = psutil.net_if_stats()
    found = [
        InterfaceAddress(ip=_plain(each.address), interface=name, index=_index(name))
        for name, addresses in psutil.net_if_addrs().items()
        for each in addresses
        if each.family in (socket.AF_INET, socket.AF_INET6) and (name not in states or states[name].isup)
    ]
    chosen = [each for each in found if (each.ip in wanted if wanted else _is_shared(each.ip))]
    return sorted(set(chosen), key=lambda each: (each.is_ipv6, each))


def lan_address(only: Sequence[str] = ()) -> str | None:
    """Returns the address at which others in this network most probably reach this PC; None if there is no network."""
    addresses = own_addresses(only)
    if only:
        return addresses[0].ip if addresses else None
    routed = _routed_address()
    private = [each.ip for each in addresses if ipaddress.ip_address(each.ip).is_private]
    known = {each.ip for each in addresses}
    if routed in known:
        return routed
    return next(iter([*private, *(each.ip for each in addresses)]), None)


def _routed_address() -> str | None:
    """Returns the address from which packets leave for elsewhere. Nothing is sent: to connect UDP only picks it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # RFC 5737: nobody's address
        except OSError:
            return None
        ip: str = probe.getsockname()[0]
        return ip


def _plain(address: str) -> str:
    """Returns an address as ipaddress writes it, without a scope."""
    return str(ipaddress.ip_address(address.partition("%")[0]))


def _is_shared(ip: str) -> bool:
    address = ipaddress.ip_address(ip)
    return not (address.is_loopback or address.is_unspecified or address.is_multicast)


def _index(interface: str) -> int:
    try:
        return socket.if_nametoindex(interface)
    except OSError:
        return 0
