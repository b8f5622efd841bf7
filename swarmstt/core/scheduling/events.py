"""What can happen to a coordinator. Each event says when: `at`, seconds on the coordinator's monotonic clock."""

from dataclasses import dataclass
from typing import TypeAlias

from swarmstt.core.books import BookSettings, ChunkSpan, Provenance
from swarmstt.core.helper_kinds import HelperKind
from swarmstt.core.transcript import ChunkTranscript
from swarmstt.ids import BookId, ChunkId, HelperId, LeaseId


@dataclass(frozen=True, slots=True, kw_only=True)
class HelperOffer:
    """What a helper says of itself.

    `model_hashes`: the models it has; None: it did not say, and may be given any (a guest). `speed`: seconds of audio
    it decodes in a second on one slot, if it has measured that. `device`: what it decodes on, in words. `slots` 0: it
    takes nothing now. `takes_urgent`: it takes one short recording besides what it asked for, and begins with it at
    once. `unavailable_reason`: why it takes nothing, or nothing with some model: a word of
    core/helping/unavailability.py; None: it did not say.
    """

    name: str
    slots: int = 1
    device: str | None = None
    model_hashes: frozenset[str] | None = None
    speed: float | None = None
    unavailable_reason: str | None = None
    takes_urgent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    at: float


# Books, from the person and from the reader of their audio.


@dataclass(frozen=True, slots=True, kw_only=True)
class BookAdded(Event):
    book_id: BookId
    settings: BookSettings
    local_only: bool = False
    for_program: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkRead(Event):
    """The next chunk of a book's plan; its audio is on disk. One that is known already changes nothing."""

    span: ChunkSpan


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDropped(Event):
    """The same audio is cut otherwise from this chunk on than when it was read before, by an earlier version: what was
    planned and decoded from there on goes."""

    first: ChunkId

    @property
    def book_id(self) -> BookId:
        return self.first.book_id


@dataclass(frozen=True, slots=True, kw_only=True)
class BookEstimated(Event):
    """How long the book will probably be."""

    book_id: BookId
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageDecided(Event):
    book_id: BookId
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BookIngested(Event):
    """The plan is complete."""

    book_id: BookId


@dataclass(frozen=True, slots=True, kw_only=True)
class BookUnusable(Event):
    """It cannot be read, or its transcript cannot be written."""

    book_id: BookId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BookWritten(Event):
    book_id: BookId


@dataclass(frozen=True, slots=True, kw_only=True)
class BookPaused(Event):
    book_id: BookId


@dataclass(frozen=True, slots=True, kw_only=True)
class BookResumed(Event):
    book_id: BookId


@dataclass(frozen=True, slots=True, kw_only=True)
class BookRemoved(Event):
    book_id: BookId


@dataclass(frozen=True, slots=True, kw_only=True)
class BookRetried(Event):
    """Gaps are tried again, and a transcript that could not be written is written again."""

    book_id: BookId


@dataclass(frozen=True, slots=True, kw_only=True)
class BookClaimed(Event):
    """A person added what another program had sent: it is a book of theirs from now on."""

    book_id: BookId
    local_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BookRewritten(Event):
    """A finished book's files are wanted once more."""

    book_id: BookId


@dataclass(frozen=True, slots=True, kw_only=True)
class BookPrioritised(Event):
    """Somebody waits for this book: it goes before the others."""

    book_id: BookId


# Helpers.


@dataclass(frozen=True, slots=True, kw_only=True)
class HelperJoined(Event):
    """A helper's link opened. `kind` is for whoever let it in to say. `holding`: the leases that it still works on or
    has results for."""

    helper_id: HelperId
    kind: HelperKind
    offer: HelperOffer
    holding: frozenset[LeaseId] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class HelperChanged(Event):
    """A helper says what it is from now on: paused (no slots), a further model, another speed."""

    helper_id: HelperId
    offer: HelperOffer


@dataclass(frozen=True, slots=True, kw_only=True)
class HelperLeft(Event):
    """A helper's link closed; it may come back within moments."""

    helper_id: HelperId


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunksWanted(Event):
    """A helper takes this many chunks, counted from the opening of its link: a total that only grows, so that
    wishes and grants may cross without harm."""

    helper_id: HelperId
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestAsked(Event):
    """A guest takes one chunk now or none."""

    helper_id: HelperId


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseRenewed(Event):
    """A heartbeat. `progress` from 0 to 1; None: not known."""

    helper_id: HelperId
    lease_id: LeaseId
    progress: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkDelivered(Event):
    helper_id: HelperId
    lease_id: LeaseId
    transcript: ChunkTranscript
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkFailed(Event):
    """`reached`: the helper had the chunk; False: it could not be given to it, so its place is as free as before."""

    helper_id: HelperId
    lease_id: LeaseId
    reason: str
    reached: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkReturned(Event):
    helper_id: HelperId
    lease_id: LeaseId


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticked(Event):
    """Time passed."""


AnyEvent: TypeAlias = (
    BookAdded
    | ChunkRead
    | PlanDropped
    | BookEstimated
    | LanguageDecided
    | BookIngested
    | BookUnusable
    | BookWritten
    | BookPaused
    | BookResumed
    | BookRemoved
    | BookRetried
    | BookClaimed
    | BookRewritten
    | BookPrioritised
    | HelperJoined
    | HelperChanged
    | HelperLeft
    | ChunksWanted
    | GuestAsked
    | LeaseRenewed
    | ChunkDelivered
    | ChunkFailed
    | ChunkReturned
    | Ticked
)
