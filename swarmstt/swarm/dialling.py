"""Dials another node: has it prove who it is, proves who this one is, and opens a helper link."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias, cast

import aiohttp
from yarl import URL

from swarmstt.core.addresses import Address
from swarmstt.errors import PeerError
from swarmstt.ids import NodeId
from swarmstt.swarm.gate import keep_alive
from swarmstt.swarm.handshake import (
    ADMISSION_PATH,
    CHALLENGE_PATH,
    LINK_PATH,
    MOST_HANDSHAKE_BYTES,
    Admission,
    Card,
    Challenge,
    Member,
    pack,
    unpack,
)
from swarmstt.swarm.identity import node_id_of
from swarmstt.swarm.messages import FRAME_LIMIT_BYTES
from swarmstt.swarm.proofs import ProofError, Role, Transcript, check, new_nonce
from swarmstt.swarm.websocket import WebSocket

HANDSHAKE_SECONDS = 5.0
"""From the first packet to the other's proof."""
STAGGER_SECONDS = 0.25
"""After this the next address of a peer is tried beside the one before (RFC 8305 has the same)."""


class UnreachableError(PeerError):
    """Nobody answers there."""


class RefusedError(PeerError):
    """The other PC refused the link, or is not whom it should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialled:
    """An open link's WebSocket, and who is at its other end."""

    websocket: WebSocket
    node_id: NodeId
    card: Card
    address: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answered:
    """A connection on which both sides have proven who they are."""

    session: aiohttp.ClientSession
    url: URL
    node_id: NodeId
    card: Card
    address: Address


_Attempt: TypeAlias = tuple[_Answered, AsyncExitStack]


@asynccontextmanager
async def dial(member: Member, addresses: Sequence[Address], expected: NodeId | None) -> AsyncIterator[Dialled]:
    """A link to the node at the first of these addresses that answers; it closes when the context is left.

    `expected`: whose certificate it must have; None: whoever's is there. UnreachableError where nobody answers,
    RefusedError where who answers is no member of this swarm, or takes this node for none.
    """
    async with AsyncExitStack() as stack:
        answered = await _first_answer(member, addresses, expected, stack)
        try:
            websocket = await answered.session.ws_connect(
                answered.url / LINK_PATH[1:], max_msg_size=FRAME_LIMIT_BYTES, compress=0
            )
        except (aiohttp.ClientError, OSError, asyncio.TimeoutError) as error:
            raise UnreachableError(f"The link to {answered.card.name} broke: {error}") from error
        stack.push_async_callback(websocket.close)
        keep_alive(websocket.get_extra_info("socket"))
        opened = cast("aiohttp.ClientWebSocketResponse", websocket)  # newer aiohttp has it generic
        yield Dialled(websocket=opened, node_id=answered.node_id, card=answered.card, address=answered.address)


async def _first_answer(
    member: Member, addresses: Sequence[Address], expected: NodeId | None, stack: AsyncExitStack
) -> _Answered:
    """Tries the addresses, each a little after the one before. What the winner holds open goes to `stack`."""

    async def attempt(address: Address, delay_seconds: float) -> _Attempt | PeerError:
        await asyncio.sleep(delay_seconds)
        try:
            async with AsyncExitStack() as own:
                answered = await _greet(member, address, expected, own)
                return answered, own.pop_all()
        except PeerError as error:
            return error

    attempts = [asyncio.create_task(attempt(each, i * STAGGER_SECONDS)) for i, each in enumerate(addresses)]
    errors: list[PeerError] = []
    try:
        for finished in asyncio.as_completed(attempts):
            outcome = await finished
            if not isinstance(outcome, PeerError):
                return outcome[0]
            errors.append(outcome)
    finally:
        await _end(attempts, stack)
    refusals = [error for error in errors if isinstance(error, RefusedError)]
    raise (refusals or errors or [UnreachableError()])[0]


async def _end(attempts: Sequence[asyncio.Task[_Attempt | PeerError]], stack: AsyncExitStack) -> None:
    """Stops those that go on; what the others hold open, winner or too late, is `stack`'s to close."""
    for each in attempts:
        each.cancel()
    for outcome in await asyncio.gather(*attempts, return_exceptions=True):
        if isinstance(outcome, tuple):
            stack.push_async_exit(outcome[1])


async def _greet(member: Member, address: Address, expected: NodeId | None, stack: AsyncExitStack) -> _Answered:
    """Has the node at this address prove who it is."""
    try:
        return await asyncio.wait_for(_prove(member, address, expected, stack), HANDSHAKE_SECONDS)
    except aiohttp.ServerFingerprintMismatch as error:
        raise RefusedError(f"Another PC answers at {address}.") from error
    except (aiohttp.ClientError, OSError, asyncio.TimeoutError, ValueError) as error:  # ValueError: no such host name
        raise UnreachableError(f"Nobody answers at {address}.") from error
    except RefusedError:
        raise
    except PeerError as error:
        raise RefusedError(f"{address} is not in this swarm: {error.message}") from error


async def _prove(member: Member, address: Address, expected: NodeId | None, stack: AsyncExitStack) -> _Answered:
    node_id = expected or await _who_is_at(address)
    # The certificate is pinned: whatever follows is said to its owner and nobody else.
    connector = aiohttp.TCPConnector(limit=1, ssl=aiohttp.Fingerprint(bytes.fromhex(node_id)))
    session = await stack.enter_async_context(
        aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
    )
    url = URL.build(scheme="https", host=address.host, port=address.port)
    challenge = unpack(Challenge, (await _ask(session, "GET", url / CHALLENGE_PATH[1:]))[1])
    if node_id_of(challenge.certificate) != node_id:
        raise ProofError("It shows another PC's certificate.")
    transcript = Transcript(
        server_nonce=challenge.nonce,
        client_nonce=new_nonce(),
        server_certificate=challenge.certificate,
        client_certificate=member.identity.certificate,
    )
    credentials = pack(member.credentials(transcript))
    status, answer = await _ask(session, "POST", url / ADMISSION_PATH[1:], credentials)
    if status == 403:
        raise RefusedError(f"{address} belongs to another swarm.")
    admission = unpack(Admission, answer)
    check(admission.proof, member.swarm_key, transcript, Role.SERVER)
    card = admission.card
    if card.protocol != member.card.protocol:
        raise RefusedError(f"{card.name} runs swarmstt {card.version}, which speaks otherwise; update it on both PCs.")
    return _Answered(session=session, url=url, node_id=node_id, card=card, address=address)


async def _ask(session: aiohttp.ClientSession, method: str, url: URL, body: bytes = b"") -> tuple[int, bytes]:
    """Status and body of a request; PeerError for an answer that is too long."""
    async with session.request(method, url, data=body or None, allow_redirects=False) as response:
        answer = b""
        while len(answer) <= MOST_HANDSHAKE_BYTES and (more := await response.content.readany()):
            answer += more
        if len(answer) > MOST_HANDSHAKE_BYTES:
            raise PeerError("Its answer is too long.")
        return response.status, answer


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
