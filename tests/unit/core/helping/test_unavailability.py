"""Why a PC does not help: the word for it, and its sentence."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from swarmstt.core.helping.unavailability import UnavailableReason, lack_of_models, unavailable_reason
from swarmstt.core.scheduling import events
from swarmstt.core.scheduling.events import HelperOffer
from swarmstt.ids import HelperId
from swarmstt.phrases import OF_PEERS, UNTOLD, peer_unavailability
from tests.unit.core.worlds import BOOK, MODEL, OWN, World, offer

ANNA = HelperId("anna")
ABLE = offer("anna")
WITHOUT_MODEL = replace(ABLE, model_hashes=frozenset())


def reason_of(
    given: HelperOffer, *, helper_id: HelperId = ANNA, with_book: bool = True, paused: bool = False
) -> str | None:
    world = World()
    if with_book:
        world.add_book()
    if paused:
        world.say(events.BookPaused, book_id=BOOK)
    world.say(events.HelperJoined, helper_id=helper_id, offer=given)
    return unavailable_reason(world.state.helpers[helper_id], world.state.books.values())


@pytest.mark.parametrize(
    ("given", "word"),
    [
        (ABLE, None),
        (replace(ABLE, slots=0), "untold"),
        (replace(ABLE, slots=0, unavailable_reason="battery"), "battery"),
        (replace(ABLE, slots=0, unavailable_reason="of a newer version"), "of a newer version"),
        (WITHOUT_MODEL, "no_model"),
        (replace(WITHOUT_MODEL, unavailable_reason="fetching"), "fetching"),
        (replace(WITHOUT_MODEL, unavailable_reason="of a newer version"), "no_model"),
    ],
)
def test_the_word_of_an_offer(given: HelperOffer, word: str | None) -> None:
    assert reason_of(given) == word


def test_the_own_helper_gets_what_it_lacks_before_its_books_begin() -> None:
    assert reason_of(WITHOUT_MODEL, helper_id=OWN) is None
    assert reason_of(replace(WITHOUT_MODEL, unavailable_reason="cannot_run"), helper_id=OWN) == "cannot_run"


def test_a_lacking_model_is_of_no_account_where_no_book_waits_for_it() -> None:
    assert reason_of(WITHOUT_MODEL, with_book=False) is None
    assert reason_of(WITHOUT_MODEL, paused=True) is None


def test_each_word_has_a_sentence_and_an_unknown_one_too() -> None:
    assert set(OF_PEERS) == set(get_args(UnavailableReason))
    assert peer_unavailability("hours") == OF_PEERS["hours"]
    assert peer_unavailability("of a newer version") == UNTOLD


def test_what_is_said_of_models() -> None:
    assert lack_of_models(WITHOUT_MODEL, fetching=True, troubled=False) == "fetching"
    assert lack_of_models(WITHOUT_MODEL, fetching=False, troubled=True) == "cannot_run"
    assert lack_of_models(WITHOUT_MODEL, fetching=False, troubled=False) == "no_model"
    assert lack_of_models(replace(ABLE, model_hashes=frozenset({MODEL})), fetching=False, troubled=True) is None
