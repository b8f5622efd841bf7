"""A helper asks for what it has a place for, of whom it was served by longest ago, and wastes nobody's time."""

from swarmstt.core.helping.work_queue import PATIENCE_SECONDS, WorkQueue
from swarmstt.ids import LeaseId, NodeId

A, B = NodeId("a"), NodeId("b")
BOTH = frozenset({A, B})


def work_queue(slots: int = 1, ahead: int = 1) -> WorkQueue:
    made = WorkQueue(slots, ahead)
    made.opened(A)
    made.opened(B)
    return made


def test_a_free_place_is_offered_to_one_and_then_to_all() -> None:
    made = work_queue()
    assert made.asks(0.0, BOTH) == [(A, 2)]
    assert made.asks(0.1, BOTH) == []
    assert made.asks(PATIENCE_SECONDS + 0.01, BOTH) == [(B, 2)]
    assert made.asks(9.0, BOTH) == []


def test_what_there_is_no_place_for_is_refused() -> None:
    made = work_queue()
    assert made.granted(A, LeaseId(1))
    assert made.granted(B, LeaseId(2))
    assert not made.granted(A, LeaseId(3))
    assert made.holding(A) == {1}


def test_coordinators_take_turns() -> None:
    made = work_queue(slots=1, ahead=3)
    for coordinator, lease in ((A, 1), (A, 2), (B, 3), (B, 4)):
        made.granted(coordinator, LeaseId(lease))
    order = []
    while (following := made.next_to_decode()) is not None:
        order.append(following)
        made.ended(*following)
    assert order == [(A, 1), (B, 3), (A, 2), (B, 4)]


def test_no_more_is_taken_up_than_there_are_slots() -> None:
    made = work_queue(slots=2)
    for lease in (1, 2, 3):
        made.granted(A, LeaseId(lease))
    assert made.next_to_decode() == (A, 1)
    assert made.next_to_decode() == (A, 2)
    assert made.next_to_decode() is None
    made.ended(A, LeaseId(1))
    assert made.next_to_decode() == (A, 3)


def test_after_a_chunk_the_one_that_waited_longer_is_asked_first() -> None:
    made = work_queue(slots=1, ahead=0)
    assert made.asks(0.0, BOTH) == [(A, 1)]
    made.granted(A, LeaseId(1))
    assert made.next_to_decode() == (A, 1)
    assert made.asks(1.0, BOTH) == []
    made.ended(A, LeaseId(1))
    assert made.asks(2.0, BOTH) == [(B, 1)]


def test_a_paused_helper_asks_nobody() -> None:
    made = work_queue(slots=0)
    assert made.asks(0.0, BOTH) == []


def test_credit_is_counted_from_the_opening_of_the_link() -> None:
    made = work_queue()
    made.asks(0.0, frozenset({A}))
    made.granted(A, LeaseId(1))
    made.closed(A)
    made.opened(A)
    assert made.holding(A) == {1}
    assert made.asks(1.0, frozenset({A})) == [(A, 1)]


def test_a_coordinator_that_left_with_nothing_is_forgotten() -> None:
    made = work_queue()
    made.closed(A)
    made.ended(A, LeaseId(1))
    assert made.holding(A) == frozenset()


def test_one_urgent_chunk_is_taken_and_begun_beside_all_others() -> None:
    made = work_queue(slots=1, ahead=1)
    assert made.asks(0.0, frozenset({A})) == [(A, 2)]
    for number in (1, 2):
        assert made.granted(A, LeaseId(number))
    assert made.next_to_decode() == (A, 1)
    assert made.granted(B, LeaseId(3), urgent=True)
    assert not made.granted(A, LeaseId(4), urgent=True)
    assert made.next_to_decode() == (B, 3)
    assert made.next_to_decode() is None
    made.ended(B, LeaseId(3))
    assert made.asks(1.0, BOTH) == []
    made.ended(A, LeaseId(1))
    assert made.next_to_decode() == (A, 2)


def test_a_paused_helper_takes_nothing_urgent() -> None:
    assert not work_queue(slots=0).granted(A, LeaseId(1), urgent=True)
