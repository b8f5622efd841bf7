"""What happens to books: added, read, paused, tried again, written, removed."""

from __future__ import annotations

from typing import Literal

from swarmstt.core.books import BookState, ChunkState
from swarmstt.core.scheduling import events
from swarmstt.core.scheduling.actions import (
    AnnounceBook,
    AnyAction,
    CleanUpBook,
    DeleteBook,
    DropAudio,
    DropChunks,
    MergeBook,
    StopLease,
    StoreBookState,
    StoreChunk,
    StoreChunkState,
    StoreLanguage,
    StorePaused,
    StoreReadWhole,
)
from swarmstt.core.scheduling.leases import LeaseEvent, LeaseState
from swarmstt.core.scheduling.state import Book, Chunk, State
from swarmstt.core.transcript import Wordless
from swarmstt.errors import NotFoundError
from swarmstt.ids import BookId

_MOST_TRIES = 3
"""Each reads speech without words in another way. *Try again* goes on; to give a book once more then only writes it."""


def find(state: State, book_id: BookId) -> Book:
    """Return the book. Raises NotFoundError if there is no such book."""
    if book_id not in state.books:
        raise NotFoundError(f"There is no book {book_id}.")
    return state.books[book_id]


def added(state: State, event: events.BookAdded, out: list[AnyAction]) -> None:
    settings = event.settings
    book = Book(
        book_id=event.book_id,
        settings=settings,
        language=settings.decode.language,
        local_only=event.local_only,
        for_program=event.for_program,
    )
    state.books.setdefault(event.book_id, book)
    out.append(AnnounceBook(book_id=event.book_id))


def chunk_read(state: State, event: events.ChunkRead, out: list[AnyAction]) -> None:
    """Take the next chunk of a plan. After a restart a book is read again from its start, by the same plan, so known
    chunks are passed over."""
    book = find(state, event.span.chunk_id.book_id)
    if event.span.chunk_id.index < len(book.chunks):
        known = book.chunks[event.span.chunk_id.index]
        if known.span != event.span:
            reason = "Its audio changed while it was being transcribed. Remove the book and add it again."
            unusable(state, events.BookUnusable(at=event.at, book_id=book.book_id, reason=reason), out)
        elif known.state is ChunkState.COMPLETED:
            out.append(DropAudio(chunk_id=known.span.chunk_id))
        return
    chunk = Chunk(span=event.span, book=book)
    book.chunks.append(chunk)
    book.read_seconds += event.span.seconds
    state.open_chunk(chunk)
    out.append(StoreChunk(span=event.span))


def plan_dropped(state: State, event: events.PlanDropped, out: list[AnyAction]) -> None:
    """Forget the chunks from this one on. Whoever still decodes one is stopped, and results that come late are of no
    lease. A transcript that is written, or just being written, keeps all."""
    book = find(state, event.book_id)
    dropped = book.chunks[event.first.index :]
    if not dropped or book.state in (BookState.MERGING, BookState.DONE):
        return
    for chunk in dropped:
        for lease in chunk.held:
            state.move(lease, LeaseEvent.REVOKED, out)
            out.append(StopLease(helper_id=lease.helper_id, lease_id=lease.lease_id))
        state.forget_leases_of(chunk)
        state.troubled.pop(chunk.span.chunk_id, None)
        if chunk.state not in (ChunkState.COMPLETED, ChunkState.FAILED):
            state.close_chunk(chunk, ChunkState.FAILED)
        book.read_seconds -= chunk.span.seconds
    del book.chunks[event.first.index :]
    book.read_whole = False
    out += [DropChunks(first=event.first), StoreReadWhole(book_id=book.book_id, read_whole=False)]


def language_decided(state: State, event: events.LanguageDecided, out: list[AnyAction]) -> None:
    book = find(state, event.book_id)
    if book.language is None:
        book.language = event.language
        out.append(StoreLanguage(book_id=event.book_id, language=event.language))


def read_whole(state: State, event: events.BookIngested, out: list[AnyAction]) -> None:
    book = find(state, event.book_id)
    if not book.read_whole:
        book.read_whole = True
        out.append(StoreReadWhole(book_id=book.book_id))
    finish_if_complete(book, out)


def unusable(state: State, event: events.BookUnusable, out: list[AnyAction]) -> None:
    book = find(state, event.book_id)
    if book.state is BookState.DONE:
        return
    withdraw(state, book, out)
    book.state, book.reason = BookState.FAILED, event.reason
    out.append(StoreBookState(book_id=book.book_id, state=book.state, reason=event.reason))


def written(state: State, event: events.BookWritten, out: list[AnyAction]) -> None:
    book = find(state, event.book_id)
    if book.state is BookState.MERGING and book.write_again:
        book.write_again = False
        out.append(MergeBook(book_id=book.book_id, settings=book.settings))
    elif book.state is BookState.MERGING:
        book.state = BookState.DONE
        state.forget_leases(book, of_gaps=False)
        out.append(StoreBookState(book_id=book.book_id, state=book.state))


def paused(state: State, event: events.BookPaused, out: list[AnyAction]) -> None:
    book = find(state, event.book_id)
    if book.state is BookState.OPEN and not book.paused:  # else there is nothing to pause any more
        book.paused = True
        out.append(StorePaused(book_id=book.book_id, paused=True))
        withdraw(state, book, out)


def resumed(state: State, event: events.BookResumed, out: list[AnyAction]) -> None:
    book = find(state, event.book_id)
    if book.paused:
        book.paused = False
        out.append(StorePaused(book_id=book.book_id, paused=False))


def removed(state: State, event: events.BookRemoved, out: list[AnyAction]) -> None:
    book = find(state, event.book_id)
    withdraw(state, book, out)
    state.forget_leases(book, of_gaps=True)
    for chunk in book.chunks:
        state.troubled.pop(chunk.span.chunk_id, None)
    state.pending_count -= len(book.pending)
    del state.books[book.book_id]
    out += [DeleteBook(book_id=book.book_id), CleanUpBook(book_id=book.book_id)]


def retried(state: State, event: events.BookRetried, out: list[AnyAction]) -> None:
    """Open the gaps again, and start again whatever of the book had failed. A transcript that is just being written
    keeps its gaps: they can be tried again after that."""
    book = find(state, event.book_id)
    if book.state is BookState.MERGING:
        return
    for chunk in book.chunks:
        # A chunk with a transcript is only opened again when that is written: until then, its leases are known.
        if chunk.state is ChunkState.FAILED or (chunk.has_gap and book.state is BookState.DONE):
            chunk.failed_by.clear()
            chunk.tries += 1
            reopen_gap(state, chunk, out)
    if book.state is BookState.FAILED:
        _open(book, out)
        finish_if_complete(book, out)


def what_to_do_again(book: Book) -> Literal["retry", "rewrite"] | None:
    """What is to be done for a known book that was given once more; None for one in work."""
    failed = any(chunk.state is ChunkState.FAILED for chunk in book.chunks)
    wordless = any(chunk.wordless and chunk.tries < _MOST_TRIES for chunk in book.chunks)
    if book.state is BookState.MERGING:
        return "rewrite"
    if book.state is BookState.DONE:
        return "retry" if failed or wordless else "rewrite"
    return "retry" if failed or book.state is BookState.FAILED else None


def rewritten(state: State, event: events.BookRewritten, out: list[AnyAction]) -> None:
    """Write a finished transcript once more, perhaps to another place; one that is just being written, after that."""
    book = find(state, event.book_id)
    if book.state is BookState.MERGING:
        book.write_again = True
    if book.state is BookState.DONE:
        _open(book, out)
        finish_if_complete(book, out)


def claimed(state: State, event: events.BookClaimed, out: list[AnyAction]) -> None:
    """Make a program's recording a book like any other. The library keeps that; it was written there before this.
    If it is for this PC only, the others that decode it already are stopped."""
    book = find(state, event.book_id)
    book.for_program, book.local_only = False, event.local_only
    if book.local_only:
        withdraw(state, book, out, of_others=True)


def prioritised(state: State, event: events.BookPrioritised, out: list[AnyAction]) -> None:
    """Move a book that somebody waits for to the front, behind those for which that was said before."""
    book = find(state, event.book_id)
    others = [each for each in state.books.values() if each is not book]
    book.prioritised = True
    ordered = [each for each in others if each.prioritised] + [book] + [each for each in others if not each.prioritised]
    state.books = {each.book_id: each for each in ordered}
    out.append(AnnounceBook(book_id=book.book_id))


def reopen_gap(state: State, chunk: Chunk, out: list[AnyAction]) -> None:
    """Make a gap work again, and its book too."""
    state.open_chunk(chunk)
    out.append(StoreChunkState(chunk_id=chunk.span.chunk_id, state=chunk.state, tries=chunk.tries))
    if chunk.book.state is not BookState.OPEN:
        _open(chunk.book, out)


def _open(book: Book, out: list[AnyAction]) -> None:
    book.state, book.reason = BookState.OPEN, None
    out.append(StoreBookState(book_id=book.book_id, state=book.state))


def withdraw(state: State, book: Book, out: list[AnyAction], *, of_others: bool = False) -> None:
    """Take the book's chunks back from the helpers that decode them; `of_others`: only from those on other PCs."""
    for chunk in book.chunks:
        for lease in chunk.held:
            if of_others and state.helpers[lease.helper_id].policy.takes_local_books:
                continue
            state.move(lease, LeaseEvent.REVOKED, out)
            out.append(StopLease(helper_id=lease.helper_id, lease_id=lease.lease_id))


def finish_if_complete(book: Book, out: list[AnyAction]) -> None:
    """Have the transcript written if the last chunk is in, or given up."""
    if book.state is BookState.OPEN and book.read_whole and book.open_count == 0:
        book.state = BookState.MERGING
        out.append(StoreBookState(book_id=book.book_id, state=book.state))
        out.append(MergeBook(book_id=book.book_id, settings=book.settings))


def complete_chunk(state: State, chunk: Chunk, wordless: tuple[Wordless, ...], out: list[AnyAction]) -> None:
    """Close a chunk that has its transcript: every other lease of it is of no further use. Its audio is kept if words
    are missing."""
    for lease in list(chunk.leases.values()):
        if lease.state in (LeaseState.HELD, LeaseState.LOST):
            out.append(StopLease(helper_id=lease.helper_id, lease_id=lease.lease_id))
        if lease.state not in (LeaseState.DELIVERED, LeaseState.STOPPED):
            state.move(lease, LeaseEvent.SUPERSEDED, out)
    state.close_chunk(chunk, ChunkState.COMPLETED)
    chunk.wordless = wordless
    chunk_id = chunk.span.chunk_id
    out.append(StoreChunkState(chunk_id=chunk_id, state=ChunkState.COMPLETED, wordless=wordless, tries=chunk.tries))
    if not chunk.has_gap:
        out.append(DropAudio(chunk_id=chunk.span.chunk_id))
    finish_if_complete(chunk.book, out)


def give_up_chunk(state: State, chunk: Chunk, out: list[AnyAction]) -> None:
    """Make the chunk a gap, with the reasons of the helpers that tried."""
    reason = "; ".join(dict.fromkeys(chunk.failed_by.values()))
    state.close_chunk(chunk, ChunkState.FAILED, reason)
    chunk_id = chunk.span.chunk_id
    out.append(StoreChunkState(chunk_id=chunk_id, state=ChunkState.FAILED, reason=reason, tries=chunk.tries))
    finish_if_complete(chunk.book, out)
