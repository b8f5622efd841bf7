"""Dials another node: has it prove who it is, proves who this one is, and opens a helper link."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias, cast

import aiohttp

from swarmstt.core.addresses import Address
from swarmstt.errors import PeerError
from swarmstt.ids import NodeId
from swarmstt.swarm.asking import (
    HANDSHAKE_SECONDS,
    Asking,
    RefusedError,
    StrangerError,
    UnreachableError,
    asking,
)
from swarmstt.swarm.gate import keep_alive
from swarmstt.swarm.handshake import ADMISSION_PATH, LINK_PATH, Admission, Card, Member, pack, unpack
from swarmstt.swarm.messages import FRAME_LIMIT_BYTES
from swarmstt.swarm.proofs import Role, Transcript, check, new_nonce
from swarmstt.swarm.websocket import WebSocket

__all__ = ["Dialled", "RefusedError", "StrangerError", "UnreachableError", "dial", "visit"]

STAGGER_SECONDS = 0.25
"""After this the next address of a peer is tried beside the one before (RFC 8305 has the same)."""


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

    asking: Asking
    card: Card
    address: Address


_Attempt: TypeAlias = tuple[_Answered, AsyncExitStack]


@asynccontextmanager
async def dial(member: Member, addresses: Sequence[Address], expected: NodeId | None) -> AsyncIterator[Dialled]:
    """A link to the node at the first of these addresses that answers; it closes when the context is left.

    `expected`: whose certificate it must have; None: whoever's is there. UnreachableError where nobody answers,
    RefusedError where who answers is no member of this swarm (StrangerError), or not whom it should be.
    """
    async with AsyncExitStack() as stack:
        answered = await _first_answer(member, addresses, expected, stack)
        try:
            websocket = await answered.asking.session.ws_connect(
                answered.asking.url / LINK_PATH[1:], max_msg_size=FRAME_LIMIT_BYTES, compress=0
            )
        except (aiohttp.ClientError, OSError, asyncio.TimeoutError) as error:
            raise UnreachableError(f"The link to {answered.card.name} broke: {error}") from error
        stack.push_async_callback(websocket.close)
        keep_alive(websocket.get_extra_info("socket"))
        opened = cast("aiohttp.ClientWebSocketResponse", websocket)  # newer aiohttp has it generic
        yield Dialled(websocket=opened, node_id=answered.asking.node_id, card=answered.card, address=answered.address)


@asynccontextmanager
async def visit(member: Member, addresses: Sequence[Address], expected: NodeId) -> AsyncIterator[Asking]:
    """A connection to that node on which both sides have proven who they are, without a link. Errors as of `dial`."""
    async with AsyncExitStack() as stack:
        yield (await _first_answer(member, addresses, expected, stack)).asking


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
    opened = await stack.enter_async_context(asking(address, expected))
    challenge = await opened.challenge()
    transcript = Transcript(
        server_nonce=challenge.nonce,
        client_nonce=new_nonce(),
        server_certificate=challenge.certificate,
        client_certificate=member.identity.certificate,
    )
    status, answer = await opened.ask("POST", ADMISSION_PATH, pack(member.credentials(transcript)))
    if status == 403:
        raise StrangerError(f"{address} belongs to another swarm.", opened.node_id, address, challenge.sign)
    admission = unpack(Admission, answer)
    check(admission.proof, member.swarm_key, transcript, Role.SERVER)
    card = admission.card
    if card.protocol != member.card.protocol:
        raise RefusedError(f"{card.name} runs swarmstt {card.version}, which speaks otherwise; update it on both PCs.")
    return _Answered(asking=opened, card=card, address=address)
