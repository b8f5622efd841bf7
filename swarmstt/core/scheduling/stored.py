"""What the store remembers of a coordinator's work: what a restarted one begins with."""

from dataclasses import dataclass

from swarmstt.core.books import BookSettings, BookState, ChunkSpan, ChunkState
from swarmstt.core.helper_kinds import HelperKind
from swarmstt.core.scheduling.leases import LeaseState
from swarmstt.core.transcript import Wordless
from swarmstt.ids import BookId, ChunkId, HelperId, LeaseId


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredChunk:
    """A chunk as the store remembers it."""

    span: ChunkSpan
    state: ChunkState
    reason: str | None = None
    wordless: tuple[Wordless, ...] = ()
    tries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLease:
    """A lease as the store remembers it; `reason` says why a failed one failed."""

    lease_id: LeaseId
    chunk_id: ChunkId
    helper_id: HelperId
    helper_name: str
    helper_kind: HelperKind
    state: LeaseState
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBook:
    """A book as the store remembers it: what a restarted coordinator begins with."""

    book_id: BookId
    settings: BookSettings
    state: BookState
    language: str | None
    paused: bool
    read_whole: bool
    chunks: tuple[StoredChunk, ...]
    leases: tuple[StoredLease, ...] = ()
    reason: str | None = None
    local_only: bool = False
    for_program: bool = False
