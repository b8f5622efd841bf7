"""What members send is acted on in turn, and who has this node compute for long waits meanwhile."""

from __future__ import annotations

import pytest

from swarmstt.ids import NodeId
from swarmstt.node.membership.arrivals import BRIEF_SECONDS, CHECKING_SHARE, LONGEST_PAUSE_SECONDS, Turns

ANNA, MALLORY = NodeId("a" * 64), NodeId("b" * 64)

pytestmark = pytest.mark.attack


def test_who_sends_much_waits_and_others_do_not() -> None:
    turns = Turns()
    assert turns.next(0.0, []) is None
    assert turns.seconds(0.0, []) is None
    assert turns.next(0.0, [MALLORY, ANNA]) == MALLORY
    turns.took(1.0, MALLORY, 1.0)
    assert turns.next(1.0, [MALLORY, ANNA]) == ANNA
    turns.took(1.0, ANNA, BRIEF_SECONDS)
    assert turns.next(1.0, [MALLORY, ANNA]) == ANNA, "what takes a moment costs nobody its turn"
    assert turns.next(1.0, [MALLORY]) is None
    assert turns.seconds(1.0, [MALLORY]) == pytest.approx(1.0 / CHECKING_SHARE - 1.0)
    assert turns.next(10.0, [MALLORY]) == MALLORY
    turns.took(10.0, MALLORY, 1000.0)
    assert turns.seconds(10.0, [MALLORY]) == LONGEST_PAUSE_SECONDS
    assert turns.seconds(10.0, [MALLORY, ANNA]) == 0.0


def test_nobody_takes_more_than_its_share() -> None:
    turns, at, spent = Turns(), 0.0, 0.0
    while at < 1000.0:
        if turns.next(at, [MALLORY]) is None:
            at += turns.seconds(at, [MALLORY]) or 0.001
            continue
        at, spent = at + 0.3, spent + 0.3
        turns.took(at, MALLORY, 0.3)
    assert spent / at == pytest.approx(CHECKING_SHARE, rel=0.05)
