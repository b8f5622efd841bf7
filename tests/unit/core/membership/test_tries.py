"""Tries to join are counted: who breaks off has had a guess at the four words."""

from __future__ import annotations

import pytest

from swarmstt.core.membership.door import OPEN_SECONDS, Door
from swarmstt.core.membership.tries import MOST_BROKEN_OFF
from swarmstt.ids import NodeId
from swarmstt.node.membership.door_view import advice
from swarmstt.node.membership.strangers import Strangers
from tests.swarm.doors import new_door

ME = NodeId("a" * 64)


@pytest.fixture
def door() -> Door:
    return new_door("anna")


def tried(door: Door) -> int:
    number = door.begin_try(1.0)
    assert number is not None
    return number


def said(door: Door) -> str | None:
    return advice(door, Strangers(), 1.0)


def test_many_tries_that_were_broken_off_shut_the_door_until_a_click(door: Door) -> None:
    for count in range(1, MOST_BROKEN_OFF):
        door.end_try(1.0, tried(door), let_in=False)
        assert door.is_open(1.0)
        assert (said(door) or "").startswith(f"{count} tr"), "each is shown"
    assert door.seconds_left(1.0) == OPEN_SECONDS - 1.0
    door.end_try(1.0, tried(door), let_in=False)
    assert not door.is_open(1.0)
    assert door.is_full(1.0)
    assert said(door) == (
        "8 tries to join were broken off, so the door has shut. If a PC of yours has not joined yet, click Add a PC."
    )
    door.open(2.0)
    assert door.is_open(2.0)
    assert said(door) is None
    assert door.begin_try(2.0) is not None


def test_one_try_is_said_in_the_singular(door: Door) -> None:
    door.end_try(1.0, tried(door), let_in=False)
    assert said(door) == "1 try to join was broken off. Compare the four words on both PCs."


def test_who_was_let_in_has_broken_off_nothing(door: Door) -> None:
    for _ in range(3 * MOST_BROKEN_OFF):
        door.end_try(1.0, tried(door), let_in=True)
    assert door.is_open(1.0)
    assert said(door) is None


def test_no_more_are_under_way_than_may_be_broken_off(door: Door) -> None:
    """Each that is under way is a guess too."""
    numbers = [tried(door) for _ in range(MOST_BROKEN_OFF)]
    assert door.begin_try(1.0) is None
    door.end_try(1.0, numbers.pop(), let_in=True)
    numbers.append(tried(door))
    door.end_try(1.0, numbers.pop(), let_in=False)
    assert door.begin_try(1.0) is None


def test_tries_of_an_earlier_opening_do_not_count_at_a_later_one(door: Door) -> None:
    old = tried(door)
    door.open(1.0)
    assert not door.tries.counts(old)
    door.end_try(1.0, old, let_in=False)
    assert door.tries.broken_off == 0
    assert len([tried(door) for _ in range(MOST_BROKEN_OFF)]) == MOST_BROKEN_OFF


def test_none_counts_at_a_shut_door(door: Door) -> None:
    door.shut()
    assert door.begin_try(1.0) is None
    assert not door.tries.counts(None)
