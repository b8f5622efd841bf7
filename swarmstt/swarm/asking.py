"""Requests to another node on connections that are pinned to its certificate."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
from yarl import URL

from swarmstt.core.addresses import Address
from swarmstt.core.door import Sign
from swarmstt.errors import PeerError
from swarmstt.ids import NodeId
from swarmstt.swarm.handshake import CHALLENGE_PATH, MOST_HANDSHAKE_BYTES, Challenge, unpack
from swarmstt.swarm.identity import node_id_of
from swarmstt.swarm.proofs import ProofError

HANDSHAKE_SECONDS = 5.0
"""From the first packet to the other's proof."""


class UnreachableError(PeerError):
    """Nobody answers there."""


class RefusedError(PeerError):
    """The other PC refused the link, or is not whom it should be."""


class StrangerError(RefusedError):
    """Who answers has another swarm's key. `node_id`: who that is; `sign`: what it says of its door."""

    def __init__(self, message: str, node_id: NodeId, address: Address, sign: Sign | None) -> None:
        super().__init__(message)
        self.node_id = node_id
        self.address = address
        self.sign = sign


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A session of one connection to the node `node_id`."""

    session: aiohttp.ClientSession
    url: URL
    node_id: NodeId

    async def ask(
        self, method: str, path: str, body: bytes = b"", *, most_bytes: int = MOST_HANDSHAKE_BYTES
    ) -> tuple[int, bytes]:
        """Status and body of a request; PeerError for an answer that is too long."""
        url = self.url.join(URL(path))
        async with self.session.request(method, url, data=body or None, allow_redirects=False) as response:
            answer = b""
            while len(answer) <= most_bytes and (more := await response.content.readany()):
                answer += more
            if len(answer) > most_bytes:
                raise PeerError("Its answer is too long.")
            return response.status, answer

    async def challenge(self, commitment: bytes = b"") -> Challenge:
        """Its certificate, which is the one that is pinned, and its nonce. `commitment`: this node's to its own."""
        question = f"?commitment={commitment.hex()}" if commitment else ""
        challenge = unpack(Challenge, (await self.ask("GET", CHALLENGE_PATH + question))[1])
        if node_id_of(challenge.certificate) != self.node_id:
            raise ProofError("It shows another PC's certificate.")
        return challenge


@asynccontextmanager
async def asking(address: Address, expected: NodeId | None) -> AsyncIterator[Asking]:
    """A session with the node at this address; whatever is said goes to the owner of that certificate and nobody else.
    `expected` None: to whoever is there."""
    node_id = expected or await _who_is_at(address)
    connector = aiohttp.TCPConnector(limit=1, ssl=aiohttp.Fingerprint(bytes.fromhex(node_id)))
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield Asking(
            session=session,
            url=URL.build(scheme="https", host=address.host, port=address.port),
            node_id=node_id,
        )


async def _who_is_at(address: Address) -> NodeId:
    """Whose certificate is shown at this address. It proves nothing yet."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    _, writer = await asyncio.open_connection(address.host, address.port, ssl=context)
    try:
        certificate = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    finally:
        writer.transport.abort()
    return node_id_of(certificate)
