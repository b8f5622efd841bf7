"""What can happen to a coordinator. Each event says when: `at`, seconds on the coordinator's monotonic clock."""

from dataclasses import dataclass
from typing import TypeAlias

from swarmstt.core.books import BookSettings, ChunkSpan, Provenance
from swarmstt.core.transcript import ChunkTranscript
from swarmstt.ids import BookId, HelperId, LeaseId


@dataclass(frozen=True, slots=True, kw_only=True)
class HelperOffer:
    """What a helper says of itself.

    `model_hashes`: the models it has; None: it did not say, and may be given any (a guest). `own`: the
    coordinator's own helper. `silent`: a plain-HTTP guest, which may send no heartbeat while it decodes.
    `speed`: seconds of audio it decodes in a second on one slot, if it has measured that.
    `device`: what it decodes on, in words. `slots` 0: it takes nothing now. `why_not`: why it takes nothing, or
    nothing with some model: a word of core/why_not.py; None: it did not say.
    """

    name: str
    slots: int = 1
    device: str | None = None
    model_hashes: frozenset[str] | None = None
    speed: float | None = None
    own: bool = False
    silent: bool = False
    why_not: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    at: float


# Books, from the person and from the reader of their audio.


@dataclass(frozen=True, slots=True, kw_only=True)
class BookAdded(Event):
    book_id: BookId
    settings: BookSettings
    alone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkRead(Event):
    """The next chunk of a book's plan; its audio is on disk. One that is known already changes nothing."""

    span: ChunkSpan


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
class BookRead(Event):
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
class BookRewritten(Event):
    """A finished book's files are wanted once more."""

    book_id: BookId


@dataclass(frozen=True, slots=True, kw_only=True)
class BookHurried(Event):
    """Somebody waits for this book: it goes before the others."""

    book_id: BookId


# Helpers.


@dataclass(frozen=True, slots=True, kw_only=True)
class HelperJoined(Event):
    """A helper's link opened. `holding`: the leases that it still works on or has results for."""

    helper_id: HelperId
    offer: HelperOffer
    holding: frozenset[LeaseId] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class HelperChanged(Event):
    """A helper tells anew what it is: paused (no slots), a further model, another speed."""

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
    | BookEstimated
    | LanguageDecided
    | BookRead
    | BookUnusable
    | BookWritten
    | BookPaused
    | BookResumed
    | BookRemoved
    | BookRetried
    | BookRewritten
    | BookHurried
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
