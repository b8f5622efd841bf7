"""What a coordinator wants done. The `Stored` ones go to the store in one transaction, before the rest is sent."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from swarmstt.core.books import BookSettings, BookState, ChunkSpan, ChunkState, Provenance
from swarmstt.core.helper_kinds import HelperKind
from swarmstt.core.scheduling.leases import LeaseEvent, LeaseState
from swarmstt.core.transcript import ChunkTranscript, Wordless
from swarmstt.ids import BookId, ChunkId, HelperId, LeaseId
from swarmstt.options import DecodeOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """An action that the store carries out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreChunk(Stored):
    span: ChunkSpan


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreChunkState(Stored):
    """`reason` says why a chunk is a gap; `wordless` where its transcript has gaps; `tries` how often a person had it
    tried again."""

    chunk_id: ChunkId
    state: ChunkState
    tries: int = 0
    reason: str | None = None
    wordless: tuple[Wordless, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreLease(Stored):
    lease_id: LeaseId
    chunk_id: ChunkId
    helper_id: HelperId
    helper_name: str
    helper_kind: HelperKind


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
    read_whole: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class DropChunks(Stored):
    """Forget this chunk of a book and all behind it, with their leases and transcripts."""

    first: ChunkId


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteBook(Stored):
    book_id: BookId


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Hand this chunk to this helper. `urgent`: it did not ask for it, and is to begin with it at once.
    `tries`: how often a person had it tried again."""

    helper_id: HelperId
    lease_id: LeaseId
    span: ChunkSpan
    model: str
    model_hash: str
    options: DecodeOptions
    urgent: bool = False
    tries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StopLease:
    """Have a helper stop: this lease is not counted on any more, and it forgets any result. A result that crosses
    this on its way may be taken."""

    helper_id: HelperId
    lease_id: LeaseId


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledge:
    """Let a helper know that the end of its lease (its result, its failure, its return) is on disk."""

    helper_id: HelperId
    lease_id: LeaseId


@dataclass(frozen=True, slots=True, kw_only=True)
class DropAudio:
    """Delete this chunk's audio: it is not needed any more."""

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
class AnnounceBook:
    """The book is new, or has another place in the queue: who watches hears of it. There is nothing else to do."""

    book_id: BookId


NoticeKind = Literal["went_away", "is_silent", "is_stuck", "rests", "not_decoded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something that a person should be able to read; `phrases.py` has the words.

    `parts`: how many go to another PC, or were failed on. `seconds`: how long the helper rests. `reason`: why a part
    could not be decoded.
    """

    kind: NoticeKind
    book_id: BookId | None = None
    helper_id: HelperId | None = None
    helper_name: str = ""
    parts: int = 0
    seconds: float = 0.0
    reason: str = ""
    trouble: bool = False


AnyAction: TypeAlias = (
    Stored | Grant | StopLease | Acknowledge | DropAudio | MergeBook | CleanUpBook | AnnounceBook | Notice
)
