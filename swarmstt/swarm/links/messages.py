"""What a helper and a coordinator say to each other down a helper link. Each message is one msgpack frame.

From the helper: Hello first, then Wanted, Heartbeat, Delivered, Failed, Returned, and Changed when it is not what it
was. From the coordinator: Welcome first, then Leased, Acknowledged, Stopped, Needed. From either, at any time:
Known, Handed, Dismissed, DoorShut.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msgpack

from swarmstt.bodies import unpack_msgpack
from swarmstt.codec import PlainError, called, from_plain, to_plain
from swarmstt.core.books import Provenance
from swarmstt.core.membership.roster import Roster
from swarmstt.core.transcript import ChunkTranscript
from swarmstt.core.work import ChunkJob, ChunkResult
from swarmstt.ids import BookId, LeaseId, NodeId
from swarmstt.options import DecodeOptions
from swarmstt.swarm.links.offer import Offer

PROTOCOL_VERSION = 2
FRAME_LIMIT_BYTES = 60 * 2**20
"""Largest message: the FLAC of the largest chunk that may be asked for (half an hour) at its worst, which is noise: 55
MB."""
MOST_BYTES_BESIDES_AUDIO = 4 * 2**20
"""Of any message: the words of half an hour are some hundred kilobytes."""
PARTS_AT_ONCE = 200
"""Statements or words of a message that is encoded where it is sent: that takes a thousandth of a second."""
MOST_LEASES = 1000
"""In the hands of one helper, many times over: each is an event for the core."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """`holding`: leases that the helper still works on or has results for."""

    version: int
    node_id: NodeId
    offer: Offer
    holding: frozenset[LeaseId] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    version: int
    node_id: NodeId
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    offer: Offer


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How many chunks the helper takes in all, counted since the link opened."""

    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """All leases in the helper's hands, with the part that is decoded, from 0 to 1."""

    progress: dict[LeaseId, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leased:
    """A chunk for the helper; `audio` is FLAC, 16 kHz mono, of exactly `sample_count` samples. `urgent`: it did not ask
    for it, and is to begin with it at once. `tries`: how often a person had its gaps tried again."""

    lease_id: LeaseId
    book_id: BookId
    book_title: str
    sample_count: int
    model: str
    model_hash: str
    options: DecodeOptions
    audio: bytes
    urgent: bool = False
    tries: int = 0

    def job(self) -> ChunkJob:
        """What there is to decode, without whose it is."""
        return ChunkJob(
            title=self.book_title,
            sample_count=self.sample_count,
            model=self.model,
            model_hash=self.model_hash,
            options=self.options,
            audio=self.audio,
            urgent=self.urgent,
            tries=self.tries,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    lease_id: LeaseId
    transcript: ChunkTranscript
    provenance: Provenance

    @classmethod
    def of(cls, lease_id: LeaseId, result: ChunkResult) -> Delivered:
        return cls(lease_id=lease_id, transcript=result.transcript, provenance=result.provenance)

    def result(self) -> ChunkResult:
        """What was decoded."""
        return ChunkResult(transcript=self.transcript, provenance=self.provenance)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    lease_id: LeaseId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    lease_id: LeaseId


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """The coordinator has it on disk: the helper may forget it."""

    lease_id: LeaseId


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """The lease is of no more use: stop, and forget any result."""

    lease_id: LeaseId


@dataclass(frozen=True, slots=True, kw_only=True)
class NeededModel:
    """A model by the name that a person gave it, and its hash."""

    model: str
    model_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """The models with which the coordinator's books are decoded: all of them each time."""

    models: tuple[NeededModel, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GossipedPeer:
    """A peer that the sender is linked to; `addresses` as HOST:PORT or [IPV6]:PORT."""

    node_id: NodeId
    name: str
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Whom the sender knows: all of them each time."""

    peers: tuple[GossipedPeer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """The roster of the swarm, as the sender has it, and whether the swarm is established."""

    roster: Roster
    established: bool = field(metadata=called("grown"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Dismissed:
    """The receiver is not a member of the swarm any more. `case`: the removals, and what shows that those who made them
    were members."""

    case: Roster


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorShut:
    """A person shut the swarm's door, or removed a PC: all doors shut."""


FromHelper: TypeAlias = Hello | Changed | Wanted | Heartbeat | Delivered | Failed | Returned
FromCoordinator: TypeAlias = Welcome | Leased | Acknowledged | Stopped | Needed
News: TypeAlias = Known | Handed | Dismissed | DoorShut
Message: TypeAlias = FromHelper | FromCoordinator | News

_KINDS: dict[str, type[Any]] = {
    kind.__name__.lower(): kind
    for kind in (
        Hello, Welcome, Changed, Wanted, Heartbeat, Leased, Delivered, Failed, Returned, Acknowledged, Stopped,
        Needed, Known, Handed, Dismissed, DoorShut,
    )
}  # fmt: skip


def encode(message: Message) -> bytes:
    frame: bytes = msgpack.packb([type(message).__name__.lower(), to_plain(message)])
    return frame


async def encode_apart(message: Message) -> bytes:
    """Encodes a message; in a thread, if that takes long."""
    return encode(message) if _parts(message) <= PARTS_AT_ONCE else await asyncio.to_thread(encode, message)


def _parts(message: Message) -> int:
    """Returns about how many values are to be encoded, apart from a few."""
    if isinstance(message, Handed):
        return message.roster.parts
    if isinstance(message, Dismissed):
        return message.case.parts
    if isinstance(message, Delivered):
        return sum(len(each.words) for each in message.transcript.segments)
    return 0


def decode(frame: bytes) -> Message:
    """Return the message of a frame. PlainError (a PeerError) for whatever is not a message."""
    if len(frame) > FRAME_LIMIT_BYTES:
        raise PlainError(f"A message of {len(frame)} bytes is too long.")
    thing = unpack_msgpack(frame, strict_map_key=False, most_bytes_besides=MOST_BYTES_BESIDES_AUDIO)
    if not isinstance(thing, list) or len(thing) != 2 or not isinstance(thing[0], str) or thing[0] not in _KINDS:
        raise PlainError("A message of an unknown kind was received.")
    # Before it is built: a set of numbers can be made to take very long, as a map of them can.
    if isinstance(thing[1], dict) and any(_is_long(thing[1].get(name)) for name in _OF_LEASES):
        raise PlainError("A message names more parts than a helper can have.")
    message: Message = from_plain(_KINDS[thing[0]], thing[1])
    return message


_OF_LEASES = ("progress", "holding")
"""The fields that name leases; no other field has one of these names."""


def _is_long(leases: Any) -> bool:
    return isinstance(leases, (dict, list)) and len(leases) > MOST_LEASES
