"""What happens to books: added, read, paused, tried again, written, removed."""

from __future__ import annotations

from swarmstt.core import events
from swarmstt.core.actions import (
    AnyAction,
    CleanUpBook,
    DeleteBook,
    DropAudio,
    MergeBook,
    StopLease,
    StoreBookState,
    StoreChunk,
    StoreChunkState,
    StoreLanguage,
    StorePaused,
    StoreReadWhole,
)
from swarmstt.core.books import BookState, ChunkState
from swarmstt.core.leases import LeaseEvent, LeaseState
from swarmstt.core.state import Book, Chunk, State
from swarmstt.errors import NotFoundError
from swarmstt.ids import BookId


def find(state: State, book_id: BookId) -> Book:
    """NotFoundError where there is none."""
    if book_id not in state.books:
        raise NotFoundError(f"There is no book {book_id}.")
    return state.books[book_id]


def added(state: State, event: events.BookAdded) -> None:
    settings = event.settings
    state.books.setdefault(
        event.book_id, Book(book_id=event.book_id, settings=settings, language=settings.language, alone=event.alone)
    )


def chunk_read(state: State, event: events.ChunkRead, out: list[AnyAction]) -> None:
    """After a restart a book is read again from its start; the plan is the same, so known chunks are passed over."""
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


def language_decided(state: State, event: events.LanguageDecided, out: list[AnyAction]) -> None:
    book = find(state, event.book_id)
    if book.language is None:
        book.language = event.language
        out.append(StoreLanguage(book_id=event.book_id, language=event.language))


def read_whole(state: State, event: events.BookRead, out: list[AnyAction]) -> None:
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
    if book.state is BookState.MERGING:
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
    """Opens the gaps again, and begins once more whatever of the book had failed. What is just being written has its
    gaps: they can be tried again after that."""
    book = find(state, event.book_id)
    if book.state is BookState.MERGING:
        return
    for chunk in book.chunks:
        if chunk.state is ChunkState.FAILED:
            chunk.failed_by.clear()
            reopen_gap(state, chunk, out)
    if book.state is BookState.FAILED:
        _open(book, out)
        finish_if_complete(book, out)


def rewritten(state: State, event: events.BookRewritten, out: list[AnyAction]) -> None:
    """A finished transcript is wanted once more, perhaps at another place."""
    book = find(state, event.book_id)
    if book.state is BookState.DONE:
        _open(book, out)
        finish_if_complete(book, out)


def hurried(state: State, event: events.BookHurried) -> None:
    """Books that somebody waits for come first, in the order in which that was said."""
    book = find(state, event.book_id)
    others = [each for each in state.books.values() if each is not book]
    book.hurried = True
    ordered = [each for each in others if each.hurried] + [book] + [each for each in others if not each.hurried]
    state.books = {each.book_id: each for each in ordered}


def reopen_gap(state: State, chunk: Chunk, out: list[AnyAction]) -> None:
    """A gap becomes work again, and so does its book."""
    state.open_chunk(chunk)
    out.append(StoreChunkState(chunk_id=chunk.span.chunk_id, state=chunk.state))
    if chunk.book.state is not BookState.OPEN:
        _open(chunk.book, out)


def _open(book: Book, out: list[AnyAction]) -> None:
    book.state, book.reason = BookState.OPEN, None
    out.append(StoreBookState(book_id=book.book_id, state=book.state))


def withdraw(state: State, book: Book, out: list[AnyAction]) -> None:
    """Takes the book's chunks back from whoever decodes them."""
    for chunk in book.chunks:
        for lease in chunk.held:
            state.move(lease, LeaseEvent.REVOKED, out)
            out.append(StopLease(helper_id=lease.helper_id, lease_id=lease.lease_id))


def finish_if_complete(book: Book, out: list[AnyAction]) -> None:
    """The last chunk is in, or given up: the transcript can be written."""
    if book.state is BookState.OPEN and book.read_whole and book.open_count == 0:
        book.state = BookState.MERGING
        out.append(StoreBookState(book_id=book.book_id, state=book.state))
        out.append(MergeBook(book_id=book.book_id, settings=book.settings))


def complete_chunk(state: State, chunk: Chunk, out: list[AnyAction]) -> None:
    """The chunk has its transcript: every other lease of it is of no more use."""
    for lease in list(chunk.leases.values()):
        if lease.state in (LeaseState.HELD, LeaseState.LOST):
            out.append(StopLease(helper_id=lease.helper_id, lease_id=lease.lease_id))
        if lease.state not in (LeaseState.DELIVERED, LeaseState.STOPPED):
            state.move(lease, LeaseEvent.SUPERSEDED, out)
    state.close_chunk(chunk, ChunkState.COMPLETED)
    out.append(StoreChunkState(chunk_id=chunk.span.chunk_id, state=ChunkState.COMPLETED))
    out.append(DropAudio(chunk_id=chunk.span.chunk_id))
    finish_if_complete(chunk.book, out)


def give_up_chunk(state: State, chunk: Chunk, out: list[AnyAction]) -> None:
    """The chunk becomes a gap, with the reasons of those who tried."""
    reason = "; ".join(dict.fromkeys(chunk.failed_by.values()))
    state.close_chunk(chunk, ChunkState.FAILED, reason)
    out.append(StoreChunkState(chunk_id=chunk.span.chunk_id, state=ChunkState.FAILED, reason=reason))
    finish_if_complete(chunk.book, out)
