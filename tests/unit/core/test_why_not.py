"""Why a PC does not help: the word for it, and its sentence."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from swarmstt.core import events
from swarmstt.core.events import HelperOffer
from swarmstt.core.why_not import SENTENCES, UNTOLD, WhyNot, about_models, sentence, why_not_helping
from swarmstt.ids import HelperId
from tests.unit.core.worlds import BOOK, MODEL, World, offer

ANNA = HelperId("anna")
ABLE = offer("anna")
WITHOUT_MODEL = replace(ABLE, model_hashes=frozenset())


def why_not(given: HelperOffer, *, with_book: bool = True, paused: bool = False) -> str | None:
    world = World()
    if with_book:
        world.add_book()
    if paused:
        world.say(events.BookPaused, book_id=BOOK)
    world.say(events.HelperJoined, helper_id=ANNA, offer=given)
    return why_not_helping(world.state.helpers[ANNA], world.state.books.values())


@pytest.mark.parametrize(
    ("given", "word"),
    [
        (ABLE, None),
        (replace(ABLE, slots=0), "untold"),
        (replace(ABLE, slots=0, why_not="battery"), "battery"),
        (replace(ABLE, slots=0, why_not="of a newer version"), "of a newer version"),
        (WITHOUT_MODEL, "no_model"),
        (replace(WITHOUT_MODEL, why_not="fetching"), "fetching"),
        (replace(WITHOUT_MODEL, why_not="of a newer version"), "no_model"),
        (replace(WITHOUT_MODEL, own=True), None),
        (replace(WITHOUT_MODEL, own=True, why_not="cannot_run"), "cannot_run"),
    ],
)
def test_the_word_of_an_offer(given: HelperOffer, word: str | None) -> None:
    assert why_not(given) == word


def test_a_lacking_model_is_of_no_account_where_no_book_waits_for_it() -> None:
    assert why_not(WITHOUT_MODEL, with_book=False) is None
    assert why_not(WITHOUT_MODEL, paused=True) is None


def test_each_word_has_a_sentence_and_an_unknown_one_too() -> None:
    assert set(SENTENCES) == set(get_args(WhyNot))
    assert sentence("hours") == SENTENCES["hours"]
    assert sentence("of a newer version") == UNTOLD


def test_what_is_said_of_models() -> None:
    assert about_models(WITHOUT_MODEL, fetching=True, troubled=False) == "fetching"
    assert about_models(WITHOUT_MODEL, fetching=False, troubled=True) == "cannot_run"
    assert about_models(WITHOUT_MODEL, fetching=False, troubled=False) == "no_model"
    assert about_models(replace(ABLE, model_hashes=frozenset({MODEL})), fetching=False, troubled=True) is None
