"""Why a PC does not help: a word that it tells its peers in its offer, and the sentence that they show for it.

A word that a newer version tells and this one does not know has the sentence of one that said nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from swarmstt.core.books import BookState
from swarmstt.core.events import HelperOffer
from swarmstt.core.state import Book, Helper

WhyNot = Literal["paused", "not_helping", "battery", "in_use", "hours", "fetching", "no_model", "cannot_run"]

SENTENCES: dict[str, str] = {
    "paused": "Its person paused it.",
    "not_helping": "It was started so that it decodes nothing.",
    "battery": "It runs on battery and does its own books only.",
    "in_use": "Somebody uses it; it helps again when nobody does.",
    "hours": "It helps at other hours.",
    "fetching": "It is getting the model.",
    "no_model": "It does not have the model that the book needs.",
    "cannot_run": "It cannot decode with the model; its own page says why.",
}
UNTOLD = "It does not help now."


def why_not_helping(helper: Helper, books: Iterable[Book]) -> str | None:
    """The word for why a helper takes nothing of these books; None where it does, or would."""
    offer = helper.offer
    if offer.slots == 0 and offer.why_not not in _ABOUT_MODELS:
        return offer.why_not or "untold"
    if offer.own:  # it gets what it lacks before its books begin
        return "cannot_run" if offer.why_not == "cannot_run" else None
    wanted = [book for book in books if book.state is BookState.OPEN and not book.paused and not book.alone]
    if not wanted or any(helper.can_decode(book) for book in wanted):
        return None
    return offer.why_not if offer.why_not in _ABOUT_MODELS else "no_model"


def sentence(word: str) -> str:
    return SENTENCES.get(word, UNTOLD)


_ABOUT_MODELS = ("fetching", "no_model", "cannot_run")
"""Of no account as long as no book needs a model."""


def about_models(offer: HelperOffer, *, fetching: bool, troubled: bool) -> WhyNot | None:
    """What a PC that would help says of the models that it lacks; None where nothing is to be said."""
    if fetching:
        return "fetching"
    if offer.model_hashes:
        return None
    return "cannot_run" if troubled else "no_model"
