"""What is said on a new connection before it may carry anything else. Each message is one msgpack map in an HTTP body.

`GET /challenge` answers a Challenge; `POST /admission` with Credentials answers an Admission. From then on, until it
closes, the connection is a member's: `GET /link` opens a helper link on it. Who is no member yet asks `POST /join`
instead (joining.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import msgpack

from swarmstt.core.door import Sign
from swarmstt.core.plain import PlainError, from_plain, to_plain
from swarmstt.swarm.identity import Identity
from swarmstt.swarm.proofs import Proof, Role, Transcript, prove

CHALLENGE_PATH = "/challenge"
ADMISSION_PATH = "/admission"
LINK_PATH = "/link"
JOIN_PATH = "/join"

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
    """From the server: its certificate, which the client has seen in TLS already, its nonce, and, where it is young or
    its door is open, what strangers may know of that."""

    certificate: bytes
    nonce: bytes
    sign: Sign | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """From the client: who it is, and proof of it."""

    certificate: bytes
    nonce: bytes
    proof: Proof
    card: Card


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """From the server: its own proof."""

    proof: Proof
    card: Card


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Who this node is to others: its identity, the key of its swarm, and its card."""

    identity: Identity
    swarm_key: bytes
    card: Card

    def credentials(self, transcript: Transcript) -> Credentials:
        return Credentials(
            certificate=transcript.client_certificate,
            nonce=transcript.client_nonce,
            proof=prove(self.identity, self.swarm_key, transcript, Role.CLIENT),
            card=self.card,
        )

    def admission(self, transcript: Transcript) -> Admission:
        return Admission(proof=prove(self.identity, self.swarm_key, transcript, Role.SERVER), card=self.card)


Shape = TypeVar("Shape")


def pack(message: object) -> bytes:
    """`message`: one of the dataclasses that a handshake is made of."""
    packed: bytes = msgpack.packb(to_plain(message))
    return packed


def unpack(kind: type[Shape], body: bytes, *, most_bytes: int = MOST_HANDSHAKE_BYTES) -> Shape:
    """PlainError (a PeerError) for what is not of that kind."""
    if len(body) > most_bytes:
        raise PlainError("A handshake is too long.")
    try:
        thing: Any = msgpack.unpackb(body)
    except (ValueError, msgpack.exceptions.UnpackException, RecursionError) as error:
        raise PlainError(f"A handshake could not be read: {error}") from error
    return from_plain(kind, thing)
