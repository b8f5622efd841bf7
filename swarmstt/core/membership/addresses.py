"""Where a node listens."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

DEFAULT_SWARM_PORT = 8765
_LONGEST_HOST = 253
"""Of a name in the DNS; addresses are shorter."""


@dataclass(frozen=True, slots=True)
class Address:
    """A host (a name, an IPv4 or an IPv6 address, the last perhaps with its scope: fe80::1%eth0) and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reachable:
    """Which hosts may be dialled that others name. Where a person has this node go, it goes anyway.

    `loopback`: this node listens on loopback only, and so do its peers; a node that others reach never dials what
    listens on its own PC because somebody says so.
    """

    loopback: bool = False

    @classmethod
    def of(cls, interfaces: Iterable[str]) -> Reachable:
        """Returns what a node may dial that listens on these IP addresses (none: on all)."""
        found = [ip_of(each) for each in interfaces]
        return cls(loopback=bool(found) and all(each is not None and each.is_loopback for each in found))

    def takes(self, host: str, *, heard_here: bool = False) -> bool:
        """Returns True if this host may be dialled. `heard_here`: this node has it from its own network, and not from
        another node; only then a link-local address means something, an IPv6 one if it says on which interface. A host
        in other letters than those of ASCII becomes another one on the way: full-width digits are an address, too."""
        if not host.isascii():
            return False
        ip = ip_of(host)
        if ip is None:
            return not (host.lower().rstrip(".") + ".").endswith("localhost.")
        if ip.is_loopback:
            return self.loopback
        if ip.is_link_local:
            return heard_here and (ip.version == 4 or "%" in host)
        return not (ip.is_unspecified or ip.is_multicast or ip.is_reserved)


def ip_of(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Parses an IP address, perhaps with its scope; None for a name. An IPv4 address in IPv6 is one of IPv4."""
    try:
        ip = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return getattr(ip, "ipv4_mapped", None) or ip


def is_port(number: int) -> bool:
    return 1 <= number <= 65535


def parse_address(text: str, default_port: int | None = None) -> Address | None:
    """Parses HOST:PORT or [IPV6]:PORT, or either without a port if there is a default. None if it is not an address."""
    if text.startswith("["):
        host, closed, rest = text[1:].partition("]")
        port_text = rest[1:] if rest.startswith(":") else None if not rest else ""
        fits = bool(closed) and ":" in host
    elif text.count(":") > 1:
        host, port_text, fits = text, None, True
    else:
        host, colon, after = text.partition(":")
        port_text, fits = after if colon else None, True
    if not fits or not host or len(host) > _LONGEST_HOST or not host.isprintable() or set(host) & set(" /@?#[]\\"):
        return None
    if port_text is None:
        return None if default_port is None else Address(host, default_port)
    if not (port_text.isascii() and port_text.isdigit() and len(port_text) <= 5 and 1 <= int(port_text) <= 65535):
        return None
    return Address(host, int(port_text))
