"""What a coordinator wants done. The `Stored` ones go to the store in one transaction, before the rest is sent."""

from dataclasses import dataclass
from typing import TypeAlias

from swarmstt.core.books import BookSettings, BookState, ChunkSpan, ChunkState, Provenance
from swarmstt.core.leases import LeaseEvent, LeaseState
from swarmstt.core.transcript import ChunkTranscript, DecodeOptions
from swarmstt.ids import BookId, ChunkId, HelperId, LeaseId


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """An action that the store carries out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreChunk(Stored):
    span: ChunkSpan


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreChunkState(Stored):
    """`reason` says why a chunk is a gap."""

    chunk_id: ChunkId
    state: ChunkState
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreLease(Stored):
    lease_id: LeaseId
    chunk_id: ChunkId
    helper_id: HelperId
    helper_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreLeaseState(Stored):
    """`event` is what brought it there; `reason` says why a failed one failed."""

    lease_id: LeaseId
    state: LeaseState
    event: LeaseEvent
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreResult(Stored):
    chunk_id: ChunkId
    lease_id: LeaseId
    transcript: ChunkTranscript
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreBookState(Stored):
    """`reason` says why a book failed."""

    book_id: BookId
    state: BookState
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreLanguage(Stored):
    book_id: BookId
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StorePaused(Stored):
    book_id: BookId
    paused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreReadWhole(Stored):
    book_id: BookId


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteBook(Stored):
    book_id: BookId


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Hand this chunk to this helper."""

    helper_id: HelperId
    lease_id: LeaseId
    span: ChunkSpan
    model: str
    model_hash: str
    options: DecodeOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingForGuest:
    """Tell a guest that asked that there is no chunk for it now."""

    helper_id: HelperId


@dataclass(frozen=True, slots=True, kw_only=True)
class StopLease:
    """Tell a helper that this lease is not counted on any more: it stops, and forgets any result. One that crosses this
    on its way may be taken."""

    helper_id: HelperId
    lease_id: LeaseId


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledge:
    """Tell a helper that what became of its lease (its result, its failure, its return) is on disk."""

    helper_id: HelperId
    lease_id: LeaseId


@dataclass(frozen=True, slots=True, kw_only=True)
class DropAudio:
    """This chunk's audio is needed no more."""

    chunk_id: ChunkId


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeBook:
    """Write the transcript of this book; its end comes back as BookWritten or BookUnusable."""

    book_id: BookId
    settings: BookSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanUpBook:
    """Stop reading this book's audio and delete all that the node keeps of it on disk."""

    book_id: BookId


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Something that a person should be able to read."""

    text: str
    book_id: BookId | None = None
    helper_id: HelperId | None = None
    trouble: bool = False


AnyAction: TypeAlias = (
    Stored | Grant | NothingForGuest | StopLease | Acknowledge | DropAudio | MergeBook | CleanUpBook | Told
)
