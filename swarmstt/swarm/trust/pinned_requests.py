"""Requests to another node on connections that are pinned to its certificate."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
from aiohttp.abc import ResolveResult
from yarl import URL

from swarmstt.core.membership.addresses import Address, Reachable
from swarmstt.core.membership.door_status import DoorStatus
from swarmstt.errors import PeerError
from swarmstt.ids import NodeId
from swarmstt.swarm.trust.handshake import CHALLENGE_PATH, GREETS, JOINS, MOST_HANDSHAKE_BYTES, Challenge, unpack
from swarmstt.swarm.trust.hang_ups import until_heard
from swarmstt.swarm.trust.identity import node_id_of
from swarmstt.swarm.trust.proofs import ProofError

HANDSHAKE_SECONDS = 5.0
"""From the first packet to the other's proof."""


class UnreachableError(PeerError):
    """Nobody answers there."""


class RefusedError(PeerError):
    """The other PC refused the link, or is not the one that it should be."""


class ImpostorError(RefusedError):
    """At that address is another node than the one that was expected there: the node `found`."""

    def __init__(self, address: Address, found: NodeId) -> None:
        super().__init__(f"Another PC answers at {address}.")
        self.address = address
        self.found = found


class OutdatedError(RefusedError):
    """The other PC speaks another version of the protocol."""


class StrangerError(RefusedError):
    """The node that answers, `node_id`, has another swarm's key, or is not a member as far as is known here: then it
    `has_key`. `door_status`: what it says of its door."""

    def __init__(
        self,
        message: str,
        node_id: NodeId,
        address: Address,
        door_status: DoorStatus | None,
        *,
        has_key: bool = False,
    ) -> None:
        super().__init__(message)
        self.has_key = has_key
        self.node_id = node_id
        self.address = address
        self.door_status = door_status


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedSession:
    """An HTTP session of one connection to the node `node_id`."""

    http: aiohttp.ClientSession
    url: URL
    node_id: NodeId

    async def request(
        self, method: str, path: str, body: bytes = b"", *, most_bytes: int = MOST_HANDSHAKE_BYTES
    ) -> tuple[int, bytes]:
        """Sends a request and returns the status and body of its answer. PeerError if that is too long."""
        url = self.url.join(URL(path))
        async with self.http.request(method, url, data=body or None, allow_redirects=False) as response:
            answer = b""
            while len(answer) <= most_bytes and (more := await response.content.readany()):
                answer += more
            if len(answer) > most_bytes:
                raise PeerError("Its answer is too long.")
            return response.status, answer

    async def challenge(self, commitment: bytes = b"", *, joins: bool = True) -> Challenge:
        """Gets its certificate, which is the pinned one, and its nonce. `commitment`: this node's to its own nonce and
        certificate; `joins`: it wants to be let in, and does not only make itself known."""
        question = f"?{JOINS if joins else GREETS}={commitment.hex()}" if commitment else ""
        _, answer = await until_heard(lambda: self.request("GET", CHALLENGE_PATH + question))
        challenge = unpack(Challenge, answer)
        if node_id_of(challenge.certificate) != self.node_id:
            raise ProofError("It shows another PC's certificate.")
        return challenge


class _CautiousResolver(aiohttp.ThreadedResolver):
    """Looks up names that other nodes sent: none of them leads to this PC itself. A node whose address a person gave
    is not known before, and may be anywhere."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await super().resolve(host, port, family)
        elsewhere = [each for each in found if Reachable().takes(each["host"], heard_here=True)]
        if not elsewhere:
            raise OSError(f"{host} is this PC itself.")
        return elsewhere


@asynccontextmanager
async def pinned_session(address: Address, expected: NodeId | None) -> AsyncIterator[PinnedSession]:
    """Opens a session with the node at this address. All that is sent goes to the owner of the certificate and nobody
    else. `expected` None: any node that is there."""
    node_id = expected or await _who_is_at(address)
    resolver = aiohttp.ThreadedResolver() if expected is None else _CautiousResolver()
    connector = aiohttp.TCPConnector(limit=1, ssl=aiohttp.Fingerprint(bytes.fromhex(node_id)), resolver=resolver)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as http:
        yield PinnedSession(
            http=http,
            url=URL.build(scheme="https", host=address.host, port=address.port),
            node_id=node_id,
        )


async def _who_is_at(address: Address) -> NodeId:
    """Returns the node whose certificate is shown at this address. It proves nothing yet."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    _, writer = await until_heard(lambda: asyncio.open_connection(address.host, address.port, ssl=context))
    try:
        certificate = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    finally:
        writer.transport.abort()
    return node_id_of(certificate)
