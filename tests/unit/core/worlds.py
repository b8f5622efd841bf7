"""A small world around a coordinator: a disk, a clock, and helpers that do what a test tells them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from swarmstt.core.books import SAMPLE_RATE, BookSettings, BookState, ChunkSpan, ChunkState, Provenance
from swarmstt.core.scheduling import actions, events
from swarmstt.core.scheduling.coordinator import Coordinator
from swarmstt.core.scheduling.events import HelperOffer
from swarmstt.core.scheduling.leases import LeaseEvent, LeaseState
from swarmstt.core.scheduling.rules import Rules
from swarmstt.core.scheduling.stored import StoredBook, StoredChunk, StoredLease
from swarmstt.core.speech.merge import ChunkOutcome, Merge
from swarmstt.core.transcript import ChunkTranscript, Segment, Wordless
from swarmstt.core.work import ChunkJob
from swarmstt.ids import BookId, ChunkId, HelperId, LeaseId
from swarmstt.options import DecodeOptions

BOOK = BookId("aaaa0000")
MODEL = "model-hash"
SETTINGS = BookSettings(model="base", model_hash=MODEL, decode=DecodeOptions(language="en"))
OWN = HelperId("own")
ANNA, BEN, CARA = HelperId("anna"), HelperId("ben"), HelperId("cara")


def job(audio: bytes, sample_count: int = 16_000, options: DecodeOptions | None = None) -> ChunkJob:
    """A chunk of an English book."""
    return ChunkJob(
        title="A book",
        sample_count=sample_count,
        model="base",
        model_hash=MODEL,
        options=options or DecodeOptions(language="en"),
        audio=audio,
    )


def offer(
    name: str,
    *,
    slots: int = 1,
    speed: float | None = None,
    model_hashes: frozenset[str] | None = frozenset({MODEL}),
) -> HelperOffer:
    return HelperOffer(name=name, slots=slots, model_hashes=model_hashes, speed=speed)


def guest_offer(name: str) -> HelperOffer:
    """What a guest says of itself, which is not what models it has."""
    return offer(name, model_hashes=None)


def span(index: int, seconds: float = 100.0, book_id: BookId = BOOK) -> ChunkSpan:
    count = round(seconds * SAMPLE_RATE)
    return ChunkSpan(chunk_id=ChunkId(book_id, index), start_sample=index * count, sample_count=count)


def transcript(text: str, seconds: float = 100.0) -> ChunkTranscript:
    segments = (Segment(start=0.0, end=min(1.0, seconds), text=text),)
    return ChunkTranscript(language="en", duration=seconds, segments=segments)


def merged(outcomes: Iterable[ChunkOutcome]) -> Merge:
    merge = Merge()
    for outcome in outcomes:
        merge.add(outcome)
    return merge


def provenance(name: str, seconds: float = 1.0) -> Provenance:
    return Provenance(helper_name=name, model="base", device="cpu", compute_type="int8", processing_seconds=seconds)


@dataclass
class Disk:
    """What the stored actions have made durable: enough to begin again from."""

    settings: dict[BookId, BookSettings] = field(default_factory=dict)
    book_states: dict[BookId, tuple[BookState, str | None]] = field(default_factory=dict)
    languages: dict[BookId, str | None] = field(default_factory=dict)
    paused: dict[BookId, bool] = field(default_factory=dict)
    read_whole: set[BookId] = field(default_factory=set)
    spans: dict[ChunkId, ChunkSpan] = field(default_factory=dict)
    chunk_states: dict[ChunkId, tuple[ChunkState, str | None]] = field(default_factory=dict)
    wordless: dict[ChunkId, tuple[Wordless, ...]] = field(default_factory=dict)
    tries: dict[ChunkId, int] = field(default_factory=dict)
    leases: dict[LeaseId, StoredLease] = field(default_factory=dict)
    lease_events: list[tuple[LeaseId, LeaseEvent]] = field(default_factory=list)
    """What brought leases to the states that they had one after another."""
    results: dict[ChunkId, ChunkTranscript] = field(default_factory=dict)

    def add_book(self, book_id: BookId, settings: BookSettings) -> None:
        self.settings[book_id] = settings
        self.book_states[book_id] = (BookState.OPEN, None)
        self.languages[book_id] = settings.decode.language

    def commit(self, action: actions.Stored) -> None:
        match action:
            case actions.StoreChunk(span=each):
                assert each.chunk_id not in self.spans
                self.spans[each.chunk_id] = each
                self.chunk_states[each.chunk_id] = (ChunkState.PENDING, None)
            case actions.StoreChunkState(chunk_id=chunk_id, state=state, reason=reason, wordless=wordless):
                self.chunk_states[chunk_id] = (state, reason)
                self.tries[chunk_id] = action.tries
                if self.wordless.pop(chunk_id, None) and state is ChunkState.PENDING:
                    del self.results[chunk_id]  # words were missing: it is tried again
                if wordless:
                    self.wordless[chunk_id] = wordless
            case actions.StoreLease(
                lease_id=lease_id, chunk_id=chunk_id, helper_id=helper_id, helper_name=name, helper_kind=kind
            ):
                assert lease_id not in self.leases
                self.leases[lease_id] = StoredLease(
                    lease_id=lease_id,
                    chunk_id=chunk_id,
                    helper_id=helper_id,
                    helper_name=name,
                    helper_kind=kind,
                    state=LeaseState.HELD,
                )
            case actions.StoreLeaseState(lease_id=lease_id, state=lease_state, event=event, reason=reason):
                self.lease_events.append((lease_id, event))
                old = self.leases[lease_id]
                self.leases[lease_id] = replace(old, state=lease_state, reason=reason)
            case actions.StoreResult(chunk_id=chunk_id, transcript=words):
                assert chunk_id not in self.results, "a chunk has one result"
                self.results[chunk_id] = words
            case actions.StoreBookState(book_id=book_id, state=book_state, reason=reason):
                self.book_states[book_id] = (book_state, reason)
            case actions.StoreLanguage(book_id=book_id, language=language):
                self.languages[book_id] = language
            case actions.StorePaused(book_id=book_id, paused=paused):
                self.paused[book_id] = paused
            case actions.StoreReadWhole(book_id=book_id, read_whole=read_whole):
                (self.read_whole.add if read_whole else self.read_whole.discard)(book_id)
            case actions.DropChunks(first=first):
                self._drop(lambda each: each.book_id == first.book_id and each.index >= first.index)
            case actions.DeleteBook(book_id=book_id):
                self._delete(book_id)
            case _:
                raise AssertionError(action)

    def _delete(self, book_id: BookId) -> None:
        del self.settings[book_id]
        self._drop(lambda each: each.book_id == book_id)

    def _drop(self, goes: Callable[[ChunkId], bool]) -> None:
        for kept in (self.spans, self.chunk_states, self.results, self.wordless):
            for chunk_id in list(filter(goes, kept)):
                del kept[chunk_id]
        self.leases = {k: v for k, v in self.leases.items() if not goes(v.chunk_id)}

    def stored_books(self) -> list[StoredBook]:
        return [
            StoredBook(
                book_id=book_id,
                settings=settings,
                state=self.book_states[book_id][0],
                reason=self.book_states[book_id][1],
                language=self.languages[book_id],
                paused=self.paused.get(book_id, False),
                read_whole=book_id in self.read_whole,
                chunks=tuple(
                    StoredChunk(
                        span=each,
                        state=self.chunk_states[chunk_id][0],
                        reason=self.chunk_states[chunk_id][1],
                        wordless=self.wordless.get(chunk_id, ()),
                        tries=self.tries.get(chunk_id, 0),
                    )
                    for chunk_id, each in sorted(self.spans.items())
                    if chunk_id.book_id == book_id
                ),
                leases=tuple(each for each in self.leases.values() if each.chunk_id.book_id == book_id),
            )
            for book_id, settings in self.settings.items()
        ]


class World:
    """A coordinator, its disk and its clock. `say` gives it an event and returns what is to be sent."""

    def __init__(self, rules: Rules | None = None) -> None:
        self.rules = rules or Rules()
        self.at = 1000.0
        self.disk = Disk()
        self.coordinator = Coordinator(self.rules)
        self.sent: list[actions.AnyAction] = []

    @property
    def state(self):  # type: ignore[no-untyped-def]
        return self.coordinator.state

    def say(self, event_type: type[events.Event], /, **fields: object) -> list[actions.AnyAction]:
        """Whoever joins is a peer, or the own helper, unless the fields say otherwise."""
        if event_type is events.HelperJoined:
            fields.setdefault("kind", "own" if fields["helper_id"] == OWN else "peer")
        return self._carry_out(self.coordinator.handle(event_type(at=self.at, **fields)))  # type: ignore[arg-type]

    def _carry_out(self, done: list[actions.AnyAction]) -> list[actions.AnyAction]:
        self.coordinator.validate()
        for action in done:
            if isinstance(action, actions.Stored):
                self.disk.commit(action)
        sent: list[actions.AnyAction] = [action for action in done if not isinstance(action, actions.Stored)]
        self.sent += sent
        return sent

    def wait(self, seconds: float) -> list[actions.AnyAction]:
        """Lets time pass, with the ticks that a node would make."""
        sent: list[actions.AnyAction] = []
        end = self.at + seconds
        while self.at < end:
            self.at = min(end, self.at + 0.5)
            sent += self.say(events.Ticked)
        return sent

    def restart(self) -> list[actions.AnyAction]:
        """The node dies without a word and starts again from its disk."""
        last = max(self.disk.leases, default=LeaseId(0))
        self.coordinator = Coordinator(self.rules, next_lease_id=last + 1)
        return self._carry_out(self.coordinator.restore(self.disk.stored_books()))

    def add_book(
        self, chunks: int = 3, seconds: float = 100.0, settings: BookSettings = SETTINGS, book_id: BookId = BOOK
    ) -> None:
        self.disk.add_book(book_id, settings)
        self.say(events.BookAdded, book_id=book_id, settings=settings)
        for index in range(chunks):
            self.say(events.ChunkRead, span=span(index, seconds, book_id))
        self.say(events.BookIngested, book_id=book_id)

    def join(
        self, helper_id: HelperId, wanted: int = 1, *, slots: int = 1, speed: float | None = None
    ) -> list[actions.Grant]:
        said = self.say(events.HelperJoined, helper_id=helper_id, offer=offer(helper_id, slots=slots, speed=speed))
        said += self.say(events.ChunksWanted, helper_id=helper_id, total=wanted)
        return [action for action in said if isinstance(action, actions.Grant)]

    def want(self, helper_id: HelperId, total: int) -> list[actions.Grant]:
        said = self.say(events.ChunksWanted, helper_id=helper_id, total=total)
        return [action for action in said if isinstance(action, actions.Grant)]

    def deliver(
        self,
        helper_id: HelperId,
        lease_id: LeaseId,
        text: str = "words",
        took: float = 1.0,
        wordless: tuple[Wordless, ...] = (),
    ) -> list[actions.AnyAction]:
        lease = self.state.leases.get(lease_id)
        seconds = lease.chunk.span.seconds if lease else 100.0
        return self.say(
            events.ChunkDelivered,
            helper_id=helper_id,
            lease_id=lease_id,
            transcript=replace(transcript(text, seconds), wordless=wordless),
            provenance=provenance(helper_id, took),
        )


def grants(said: list[actions.AnyAction]) -> list[actions.Grant]:
    return [action for action in said if isinstance(action, actions.Grant)]


def stops(said: list[actions.AnyAction]) -> list[LeaseId]:
    return [action.lease_id for action in said if isinstance(action, actions.StopLease)]
