"""Why a PC does not help: a word that its offer carries to its peers; `phrases.py` has their sentence for it.

A word that a newer version sends and this one does not know has the sentence of a PC that said nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from swarmstt.core.books import BookState
from swarmstt.core.scheduling.events import HelperOffer
from swarmstt.core.scheduling.state import Book, Helper

UnavailableReason = Literal[
    "paused", "not_helping", "battery", "in_use", "hours", "fetching", "no_model", "cannot_run", "no_workers", "ending"
]

UNTOLD = "untold"
"""The word for a helper that takes nothing and did not say why."""
_ABOUT_MODELS = ("fetching", "no_model", "cannot_run")
"""Of no account as long as no book needs a model."""


def unavailable_reason(helper: Helper, books: Iterable[Book]) -> str | None:
    """Return why a helper takes nothing of these books; None if it takes some, or would."""
    offer = helper.offer
    if offer.slots == 0 and offer.unavailable_reason not in _ABOUT_MODELS:
        return offer.unavailable_reason or UNTOLD
    if helper.kind == "own":  # it gets what it lacks before its books begin
        return "cannot_run" if offer.unavailable_reason == "cannot_run" else None
    wanted = [book for book in books if book.state is BookState.OPEN and not book.paused and not book.local_only]
    if not wanted or any(helper.can_decode(book) for book in wanted):
        return None
    return offer.unavailable_reason if offer.unavailable_reason in _ABOUT_MODELS else "no_model"


def lack_of_models(offer: HelperOffer, *, fetching: bool, troubled: bool) -> UnavailableReason | None:
    """Return what a PC that would help says of the models that it lacks; None if there is nothing to say."""
    if fetching:
        return "fetching"
    if offer.model_hashes:
        return None
    return "cannot_run" if troubled else "no_model"
