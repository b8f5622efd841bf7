"""What a coordinator knows: books, chunks, leases and helpers, and the steps that keep them consistent.

Rules that hold between events (`validate` states them as code):
- a chunk is in progress exactly while some lease of it is held, and pending exactly while it is on its book's list
- a completed chunk, or a gap, has no held lease
- a helper's held leases are those leases that are held and name it
"""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass, field

from swarmstt.core.actions import AnyAction, StoreLeaseState
from swarmstt.core.books import BookSettings, BookState, ChunkSpan, ChunkState
from swarmstt.core.events import HelperOffer
from swarmstt.core.leases import LeaseEvent, LeaseState, next_state
from swarmstt.ids import BookId, ChunkId, HelperId, LeaseId


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Times and counts that decide. All times in seconds."""

    lease_seconds: float = 10.0
    """A helper that sends no heartbeat for so long is lost: five heartbeats at the helper's pace."""
    silent_lease_seconds: float = 900.0
    """The least that a guest may be silent; for a long chunk it is `silent_lease_factor` times its seconds."""
    silent_lease_factor: float = 6.0
    return_seconds: float = 1.0
    """A helper whose link closed may come back within this time and keep its chunks."""
    stall_seconds: float = 120.0
    """A lease without progress for so long, and for `stall_factor` times its expected time, has failed."""
    least_speed: float = 0.25
    """What is expected of a helper that has not shown its speed: a large model on a slow CPU."""
    stall_factor: float = 4.0
    failures_for_gap: int = 3
    failures_for_rest: int = 3
    rest_seconds: float = 600.0
    assumed_speed: float = 4.0
    """Seconds of audio a second on one slot, of a helper that has not measured itself."""
    slept_seconds: float = 5.0
    """Ticks further apart than this mean that this PC slept; helpers are not blamed for that time."""


@dataclass(slots=True, kw_only=True, eq=False)
class Lease:
    lease_id: LeaseId
    chunk: Chunk
    helper_id: HelperId
    granted_at: float
    deadline: float
    progressed_at: float
    progress: float = 0.0
    state: LeaseState = LeaseState.HELD


@dataclass(slots=True, kw_only=True, eq=False)
class Chunk:
    span: ChunkSpan
    book: Book
    state: ChunkState = ChunkState.PENDING
    reason: str | None = None
    leases: dict[LeaseId, Lease] = field(default_factory=dict)
    failed_by: dict[HelperId, str] = field(default_factory=dict)

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
    hurried: bool = False
    """Somebody waits for it: it goes before those for which nobody does."""
    alone: bool = False
    """Only the coordinator's own helper may decode it."""
    read_whole: bool = False
    chunks: list[Chunk] = field(default_factory=list)
    pending: list[int] = field(default_factory=list)
    """Indexes of pending chunks, ascending."""
    open_count: int = 0
    """Chunks that are neither completed nor gaps, and their seconds of audio."""
    open_seconds: float = 0.0
    read_seconds: float = 0.0
    estimated_seconds: float = 0.0

    @property
    def remaining_seconds(self) -> float:
        """Seconds of audio that no transcript exists for, as far as can be told."""
        unread = 0.0 if self.read_whole else max(0.0, self.estimated_seconds - self.read_seconds)
        return self.open_seconds + unread

    @property
    def grantable(self) -> bool:
        return self.state is BookState.OPEN and not self.paused and self.language is not None


@dataclass(slots=True, kw_only=True, eq=False)
class Helper:
    helper_id: HelperId
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
    left_at: float | None = None
    failures: dict[ChunkId, bool] = field(default_factory=dict)
    """Chunks it failed on since it last delivered one; True once another helper decoded that chunk."""
    resting_until: float = 0.0

    @property
    def linked(self) -> bool:
        return self.left_at is None

    def can_decode(self, book: Book) -> bool:
        if book.alone and not self.offer.own:
            return False
        hashes = self.offer.model_hashes
        return self.offer.slots > 0 and (hashes is None or book.settings.model_hash in hashes)

    def wants(self, at: float) -> bool:
        return self.linked and self.granted < self.credit and self.offer.slots > 0 and at >= self.resting_until


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
    ticked_at: float | None = None

    def chunk(self, chunk_id: ChunkId) -> Chunk | None:
        book = self.books.get(chunk_id.book_id)
        if book is None or not 0 <= chunk_id.index < len(book.chunks):
            return None
        return book.chunks[chunk_id.index]

    def move(self, lease: Lease, event: LeaseEvent, out: list[AnyAction], reason: str | None = None) -> None:
        """Takes one step of the lease table, and keeps chunk, helper and book in step with it."""
        chunk = lease.chunk
        story = f"Lease {lease.lease_id} of chunk {chunk.span.chunk_id} ({chunk.state.value})."
        new_state = next_state(lease.state, event, story)
        if new_state is lease.state:
            return
        lease.state = new_state
        out.append(StoreLeaseState(lease_id=lease.lease_id, state=new_state, reason=reason))
        helper = self.helpers[lease.helper_id]
        if new_state is LeaseState.HELD:
            helper.held[lease.lease_id] = lease
        else:
            helper.held.pop(lease.lease_id, None)
        self.refresh(chunk)

    def refresh(self, chunk: Chunk) -> None:
        """An open chunk is in progress while a lease of it is held, else pending."""
        if chunk.state in (ChunkState.COMPLETED, ChunkState.FAILED):
            return
        pending = chunk.book.pending
        position = bisect_left(pending, chunk.index)
        listed = position < len(pending) and pending[position] == chunk.index
        if chunk.held:
            chunk.state = ChunkState.IN_PROGRESS
            if listed:
                del pending[position]
        else:
            chunk.state = ChunkState.PENDING
            if not listed:
                insort(pending, chunk.index)

    def open_chunk(self, chunk: Chunk) -> None:
        """Begins to count a chunk as work to do."""
        chunk.state = ChunkState.PENDING
        chunk.reason = None
        chunk.book.open_count += 1
        chunk.book.open_seconds += chunk.span.seconds
        self.refresh(chunk)

    def close_chunk(self, chunk: Chunk, state: ChunkState, reason: str | None = None) -> None:
        """Counts a chunk as completed, or as a gap. Its leases must not be held any more."""
        chunk.state = state
        chunk.reason = reason
        self.troubled.pop(chunk.span.chunk_id, None)
        book = chunk.book
        book.open_count -= 1
        book.open_seconds = 0.0 if book.open_count == 0 else book.open_seconds - chunk.span.seconds
        position = bisect_left(book.pending, chunk.index)
        if position < len(book.pending) and book.pending[position] == chunk.index:
            del book.pending[position]

    def forget_leases(self, book: Book, *, of_gaps: bool) -> None:
        """Drops the leases of a book that needs them no more; whoever still names one is told to stop.
        Those of gaps can be kept, for a result that comes after all."""
        for chunk in book.chunks:
            if chunk.state is ChunkState.FAILED and not of_gaps:
                continue
            for lease_id in chunk.leases:
                del self.leases[lease_id]
            chunk.leases.clear()

    def validate(self) -> None:
        """Raises AssertionError where one of the rules at the top of this module does not hold."""
        held = {lease_id for lease_id, lease in self.leases.items() if lease.state is LeaseState.HELD}
        assert held == {lease_id for helper in self.helpers.values() for lease_id in helper.held}
        for book in self.books.values():
            states = [chunk.state for chunk in book.chunks]
            assert book.pending == [i for i, state in enumerate(states) if state is ChunkState.PENDING]
            open_chunks = [c for c in book.chunks if c.state in (ChunkState.PENDING, ChunkState.IN_PROGRESS)]
            assert book.open_count == len(open_chunks)
            assert abs(book.open_seconds - sum(c.span.seconds for c in open_chunks)) < 1e-3
            for index, chunk in enumerate(book.chunks):
                assert chunk.index == index
                assert bool(chunk.held) == (chunk.state is ChunkState.IN_PROGRESS)
                assert len({lease.helper_id for lease in chunk.held}) == len(chunk.held)
            if book.state in (BookState.MERGING, BookState.DONE):
                assert book.read_whole
                assert book.open_count == 0
