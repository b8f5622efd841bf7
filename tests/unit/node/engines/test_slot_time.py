"""Seconds of a slot, however many chunks share it."""

from contextlib import ExitStack

import pytest

from swarmstt.node.engines.slot_time import SlotTime


class Clock:
    at = 100.0

    def __call__(self) -> float:
        return self.at


def test_a_chunk_with_a_slot_of_its_own_has_all_the_time() -> None:
    clock = Clock()
    times = SlotTime(clock)
    with times.spent(2) as first:
        clock.at += 3.0
        with times.spent(2) as second:
            clock.at += 4.0
            assert (first(), second()) == pytest.approx((7.0, 4.0))


def test_chunks_that_share_slots_have_their_parts_of_them() -> None:
    clock = Clock()
    times = SlotTime(clock)
    with ExitStack() as stack:
        three = [stack.enter_context(times.spent(2)) for _ in range(3)]
        clock.at += 6.0
        with times.spent(2) as fourth:
            clock.at += 2.0
            assert [each() for each in three] == pytest.approx([5.0, 5.0, 5.0])
            assert fourth() == pytest.approx(1.0)
    clock.at += 50.0
    with times.spent(1) as later:
        clock.at += 1.0
        assert later() == pytest.approx(1.0)
