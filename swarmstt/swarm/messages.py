"""What a helper and a coordinator say to each other down a helper link. Each message is one msgpack frame.

From the helper: Hello first, then Wanted, Heartbeat, Delivered, Failed, Returned, and Changed when it is not what it
was. From the coordinator: Welcome first, then Leased, Acknowledged, Stopped, Needed. From either, at any time:
Known, Handed, Dismissed, DoorShut.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import msgpack

from swarmstt.core.books import Provenance
from swarmstt.core.events import HelperOffer
from swarmstt.core.plain import PlainError, from_plain, to_plain
from swarmstt.core.ring import Ring, Standing
from swarmstt.core.transcript import ChunkTranscript, DecodeOptions
from swarmstt.ids import BookId, LeaseId, NodeId

PROTOCOL_VERSION = 1
FRAME_LIMIT_BYTES = 60 * 2**20
"""Largest message: the FLAC of the largest chunk that may be asked for (half an hour) at its worst, which is noise: 55
MB."""
MOST_BYTES_BESIDES_AUDIO = 4 * 2**20
"""Of any message: the words of half an hour are some hundred kilobytes. Unpacked, a byte can become a hundred."""
_MOST_FIELDS = 64
_BYTES_MARKS = frozenset({0xC4, 0xC5, 0xC6})
"""What bytes begin with in msgpack, by how their length is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """`holding`: leases that the helper still works on or has results for."""

    version: int
    node_id: NodeId
    offer: HelperOffer
    holding: frozenset[LeaseId] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    version: int
    node_id: NodeId
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    offer: HelperOffer


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
    """A chunk for the helper; `audio` is FLAC, 16 kHz mono, of exactly `sample_count` samples."""

    lease_id: LeaseId
    book_id: BookId
    book_title: str
    sample_count: int
    model: str
    model_hash: str
    options: DecodeOptions
    audio: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    lease_id: LeaseId
    transcript: ChunkTranscript
    provenance: Provenance


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
class ToldPeer:
    """A peer that the sender has a link to; `addresses` as HOST:PORT or [IPV6]:PORT."""

    node_id: NodeId
    name: str
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Whom the sender knows: all of them each time."""

    peers: tuple[ToldPeer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """The ring of the swarm, as the sender has it, and whether the swarm is grown."""

    ring: Ring
    grown: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Dismissed:
    """The receiver was removed from the swarm, with that standing."""

    standing: Standing


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


def decode(frame: bytes) -> Message:
    """PlainError (a PeerError) for whatever is no message."""
    if len(frame) > FRAME_LIMIT_BYTES:
        raise PlainError(f"A message of {len(frame)} bytes is too long.")
    try:
        if len(frame) > MOST_BYTES_BESIDES_AUDIO and len(frame) - _audio_bytes(frame) > MOST_BYTES_BESIDES_AUDIO:
            raise PlainError("A message has too much besides audio.")
        thing = msgpack.unpackb(frame, strict_map_key=False)
    except (ValueError, TypeError, msgpack.exceptions.UnpackException, RecursionError) as error:
        # TypeError: a map has a list or a map as a key.
        raise PlainError(f"A message could not be read: {error}") from error
    if not isinstance(thing, list) or len(thing) != 2 or not isinstance(thing[0], str) or thing[0] not in _KINDS:
        raise PlainError("A message of an unknown kind was received.")
    message: Message = from_plain(_KINDS[thing[0]], thing[1])
    return message


def _audio_bytes(frame: bytes) -> int:
    """The size of the longest field of bytes. Nothing is unpacked for it."""
    unpacker = msgpack.Unpacker(max_buffer_size=FRAME_LIMIT_BYTES)
    unpacker.feed(frame)
    if unpacker.read_array_header() != 2:
        return 0
    unpacker.skip()  # its kind
    count, longest = unpacker.read_map_header(), 0
    for _ in range(min(count, _MOST_FIELDS)):
        unpacker.skip()  # the field's name
        begin = unpacker.tell()
        unpacker.skip()
        if frame[begin] in _BYTES_MARKS:
            longest = max(longest, unpacker.tell() - begin)
    return longest
