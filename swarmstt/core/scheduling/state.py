"""What a coordinator knows: books, chunks, leases and helpers, and the steps that keep them consistent.

Rules that hold between events (`invariants.validate` states them as code):
- a chunk is in progress exactly while some lease of it is held, and pending exactly while it is on its book's list
- a completed chunk, or a gap, has no held lease
- a helper's held leases are those leases that are held and name it
- what is summed up along the way (open, pending and held seconds) is what the chunks and leases add up to
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field

from swarmstt.core.books import BookSettings, BookState, ChunkSpan, ChunkState
from swarmstt.core.helper_kinds import POLICY, HelperKind, HelperPolicy
from swarmstt.core.scheduling.actions import AnyAction, Notice, StoreLeaseState
from swarmstt.core.scheduling.events import HelperOffer
from swarmstt.core.scheduling.leases import LeaseEvent, LeaseState, next_state
from swarmstt.core.scheduling.rules import Rules
from swarmstt.core.transcript import Wordless
from swarmstt.ids import BookId, ChunkId, HelperId, LeaseId


@dataclass(slots=True, kw_only=True, eq=False)
class Lease:
    lease_id: LeaseId
    chunk: Chunk
    helper_id: HelperId
    deadline: float
    progressed_at: float
    progress: float = 0.0
    urgent: bool = False
    """Its helper took it besides what it had asked for."""
    state: LeaseState = LeaseState.HELD

    @property
    def left_seconds(self) -> float:
        """Seconds of audio that its helper has not decoded yet."""
        return self.chunk.span.seconds * (1.0 - self.progress)


@dataclass(slots=True, kw_only=True, eq=False)
class Chunk:
    span: ChunkSpan
    book: Book
    state: ChunkState = ChunkState.PENDING
    reason: str | None = None
    wordless: tuple[Wordless, ...] = ()
    tries: int = 0
    """How often a person had its gaps tried again."""
    leases: dict[LeaseId, Lease] = field(default_factory=dict)
    failed_by: dict[HelperId, str] = field(default_factory=dict)

    @property
    def has_gap(self) -> bool:
        """Whether some of it has no words, so that it can be tried again."""
        return self.state is ChunkState.FAILED or bool(self.wordless)

    @property
    def held(self) -> list[Lease]:
        return [lease for lease in self.leases.values() if lease.state is LeaseState.HELD]

    @property
    def index(self) -> int:
        return self.span.chunk_id.index


@dataclass(slots=True, kw_only=True, eq=False)
class Book:
    book_id: BookId
    settings: BookSettings
    state: BookState = BookState.OPEN
    reason: str | None = None
    """Why it failed."""
    language: str | None = None
    paused: bool = False
    prioritised: bool = False
    """Somebody waits for it: it is decoded before the books that nobody waits for."""
    local_only: bool = False
    """Only the coordinator's own helper may decode it."""
    for_program: bool = False
    """Another program sent it, and no person keeps it among their books."""
    read_whole: bool = False
    write_again: bool = False
    """It was asked for once more while it was being written, perhaps in another place."""
    chunks: list[Chunk] = field(default_factory=list)
    pending: list[int] = field(default_factory=list)
    """Indexes of pending chunks, ascending."""
    open_count: int = 0
    """Chunks that are neither completed nor gaps, and their seconds of audio."""
    open_seconds: float = 0.0
    pending_seconds: float = 0.0
    read_seconds: float = 0.0
    estimated_seconds: float = 0.0

    @property
    def remaining_seconds(self) -> float:
        """Seconds of audio that no transcript exists for, as far as can be told."""
        return self.open_seconds + self.unread_seconds

    @property
    def unread_seconds(self) -> float:
        return 0.0 if self.read_whole else max(0.0, self.estimated_seconds - self.read_seconds)

    def is_short(self, rules: Rules) -> bool:
        """Whether it is a program's recording for which somebody waits, as far as its length is known."""
        return self.for_program and max(self.read_seconds, self.estimated_seconds) <= rules.short_seconds

    @property
    def grantable(self) -> bool:
        return self.state is BookState.OPEN and not self.paused and self.language is not None


@dataclass(slots=True, kw_only=True, eq=False)
class Helper:
    helper_id: HelperId
    kind: HelperKind
    offer: HelperOffer
    speed: float
    """Seconds of audio it decodes in a second on one slot: measured, else assumed."""
    measured: bool = False
    delivered_at: float = 0.0
    """When it delivered last: what waited behind that chunk can only have begun then."""
    done_seconds: float = 0.0
    """Seconds of audio that it delivered since this coordinator began."""
    credit: int = 0
    granted: int = 0
    held: dict[LeaseId, Lease] = field(default_factory=dict)
    held_seconds: float = 0.0
    """Seconds of audio of its held leases that it has not decoded yet, as far as its heartbeats say."""
    left_at: float | None = None
    has_joined: bool = False
    """False as long as a coordinator that restarted knows it from its leases alone."""
    answers: bool = True
    """False from when it let a lease expire until it says anything: its link may stay open all that time."""
    failures: dict[ChunkId, bool] = field(default_factory=dict)
    """Chunks it failed on since it last delivered one; True once another helper decoded that chunk."""
    resting_until: float = 0.0
    rest_notice: Notice | None = None
    """Why it rests, or rested last."""

    @property
    def policy(self) -> HelperPolicy:
        """How it is treated."""
        return POLICY[self.kind]

    @property
    def linked(self) -> bool:
        return self.left_at is None

    @property
    def rate(self) -> float:
        """Seconds of audio it decodes in a second on all of its slots."""
        return self.speed * max(1, self.offer.slots)

    def hold(self, lease: Lease) -> None:
        self.held[lease.lease_id] = lease
        self.held_seconds += lease.left_seconds

    def drop(self, lease: Lease) -> None:
        if self.held.pop(lease.lease_id, None) is not None:
            self.held_seconds = self.held_seconds - lease.left_seconds if self.held else 0.0

    def advance(self, lease: Lease, progress: float) -> None:
        """One of its held leases came so far, from 0 to 1."""
        self.held_seconds -= lease.left_seconds
        lease.progress = progress
        self.held_seconds += lease.left_seconds

    def can_decode(self, book: Book) -> bool:
        if book.local_only and not self.policy.takes_local_books:
            return False
        hashes = self.offer.model_hashes
        return self.offer.slots > 0 and (hashes is None or book.settings.model_hash in hashes)

    def wants(self, at: float) -> bool:
        return self.linked and self.granted < self.credit and self.offer.slots > 0 and at >= self.resting_until

    def takes_urgent(self, at: float, rules: Rules) -> bool:
        """Whether it is to have a short recording at once: books have all its slots, and it has no other such one."""
        if not self.offer.takes_urgent or not self.linked or at < self.resting_until or not self.offer.slots:
            return False
        of_books = sum(not lease.chunk.book.is_short(rules) for lease in self.held.values())
        return of_books >= self.offer.slots and not any(lease.urgent for lease in self.held.values())


@dataclass(slots=True, kw_only=True, eq=False)
class State:
    rules: Rules
    next_lease_id: LeaseId
    books: dict[BookId, Book] = field(default_factory=dict)
    """In the order in which they are done."""
    helpers: dict[HelperId, Helper] = field(default_factory=dict)
    leases: dict[LeaseId, Lease] = field(default_factory=dict)
    troubled: dict[ChunkId, Chunk] = field(default_factory=dict)
    """Open chunks that some helper failed on."""
    overdue: dict[LeaseId, float] = field(default_factory=dict)
    """Leases that would end after all others, and when, as the last tick saw it; some may have ended since."""
    ticked_at: float | None = None
    overtaken_seconds: float = 0.0
    """Seconds of short recordings that were granted while a book waited, less what books had since."""
    pending_count: int = 0
    """Pending chunks of all books: when it grows, there may be something for every helper."""

    def chunk(self, chunk_id: ChunkId) -> Chunk | None:
        book = self.books.get(chunk_id.book_id)
        if book is None or not 0 <= chunk_id.index < len(book.chunks):
            return None
        return book.chunks[chunk_id.index]

    def move(self, lease: Lease, event: LeaseEvent, out: list[AnyAction], reason: str | None = None) -> None:
        """Take one step of the lease table, and keep chunk, helper and book in step with it."""
        chunk = lease.chunk
        story = f"Lease {lease.lease_id} of chunk {chunk.span.chunk_id} ({chunk.state.value})."
        new_state = next_state(lease.state, event, story)
        if new_state is lease.state:
            return
        lease.state = new_state
        out.append(StoreLeaseState(lease_id=lease.lease_id, state=new_state, event=event, reason=reason))
        helper = self.helpers[lease.helper_id]
        if new_state is LeaseState.HELD:
            helper.hold(lease)
        else:
            helper.drop(lease)
        self.refresh(chunk)

    def refresh(self, chunk: Chunk) -> None:
        """Update an open chunk: in progress while a lease of it is held, else pending."""
        if chunk.state in (ChunkState.COMPLETED, ChunkState.FAILED):
            return
        if chunk.held:
            chunk.state = ChunkState.IN_PROGRESS
            self._unlist(chunk)
        else:
            chunk.state = ChunkState.PENDING
            self._list(chunk)

    def _list(self, chunk: Chunk) -> None:
        book, position, listed = chunk.book, *self._place(chunk)
        if not listed:
            book.pending.insert(position, chunk.index)
            book.pending_seconds += chunk.span.seconds
            self.pending_count += 1

    def _unlist(self, chunk: Chunk) -> None:
        book, position, listed = chunk.book, *self._place(chunk)
        if listed:
            del book.pending[position]
            self.pending_count -= 1
            book.pending_seconds = book.pending_seconds - chunk.span.seconds if book.pending else 0.0

    @staticmethod
    def _place(chunk: Chunk) -> tuple[int, bool]:
        """Return where the chunk belongs in its book's list of pending ones, and whether it is there."""
        pending = chunk.book.pending
        position = bisect_left(pending, chunk.index)
        return position, position < len(pending) and pending[position] == chunk.index

    def open_chunk(self, chunk: Chunk) -> None:
        """Begin to count a chunk as work to do."""
        chunk.state = ChunkState.PENDING
        chunk.reason, chunk.wordless = None, ()
        chunk.book.open_count += 1
        chunk.book.open_seconds += chunk.span.seconds
        self.refresh(chunk)

    def close_chunk(self, chunk: Chunk, state: ChunkState, reason: str | None = None) -> None:
        """Count a chunk as completed, or as a gap. Its leases must not be held any more."""
        chunk.state = state
        chunk.reason = reason
        self.troubled.pop(chunk.span.chunk_id, None)
        book = chunk.book
        book.open_count -= 1
        book.open_seconds = 0.0 if book.open_count == 0 else book.open_seconds - chunk.span.seconds
        self._unlist(chunk)

    def forget_leases(self, book: Book, *, of_gaps: bool) -> None:
        """Drop the leases of a book that does not need them any more; a helper that still names one is stopped.
        Those of gaps can be kept, for a result that comes after all."""
        for chunk in book.chunks:
            if chunk.state is ChunkState.FAILED and not of_gaps:
                continue
            self.forget_leases_of(chunk)

    def forget_leases_of(self, chunk: Chunk) -> None:
        """Drop the leases of a chunk."""
        for lease_id in chunk.leases:
            del self.leases[lease_id]
        chunk.leases.clear()
