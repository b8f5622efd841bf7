"""Which helper gets which chunk. Helpers ask; these functions answer what each of them should have.

Chunks go out in the order of the book, and the plan makes them smaller toward its end, so that helpers end together.
A slow helper is not given a chunk that a faster one would finish sooner, though it has to do others first.
"""

from __future__ import annotations

from collections.abc import Iterator

from swarmstt.core.actions import AnyAction
from swarmstt.core.granting import grant
from swarmstt.core.hedging import hedge_overdue
from swarmstt.core.outlook import Forecast, free_at
from swarmstt.core.state import Book, Chunk, Helper, State
from swarmstt.ids import HelperId


def assign_pending(state: State, at: float, out: list[AnyAction], only: HelperId | None = None) -> None:
    """Gives pending chunks to the helpers that want some, or to one of them: idle ones first, the fastest first."""
    if not state.pending_count or not any(book.pending and book.grantable for book in state.books.values()):
        return
    asked = state.helpers.values() if only is None else [state.helpers[only]] if only in state.helpers else []
    wanting = [helper for helper in asked if not helper.offer.silent and helper.wants(at)]
    hedge_overdue(state, wanting, at, out)
    forecast = Forecast(state, at)
    for helper in sorted(wanting, key=lambda each: (bool(each.held), -each.speed)):
        while helper.wants(at) and (chunk := choose_chunk(forecast, helper)) is not None:
            grant(state, helper, chunk, at, out)


def choose_chunk(forecast: Forecast, helper: Helper) -> Chunk | None:
    """The pending chunk that this helper should decode next: of the oldest book that has one for it."""
    seconds_to_grant = 0.0
    for book in forecast.state.books.values():
        if book.pending and book.grantable:
            seconds_to_grant += book.pending_seconds + book.unread_seconds
            chunk = _choose_from(forecast, book, helper, seconds_to_grant) if helper.can_decode(book) else None
            if chunk is not None:
                return chunk
    return None


def _choose_from(forecast: Forecast, book: Book, helper: Helper, seconds_to_grant: float) -> Chunk | None:
    """The book's first chunk, or the largest of its last ones that the helper can still do in time."""
    first = next(_open_to(forecast.state, book, helper, book.pending), None)
    if first is None:
        return None
    outlook = forecast.of(book, seconds_to_grant)
    wait = free_at(helper, forecast.at) - forecast.at
    if outlook.is_soon_enough(first, helper, wait):
        return first
    best = None
    for chunk in _open_to(forecast.state, book, helper, reversed(book.pending)):
        if not outlook.is_soon_enough(chunk, helper, wait):
            break
        if best is None or chunk.span.seconds > best.span.seconds:
            best = chunk
    return best


def _open_to(state: State, book: Book, helper: Helper, indexes: Iterator[int] | list[int]) -> Iterator[Chunk]:
    """Those chunks that the helper has not failed on; after many failures only the coordinator's own may try."""
    for index in indexes:
        chunk = book.chunks[index]
        if helper.helper_id in chunk.failed_by:
            continue
        if len(chunk.failed_by) < state.rules.failures_for_gap or helper.offer.own:
            yield chunk
