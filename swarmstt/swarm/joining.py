"""How a node that lacks the swarm key gets it: once, through an open door, or anew by its certificate after a removal
that it missed.

Over TLS 1.3, pinned to the other's certificate: the joiner commits itself to a nonce and is told the other's
(`GET /challenge`), then shows its nonce, its certificate and a signature over both certificates and both nonces
(`POST /join`). The other signs too, and says what it decided; only who is let in gets the ring. Nothing of this can be
replayed or relayed, and both sides can show the same four words (words.py).
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import aiohttp

from swarmstt.core.addresses import Address
from swarmstt.core.door import DoorAnswer, Sign
from swarmstt.core.ring import Ring, Standing
from swarmstt.errors import PeerError
from swarmstt.ids import NodeId
from swarmstt.swarm.asking import HANDSHAKE_SECONDS, Asking, RefusedError, UnreachableError, asking
from swarmstt.swarm.handshake import JOIN_PATH, Card, Member, pack, unpack
from swarmstt.swarm.proofs import ProofError, Role, Transcript, check_joining, commitment_to, new_nonce, sign_joining
from swarmstt.swarm.words import words_for

MOST_ANSWER_BYTES = 256 * 2**10
"""A roll of a thousand nodes has some 90 kB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinRequest:
    certificate: bytes
    nonce: bytes
    signature: bytes
    card: Card
    sign: Sign | None = None
    greeting: bool = False
    """It only makes itself known: it is the other's turn to come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a node decided on one that asked. `ring` where it is ADMITTED, with what there is to know of that swarm;
    `standing` of one that is REMOVED. `shown`: its page shows the words of this exchange, so the other's should too."""

    verdict: DoorAnswer
    shown: bool
    standing: Standing | None = None
    ring: Ring | None = None
    grown: bool = False
    seconds_left: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinAnswer:
    signature: bytes
    card: Card
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Joiner:
    """Who asks to be let in, proven, with the words that it shows."""

    node_id: NodeId
    card: Card
    sign: Sign | None
    greeting: bool
    host: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What came of asking another node, and who that is."""

    node_id: NodeId
    card: Card
    words: tuple[str, ...]
    decision: Decision
    address: Address


class Doorkeeper(Protocol):
    """Who decides on those that come to the swarm port."""

    def sign(self) -> Sign | None:
        """What strangers may know."""

    def bars(self, node_id: NodeId) -> bool:
        """Whether it stays out, whatever it proves."""

    async def decide(self, joiner: Joiner) -> Decision:
        """On one that has proven who it is. PeerError: it hears nothing at all."""


async def answer(
    body: bytes, member: Member, keeper: Doorkeeper, nonce: bytes | None, commitment: bytes | None, host: str
) -> bytes:
    """The packed JoinAnswer to a packed JoinRequest. PeerError for a request that proves nothing."""
    request = unpack(JoinRequest, body)
    transcript = Transcript(
        server_nonce=nonce or b"",
        client_nonce=request.nonce,
        server_certificate=member.identity.certificate,
        client_certificate=request.certificate,
    )
    if not hmac.compare_digest(commitment or b"", commitment_to(request.nonce)):
        raise ProofError("The other PC shows another nonce than it had chosen.")
    node_id = check_joining(request.signature, transcript, Role.CLIENT)
    joiner = Joiner(
        node_id=node_id,
        card=request.card,
        sign=request.sign,
        greeting=request.greeting,
        host=host,
        words=words_for(transcript),
    )
    decision = await keeper.decide(joiner)
    signature = sign_joining(member.identity, transcript, Role.SERVER)
    return pack(JoinAnswer(signature=signature, card=member.card, decision=decision))


async def ask_for_ring(
    member: Member,
    addresses: Sequence[Address],
    expected: NodeId,
    *,
    sign: Sign | None = None,
    greeting: bool = False,
) -> Asked:
    """Asks this node for its ring, at the first of its addresses that answers. UnreachableError where none does,
    RefusedError where what answers is not that node."""
    error: PeerError = UnreachableError()
    for address in addresses:
        outcome = await _ask_at(member, address, expected, sign, greeting)
        if isinstance(outcome, Asked):
            return outcome
        error = outcome
    raise error


async def _ask_at(
    member: Member, address: Address, expected: NodeId, sign: Sign | None, greeting: bool
) -> Asked | PeerError:
    async def ask() -> Asked:
        async with asking(address, expected) as opened:
            return await _exchange(member, address, opened, sign, greeting)

    try:
        return await asyncio.wait_for(ask(), HANDSHAKE_SECONDS)
    except aiohttp.ServerFingerprintMismatch:
        return RefusedError(f"Another PC answers at {address}.")
    except (aiohttp.ClientError, OSError, asyncio.TimeoutError, ValueError):
        return UnreachableError(f"Nobody answers at {address}.")
    except PeerError as error:
        return RefusedError(f"{address} cannot be joined: {error.message}")


async def _exchange(member: Member, address: Address, opened: Asking, sign: Sign | None, greeting: bool) -> Asked:
    nonce = new_nonce()
    challenge = await opened.challenge(commitment_to(nonce))
    transcript = Transcript(
        server_nonce=challenge.nonce,
        client_nonce=nonce,
        server_certificate=challenge.certificate,
        client_certificate=member.identity.certificate,
    )
    request = JoinRequest(
        certificate=member.identity.certificate,
        nonce=nonce,
        signature=sign_joining(member.identity, transcript, Role.CLIENT),
        card=member.card,
        sign=sign,
        greeting=greeting,
    )
    status, body = await opened.ask("POST", JOIN_PATH, pack(request), most_bytes=MOST_ANSWER_BYTES)
    if status != 200:
        raise PeerError("It lets nobody join.")
    answered = unpack(JoinAnswer, body, most_bytes=MOST_ANSWER_BYTES)
    check_joining(answered.signature, transcript, Role.SERVER)
    ring = answered.decision.ring
    if ring is not None and not ring.is_usable:
        raise PeerError("Its key has the wrong form.")
    return Asked(
        node_id=opened.node_id,
        card=answered.card,
        words=words_for(transcript),
        decision=answered.decision,
        address=address,
    )
