"""The address of an invitation: how it is written, and what it says of the way to the node that made it.

Over TLS it is `https://HOST:8765/join/SECRET.FINGERPRINT`, where FINGERPRINT is the SHA-256 of the node's certificate
in base64url. To the node both together are the token. The fingerprint stands in the path, not after a #: so it is not
lost where addresses are copied or shortened, no shell takes it for something else, and what is appended to the address
is a row of the API. Over plain HTTP it is `http://HOST:8000/join/SECRET`; a tunnel that ends TLS makes `https` of it.
"""

from __future__ import annotations

import base64
import ipaddress
import re
import secrets
from dataclasses import dataclass

from yarl import URL

from swarmstt.errors import UsageError
from swarmstt.ids import NodeId

JOIN = "/join/"
_SECRET_BYTES = 32
_URL = re.compile(r"(?P<scheme>https?)://[^/\s]+(/\S*)?/join/[\w-]{20,}(\.(?P<fingerprint>[\w-]{43}))?/?")
_SOMETHING_LACKS = "Copy the whole address that `swarmstt invite` printed, or ask for a new one."


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationUrl:
    """`url` has no slash at its end. `fingerprint`: the SHA-256 of the only certificate that its token may be sent to;
    None: of any that this PC's system trusts, or over plain HTTP."""

    url: str
    fingerprint: bytes | None

    @property
    def is_read_on_the_way(self) -> bool:
        """Returns True if what is sent goes through networks as it is."""
        address = URL(self.url)
        return address.scheme == "http" and not _is_loopback(address.host or "")

    @property
    def place(self) -> str:
        """Host and port: what may be shown and logged."""
        return URL(self.url).authority


def new_token(pinned: NodeId | None) -> str:
    """Returns a random token. `pinned`: the node whose certificate is to be pinned; None for plain HTTP."""
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    return secret if pinned is None else f"{secret}.{_to_text(bytes.fromhex(pinned))}"


def base_url(scheme: str, host: str, port: int) -> str:
    """Returns such as `https://192.168.1.7:8765`."""
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def parse_invitation(url: str) -> InvitationUrl:
    """Reads an address as a person gave it; UsageError for what is not an invitation."""
    match = _URL.fullmatch(url)
    if match is None:
        raise UsageError(
            f"{url[:200]!r} is not an invitation (expected such as https://192.168.1.5:8765/join/TOKEN). "
            + _SOMETHING_LACKS
        )
    text = match["fingerprint"]
    if text is None:
        return InvitationUrl(url=url.rstrip("/"), fingerprint=None)
    if match["scheme"] != "https":
        raise UsageError("That invitation is for https, not for http: its address begins with https://.")
    fingerprint = base64.urlsafe_b64decode(text + "=")
    if _to_text(fingerprint) != text:
        raise UsageError(f"That invitation's address was damaged on its way. {_SOMETHING_LACKS}")
    return InvitationUrl(url=url.rstrip("/"), fingerprint=fingerprint)


def _to_text(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host == "localhost"
