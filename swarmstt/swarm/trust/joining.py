"""How a node that lacks the swarm key gets it: once, through an open door, or again by its certificate after a removal
that it missed.

Over TLS 1.3, pinned to the other's certificate: the joiner commits itself to a nonce and its certificate and receives
the other's nonce (`GET /challenge`), then shows its nonce, its certificate and a signature over both certificates and
both nonces (`POST /join`). The other signs too, and sends its decision; only a node that is let in receives the roster.
Nothing of this can be replayed or relayed, and both sides can show the same four words (pairing_words.py). Who learns
the nonce and then breaks off is counted (core/membership/tries.py).
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import aiohttp

from swarmstt.bodies import read_apart
from swarmstt.codec import called
from swarmstt.core.membership.addresses import Address
from swarmstt.core.membership.door_status import DoorAnswer, DoorStatus
from swarmstt.core.membership.roster import Roster
from swarmstt.errors import PeerError
from swarmstt.ids import NodeId
from swarmstt.swarm.trust.handshake import JOIN_PATH, Member, NodeInfo, pack, unpack
from swarmstt.swarm.trust.pairing_words import pairing_words
from swarmstt.swarm.trust.pinned_requests import (
    HANDSHAKE_SECONDS,
    ImpostorError,
    OutdatedError,
    PinnedSession,
    RefusedError,
    UnreachableError,
    pinned_session,
)
from swarmstt.swarm.trust.proofs import (
    ProofError,
    Role,
    Transcript,
    check_joining,
    commitment_to,
    new_nonce,
    sign_joining,
)

MOST_ANSWER_BYTES = 2**20
"""A roster within its limits has half of that (core/membership/bounds.py)."""
PARTS_AT_ONCE = 200
"""Statements of an answer that is packed where it is sent: that takes a thousandth of a second."""
MOST_CASE_BYTES = 6 * 2**10
"""Of what a node shows to prove that it was let in: a chain of nine. Who has a longer one waits to be asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinRequest:
    certificate: bytes
    nonce: bytes
    signature: bytes
    info: NodeInfo = field(metadata=called("card"))
    door_status: DoorStatus | None = field(default=None, metadata=called("sign"))
    greeting: bool = False
    """It only makes itself known: it is the other's turn to come."""
    case: Roster | None = None
    """Shows how it was let in, to a member of its own swarm that may not know it yet; without the key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a node decided on one that asked. `roster` and what follows it: of the swarm, for a node that is ADMITTED.
    `case`: for one that is not a member any more, what shows that (`Dismissed`). `shown`: its page shows the words of
    this exchange, so the other's should too."""

    verdict: DoorAnswer
    shown: bool
    case: Roster | None = None
    roster: Roster | None = None
    established: bool = field(default=False, metadata=called("grown"))
    seconds_left: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinAnswer:
    """`info`: without name and version for a node that stays before a shut door."""

    signature: bytes
    info: NodeInfo = field(metadata=called("card"))
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Joiner:
    """A node that asks to be let in and has proven who it is, with the words that it shows."""

    node_id: NodeId
    info: NodeInfo
    door_status: DoorStatus | None
    greeting: bool
    host: str
    pairing_words: tuple[str, ...]
    attempt: int | None = None
    """The number of its try; None: it cannot come in by it."""
    case: Roster | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What came of asking another node, and which node that is."""

    node_id: NodeId
    info: NodeInfo
    pairing_words: tuple[str, ...]
    decision: Decision
    address: Address


class Doorkeeper(Protocol):
    """Decides on nodes that come to the swarm port."""

    def door_status(self) -> DoorStatus | None:
        """Returns what strangers may know."""

    def bars(self, node_id: NodeId) -> bool:
        """Returns True for a node that stays out, whatever it proves."""

    def begin_try(self) -> int | None:
        """Notes that somebody who wants to come in has committed itself. Returns the number of that try; None if nobody
        can come in by it."""

    def end_try(self, attempt: int, *, let_in: bool) -> None:
        """Notes how a try ended. Unless it was let in, who made it has broken it off, or was refused."""

    def outdated_seen(self) -> None:
        """Notes that a PC with an older version of swarmstt would like to come in, and cannot."""

    async def decide(self, joiner: Joiner) -> Decision:
        """Decides on a node that has proven who it is. PeerError: it gets no answer at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """What a caller bound itself to, the nonce that it received for that, and the number of its try."""

    digest: bytes
    nonce: bytes
    attempt: int | None = None


async def answer(
    body: bytes, member: Member, keeper: Doorkeeper, commitment: Commitment | None, host: str
) -> JoinAnswer:
    """Returns the answer to a packed JoinRequest. PeerError for a request that proves nothing."""
    if commitment is None:
        raise ProofError("The other PC has committed itself to nothing.")
    request = unpack(JoinRequest, body)
    transcript = Transcript(
        server_nonce=commitment.nonce,
        client_nonce=request.nonce,
        server_certificate=member.identity.certificate,
        client_certificate=request.certificate,
    )
    if not hmac.compare_digest(commitment.digest, commitment_to(request.nonce, request.certificate)):
        raise ProofError("The other PC shows another nonce or certificate than it had chosen.")
    node_id = check_joining(request.signature, transcript, Role.CLIENT)
    if not request.info.is_usable or (request.door_status is not None and not request.door_status.is_usable):
        raise ProofError("What the other PC says of itself has the wrong form.")
    joiner = Joiner(
        node_id=node_id,
        info=request.info,
        door_status=request.door_status,
        greeting=request.greeting,
        host=host,
        pairing_words=pairing_words(transcript),
        attempt=commitment.attempt,
        case=request.case,
    )
    decision = await keeper.decide(joiner)
    signature = sign_joining(member.identity, transcript, Role.SERVER)
    is_told = decision.verdict is DoorAnswer.ADMITTED or keeper.door_status() is not None
    info = member.info if is_told else replace(member.info, name="", version="")
    return JoinAnswer(signature=signature, info=info, decision=decision)


async def pack_answer(answered: JoinAnswer) -> bytes:
    """Packs a JoinAnswer; in a thread, if that takes long."""
    rosters = (answered.decision.roster, answered.decision.case)
    is_short = sum(each.parts for each in rosters if each is not None) <= PARTS_AT_ONCE
    return pack(answered) if is_short else await asyncio.to_thread(pack, answered)


def unpack_answer(body: bytes) -> JoinAnswer:
    """Unpacks a JoinAnswer; PlainError if it is not one."""
    return unpack(JoinAnswer, body, most_bytes=MOST_ANSWER_BYTES)


async def ask_for_roster(
    member: Member,
    addresses: Sequence[Address],
    expected: NodeId,
    *,
    door_status: DoorStatus | None = None,
    joins: bool = True,
    greeting: bool = False,
    case: Roster | None = None,
) -> Asked:
    """Asks this node for its roster, at the first of its addresses that answers. `joins`: to be let in, and not only
    because this node missed something, or makes itself known (`greeting`). `case`: shows how this node was let in.
    UnreachableError if none answers, RefusedError if what answers is not that node, OutdatedError if it speaks another
    version of the protocol."""
    if case is not None and len(pack(case)) > MOST_CASE_BYTES:
        case = None
    intent = _Intent(door_status=door_status, joins=joins, greeting=greeting, case=case)
    error: PeerError = UnreachableError()
    for address in addresses:
        outcome = await _ask_at(member, address, expected, intent)
        if isinstance(outcome, Asked):
            return outcome
        error = outcome
    raise error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Intent:
    door_status: DoorStatus | None
    joins: bool
    greeting: bool
    case: Roster | None


async def _ask_at(member: Member, address: Address, expected: NodeId, intent: _Intent) -> Asked | PeerError:
    async def ask() -> Asked:
        async with pinned_session(address, expected) as opened:
            return await _exchange(member, address, opened, intent)

    try:
        return await asyncio.wait_for(ask(), HANDSHAKE_SECONDS)
    except aiohttp.ServerFingerprintMismatch as error:
        return ImpostorError(address, NodeId(error.got.hex()))
    except (aiohttp.ClientError, OSError, asyncio.TimeoutError, ValueError):
        return UnreachableError(f"Nobody answers at {address}.")
    except OutdatedError as error:
        return error
    except PeerError as error:
        return RefusedError(f"{address} cannot be joined: {error.message}")


async def _exchange(member: Member, address: Address, opened: PinnedSession, intent: _Intent) -> Asked:
    nonce = new_nonce()
    commitment = commitment_to(nonce, member.identity.certificate)
    challenge = await opened.challenge(commitment, joins=intent.joins)
    if challenge.protocol != member.info.protocol:
        raise OutdatedError(f"{address} runs an incompatible version of swarmstt; update it on both PCs.")
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
        info=member.info,
        door_status=intent.door_status,
        greeting=intent.greeting,
        case=intent.case,
    )
    status, body = await opened.request("POST", JOIN_PATH, pack(request), most_bytes=MOST_ANSWER_BYTES)
    if status != 200:
        raise PeerError("It lets nobody join.")
    answered = await read_apart(body, unpack_answer)
    check_joining(answered.signature, transcript, Role.SERVER)
    if not answered.info.is_usable:
        raise PeerError("What it says of itself has the wrong form.")
    for each in (answered.decision.roster, answered.decision.case):
        if each is not None and not each.is_usable:
            raise PeerError("Its roster has the wrong form.")
    return Asked(
        node_id=opened.node_id,
        info=answered.info,
        pairing_words=pairing_words(transcript),
        decision=answered.decision,
        address=address,
    )
