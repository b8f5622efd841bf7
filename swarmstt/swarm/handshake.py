"""What is said on a new connection before it may carry anything else. Each message is one msgpack map in an HTTP body.

`GET /challenge` answers a Challenge; `POST /admission` with Credentials answers an Admission. From then on, until it
closes, the connection is a member's: `GET /link` opens a helper link on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import msgpack

from swarmstt.core.plain import PlainError, from_plain, to_plain
from swarmstt.swarm.identity import Identity
from swarmstt.swarm.proofs import Proof, Role, Transcript, prove

CHALLENGE_PATH = "/challenge"
ADMISSION_PATH = "/admission"
LINK_PATH = "/link"

MOST_HANDSHAKE_BYTES = 8192
"""Of one message, and so of all that a stranger can make this node keep at once on one connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a node says of itself once it is proven. `port`: where it listens; `protocol`: its PROTOCOL_VERSION."""

    name: str
    version: str
    protocol: int
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """From the server: its certificate, which the client has seen in TLS already, and its nonce."""

    certificate: bytes
    nonce: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """From the client: who it is, and proof of it."""

    certificate: bytes
    nonce: bytes
    signature: bytes
    mac: bytes
    card: Card

    @property
    def proof(self) -> Proof:
        return Proof(signature=self.signature, mac=self.mac)


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """From the server: its own proof."""

    signature: bytes
    mac: bytes
    card: Card

    @property
    def proof(self) -> Proof:
        return Proof(signature=self.signature, mac=self.mac)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Who this node is to others: its identity, the key of its swarm, and its card."""

    identity: Identity
    swarm_key: bytes
    card: Card

    def credentials(self, transcript: Transcript) -> Credentials:
        proof = prove(self.identity, self.swarm_key, transcript, Role.CLIENT)
        return Credentials(
            certificate=transcript.client_certificate,
            nonce=transcript.client_nonce,
            signature=proof.signature,
            mac=proof.mac,
            card=self.card,
        )

    def admission(self, transcript: Transcript) -> Admission:
        proof = prove(self.identity, self.swarm_key, transcript, Role.SERVER)
        return Admission(signature=proof.signature, mac=proof.mac, card=self.card)


Shape = TypeVar("Shape")


def pack(message: Challenge | Credentials | Admission) -> bytes:
    packed: bytes = msgpack.packb(to_plain(message))
    return packed


def unpack(kind: type[Shape], body: bytes) -> Shape:
    """PlainError (a PeerError) for what is not of that kind."""
    if len(body) > MOST_HANDSHAKE_BYTES:
        raise PlainError("A handshake is too long.")
    try:
        thing: Any = msgpack.unpackb(body)
    except (ValueError, msgpack.exceptions.UnpackException, RecursionError) as error:
        raise PlainError(f"A handshake could not be read: {error}") from error
    return from_plain(kind, thing)
