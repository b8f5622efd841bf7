"""What is sent on a new connection before it may carry anything else. Each message is one msgpack map in an HTTP body.

`GET /challenge` answers a Challenge; `POST /admission` with Credentials answers an Admission. From then on, until it
closes, the connection is a member's: `GET /link` opens a helper link on it. A node that is not a member yet sends
`POST /join` instead (joining.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

import msgpack

from swarmstt.bodies import unpack_msgpack
from swarmstt.codec import PlainError, called, from_plain, to_plain
from swarmstt.core.membership.addresses import is_port
from swarmstt.core.membership.door_status import DoorStatus
from swarmstt.display_text import one_line
from swarmstt.ids import NodeId
from swarmstt.swarm.trust.identity import Identity
from swarmstt.swarm.trust.proofs import Proof, Role, Transcript, prove

CHALLENGE_PATH = "/challenge"
ADMISSION_PATH = "/admission"
LINK_PATH = "/link"
JOIN_PATH = "/join"
JOINS, GREETS = "joins", "greets"
"""Names in the query of a challenge, with the commitment of a node that wants to be let in, or makes itself known. The
name "commitment" was that of a commitment to the nonce alone; who still sends that is refused."""
OLD_JOINS = "commitment"

MOST_VERSION_LETTERS = 40
MOST_HANDSHAKE_BYTES = 8192
"""Of one message, and so of all that a stranger can make this node keep at once on one connection."""
MOST_NAME_LETTERS = 1000
"""Of a PC's name and its version, as they are sent; fewer are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeInfo:
    """What a node says of itself once it is proven. `port`: where it listens; `protocol`: its PROTOCOL_VERSION."""

    name: str
    version: str
    protocol: int
    port: int

    def __post_init__(self) -> None:
        """Makes what another node says fit to be shown, wherever it goes from here; what is not usable stays as it
        came."""
        if self.is_usable:
            object.__setattr__(self, "name", one_line(self.name))
            object.__setattr__(self, "version", one_line(self.version, MOST_VERSION_LETTERS))

    @property
    def is_usable(self) -> bool:
        """True if what was received can be what it claims to be: nothing fails at it later."""
        return is_port(self.port) and len(self.name) <= MOST_NAME_LETTERS and len(self.version) <= MOST_NAME_LETTERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """From the server: its certificate, which the client has seen in TLS already, its nonce, and what strangers may
    know of its door."""

    certificate: bytes
    nonce: bytes
    door_status: DoorStatus | None = field(default=None, metadata=called("sign"))
    protocol: int = 1
    """Its PROTOCOL_VERSION; the first one did not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """From the client: who it is, and proof of it."""

    certificate: bytes
    nonce: bytes
    proof: Proof
    info: NodeInfo = field(metadata=called("card"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """From the server: its own proof."""

    proof: Proof
    info: NodeInfo = field(metadata=called("card"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Who this node is to others: its identity, the key of its swarm, and what it says of itself. `members`: who
    belongs to the swarm; None: whoever has the key."""

    identity: Identity
    swarm_key: bytes
    info: NodeInfo
    members: frozenset[NodeId] | None = None

    def has(self, node_id: NodeId) -> bool:
        """Returns True for a fellow member."""
        return self.members is None or node_id in self.members

    def credentials(self, transcript: Transcript) -> Credentials:
        return Credentials(
            certificate=transcript.client_certificate,
            nonce=transcript.client_nonce,
            proof=prove(self.identity, self.swarm_key, transcript, Role.CLIENT),
            info=self.info,
        )

    def admission(self, transcript: Transcript) -> Admission:
        return Admission(proof=prove(self.identity, self.swarm_key, transcript, Role.SERVER), info=self.info)


Shape = TypeVar("Shape")


def pack(message: object) -> bytes:
    """Packs one of the dataclasses that a handshake is made of."""
    packed: bytes = msgpack.packb(to_plain(message))
    return packed


def unpack(kind: type[Shape], body: bytes, *, most_bytes: int = MOST_HANDSHAKE_BYTES) -> Shape:
    """Unpacks a message of that kind. PlainError (a PeerError) if it is not one."""
    if len(body) > most_bytes:
        raise PlainError("A handshake is too long.")
    return from_plain(kind, unpack_msgpack(body))
