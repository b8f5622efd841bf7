"""Dials another node: has it prove who it is, proves who this one is, and opens a helper link."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias, cast

import aiohttp

from swarmstt.core.membership.addresses import Address
from swarmstt.errors import PeerError
from swarmstt.ids import NodeId
from swarmstt.swarm.links.messages import FRAME_LIMIT_BYTES
from swarmstt.swarm.network.gate import keep_alive
from swarmstt.swarm.network.websocket import WebSocket
from swarmstt.swarm.trust.handshake import ADMISSION_PATH, LINK_PATH, Admission, Member, NodeInfo, pack, unpack
from swarmstt.swarm.trust.pinned_requests import (
    HANDSHAKE_SECONDS,
    PinnedSession,
    RefusedError,
    StrangerError,
    UnreachableError,
    pinned_session,
)
from swarmstt.swarm.trust.proofs import Role, Transcript, check, new_nonce

__all__ = ["Dialled", "RefusedError", "StrangerError", "UnreachableError", "dial", "visit"]

STAGGER_SECONDS = 0.25
"""After this the next address of a peer is tried beside the one before (as in RFC 8305)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialled:
    """An open link's WebSocket, and who is at its other end."""

    websocket: WebSocket
    node_id: NodeId
    info: NodeInfo
    address: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answered:
    """A connection on which both sides have proven who they are."""

    session: PinnedSession
    info: NodeInfo
    address: Address


_Attempt: TypeAlias = tuple[_Answered, AsyncExitStack]


@asynccontextmanager
async def dial(member: Member, addresses: Sequence[Address], expected: NodeId | None) -> AsyncIterator[Dialled]:
    """Opens a link to the node at the first of these addresses that answers; it closes when the context is left.

    `expected`: the node that must be there; None: any. UnreachableError if nobody answers, RefusedError if the node
    that answers is not a member of this swarm (StrangerError), or not the one that is expected.
    """
    async with AsyncExitStack() as stack:
        answered = await _first_answer(member, addresses, expected, stack)
        try:
            websocket = await answered.session.http.ws_connect(
                answered.session.url / LINK_PATH[1:], max_msg_size=FRAME_LIMIT_BYTES, compress=0, autoping=False
            )
        except (aiohttp.ClientError, OSError, asyncio.TimeoutError) as error:
            raise UnreachableError(f"The link to {answered.info.name} broke: {error}") from error
        stack.push_async_callback(websocket.close)
        keep_alive(websocket.get_extra_info("socket"))
        opened = cast("aiohttp.ClientWebSocketResponse", websocket)  # newer aiohttp has it generic
        yield Dialled(websocket=opened, node_id=answered.session.node_id, info=answered.info, address=answered.address)


@asynccontextmanager
async def visit(member: Member, addresses: Sequence[Address], expected: NodeId) -> AsyncIterator[PinnedSession]:
    """Opens a connection on which both nodes have proven who they are, without a link. Errors as of `dial`."""
    async with AsyncExitStack() as stack:
        yield (await _first_answer(member, addresses, expected, stack)).session


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
    """Stops the attempts that go on; `stack` closes what the others hold open, the winner or too late."""
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
    opened = await stack.enter_async_context(pinned_session(address, expected))
    challenge = await opened.challenge()
    transcript = Transcript(
        server_nonce=challenge.nonce,
        client_nonce=new_nonce(),
        server_certificate=challenge.certificate,
        client_certificate=member.identity.certificate,
    )
    status, answer = await opened.request("POST", ADMISSION_PATH, pack(member.credentials(transcript)))
    if status == 403:
        raise StrangerError(f"{address} belongs to another swarm.", opened.node_id, address, challenge.door_status)
    admission = unpack(Admission, answer)
    check(admission.proof, member.swarm_key, transcript, Role.SERVER)
    info = admission.info
    if not info.is_usable:
        raise PeerError("What it says of itself has the wrong form.")
    if info.protocol != member.info.protocol:
        raise RefusedError(f"{info.name} runs swarmstt {info.version}, which is incompatible; update it on both PCs.")
    if not member.has(opened.node_id):
        sentence = f"{info.name} has to show first that it was let in."
        raise StrangerError(sentence, opened.node_id, address, challenge.door_status, has_key=True)
    return _Answered(session=opened, info=info, address=address)
