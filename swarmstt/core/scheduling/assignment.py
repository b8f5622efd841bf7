"""Which helper gets which chunk. Helpers ask; these functions answer what each of them should have.

Chunks go out in the order of the book, and the plan makes them smaller toward its end, so that helpers end together.
A slow helper is not given a chunk that a faster one would finish sooner, though it has to do others first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from swarmstt.core.scheduling.actions import AnyAction
from swarmstt.core.scheduling.forecast import Forecasts, free_at
from swarmstt.core.scheduling.granting import grant
from swarmstt.core.scheduling.hedging import hedge_overdue
from swarmstt.core.scheduling.state import Book, Chunk, Helper, State
from swarmstt.ids import HelperId


def assign_pending(state: State, at: float, out: list[AnyAction], only: HelperId | None = None) -> None:
    """Give pending chunks to the helpers that want some, or to one of them: idle ones first, the fastest first."""
    if not state.pending_count or not any(book.pending and book.grantable for book in state.books.values()):
        return
    asked = list(state.helpers.values()) if only is None else [state.helpers[only]] if only in state.helpers else []
    wanting = [helper for helper in asked if helper.policy.asks_by_itself and helper.wants(at)]
    hedge_overdue(state, wanting, at, out)
    forecasts = Forecasts(state, at)
    by_speed = sorted(wanting, key=lambda each: (bool(each.held), -each.speed))
    for helper in by_speed:
        _fill(forecasts, helper, helper.offer.slots, out)
    _assign_urgent(forecasts, asked, out)
    for helper in by_speed:
        _fill(forecasts, helper, None, out)


def _fill(forecasts: Forecasts, helper: Helper, most_held: int | None, out: list[AnyAction]) -> None:
    """Give a helper what it wants, until it holds so many; None: until it wants no more."""
    while helper.wants(forecasts.at) and (most_held is None or len(helper.held) < most_held):
        chunk = choose_chunk(forecasts, helper)
        if chunk is None:
            return
        grant(forecasts.state, helper, chunk, forecasts.at, out)


def _assign_urgent(forecasts: Forecasts, helpers: Iterable[Helper], out: list[AnyAction]) -> None:
    """Give short recordings to helpers whose slots books have, the fastest first: nobody waits for the end of a
    chunk that takes minutes."""
    state, at = forecasts.state, forecasts.at
    if not shorts_come_first(state):
        return
    shorts = [book for book in state.books.values() if book.pending and book.grantable and book.is_short(state.rules)]
    able = [helper for helper in helpers if helper.takes_urgent(at, state.rules)] if shorts else []
    for helper in sorted(able, key=lambda each: -each.speed):
        open_to = (_open_to(state, book, helper, book.pending) for book in shorts if helper.can_decode(book))
        chunk = next((chunk for chunks in open_to for chunk in chunks), None)
        if chunk is not None and shorts_come_first(state):
            grant(state, helper, chunk, at, out, urgent=True)


def choose_chunk(forecasts: Forecasts, helper: Helper) -> Chunk | None:
    """Return the pending chunk that this helper should decode next: of the first book in turn that has one for it."""
    seconds_to_grant = 0.0
    for book in in_turn(forecasts.state):
        if book.pending and book.grantable:
            seconds_to_grant += book.pending_seconds + book.unread_seconds
            chunk = _choose_from(forecasts, book, helper, seconds_to_grant) if helper.can_decode(book) else None
            if chunk is not None:
                return chunk
    return None


def in_turn(state: State) -> list[Book]:
    """Return all books in the order in which they are served: short recordings of programs first, unless so much of
    them has overtaken the others that it is their turn."""
    shorts_first = shorts_come_first(state)
    return sorted(state.books.values(), key=lambda book: book.is_short(state.rules) is not shorts_first)


def shorts_come_first(state: State) -> bool:
    return state.overtaken_seconds < state.rules.overtaking_seconds


def _choose_from(forecasts: Forecasts, book: Book, helper: Helper, seconds_to_grant: float) -> Chunk | None:
    """Return the book's first chunk, or the largest of its last ones that the helper can still decode in time."""
    first = next(_open_to(forecasts.state, book, helper, book.pending), None)
    if first is None:
        return None
    forecast = forecasts.of(book, seconds_to_grant)
    wait = free_at(helper, forecasts.at) - forecasts.at
    if forecast.is_soon_enough(first, helper, wait):
        return first
    best = None
    for chunk in _open_to(forecasts.state, book, helper, reversed(book.pending)):
        if not forecast.is_soon_enough(chunk, helper, wait):
            break
        if best is None or chunk.span.seconds > best.span.seconds:
            best = chunk
    return best


def _open_to(state: State, book: Book, helper: Helper, indexes: Iterator[int] | list[int]) -> Iterator[Chunk]:
    """Yield the chunks that the helper has not failed on; after many failures only a last resort may try."""
    for index in indexes:
        chunk = book.chunks[index]
        if helper.helper_id in chunk.failed_by:
            continue
        if len(chunk.failed_by) < state.rules.failures_for_gap or helper.policy.is_last_resort:
            yield chunk
