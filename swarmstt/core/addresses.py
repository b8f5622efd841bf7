"""Where a node listens."""

from __future__ import annotations

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


def parse_address(text: str, default_port: int | None = None) -> Address | None:
    """The address in HOST:PORT or [IPV6]:PORT, or without a port where there is a default; None for what is none."""
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
