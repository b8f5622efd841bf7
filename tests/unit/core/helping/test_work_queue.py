"""A helper asks for what it has a place for, of whom it was served by longest ago, and wastes nobody's time."""

from swarmstt.core.helping.work_queue import PATIENCE_SECONDS, Share, WorkQueue
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


def test_of_spread_slots_what_was_fetched_ahead_is_begun_too() -> None:
    made = WorkQueue(8, kind="spread")
    made.opened(A)
    assert made.asks(0.0, frozenset({A})) == [(A, 11)]  # two more, and one for each eight slots
    assert all(made.granted(A, LeaseId(number)) for number in range(1, 12))
    assert not made.granted(A, LeaseId(12))
    assert len(begun(made)) == 11
    made.slots = 0
    assert begun(made) == []


def sharing(*seconds: float, slots: int = 2, model_hash: str = "one") -> WorkQueue:
    """One that got these chunks as it asked for them."""
    made = WorkQueue(slots, kind="shared")
    made.opened(A)
    for number, each in enumerate(seconds, 1):
        assert made.granted(A, LeaseId(number), share=Share(seconds=each, model_hash=model_hash))
    return made


def begun(made: WorkQueue) -> list[LeaseId]:
    found = []
    while (following := made.next_to_decode()) is not None:
        found.append(following[1])
    return found


def test_short_chunks_share_slots_and_are_fetched_for_that() -> None:
    made = sharing(15.0, 15.0, 15.0)
    assert begun(made) == [1, 2, 3]
    for number in (4, 5, 6, 7, 8):
        assert made.asks(0.0, frozenset({A})) == [(A, number)]
        assert made.granted(A, LeaseId(number), share=Share(seconds=15.0, model_hash="one"))
        assert begun(made) == [number]
    assert made.asks(0.0, frozenset({A})) == []
    made.ended(A, LeaseId(1))
    assert made.asks(0.0, frozenset({A})) == [(A, 9)]


def test_at_first_no_more_are_fetched_than_if_they_were_long() -> None:
    assert sharing().asks(0.0, frozenset({A})) == [(A, 3)]


def test_long_chunks_have_a_slot_each() -> None:
    made = sharing(120.0, 120.0, 15.0)
    assert begun(made) == [1, 2]
    assert made.asks(0.0, frozenset({A})) == []
    made.ended(A, LeaseId(2))
    assert begun(made) == [3]


def test_what_is_urgent_begins_beside_as_many_short_ones_as_there_may_be() -> None:
    made = sharing(*[15.0] * 8)
    assert len(begun(made)) == 8
    assert made.granted(A, LeaseId(9), urgent=True)
    assert begun(made) == [9]


def test_chunks_for_two_models_share_no_slot() -> None:
    made = sharing(15.0, 15.0)
    assert made.granted(A, LeaseId(3), share=Share(seconds=15.0, model_hash="other"))
    assert begun(made) == [1, 2]
    assert made.asks(0.0, frozenset({A})) == []


def test_a_paused_helper_shares_nothing() -> None:
    made = sharing(15.0, 15.0)
    made.slots = 0
    assert begun(made) == []
    assert made.asks(0.0, frozenset({A})) == []


def test_a_decoder_that_cannot_share_gets_what_it_has_slots_for() -> None:
    made = work_queue(slots=2)
    for number in (1, 2, 3):
        assert made.granted(A, LeaseId(number), share=Share(seconds=5.0, model_hash="one"))
    assert begun(made) == [1, 2]
    assert made.asks(0.0, BOTH) == []
