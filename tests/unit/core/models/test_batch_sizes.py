"""A GPU's batch size is doubled while that pays, from batches that a book brings."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmstt.core.models.batch_sizes import ENOUGH_BATCHES, MOST_BATCHES, MOST_WINDOWS, Batch, BatchSize, Growth

Device = Callable[[int], float]
"""In how many seconds it searches in so many windows."""


def saturated_at(windows: int) -> Device:
    """As fast for few windows as for so many."""
    return lambda count: max(1.0, count / windows)


def batch(size: int, device: Device, kind: str = "five beams", windows: int | None = None) -> Batch:
    count = size if windows is None else windows
    return Batch(kind=kind, size=size, windows=count, room=size, seconds=device(count))


def sizes_tried(start: BatchSize, device: Device, batches: int = 200) -> list[BatchSize]:
    """The sizes in their order, the last for good."""
    growth, sizes = Growth(size=start), [start]
    for _ in range(batches):
        growth = growth.after(batch(growth.size.windows, device))
        if growth.size != sizes[-1]:
            sizes.append(growth.size)
    return sizes


@pytest.mark.parametrize(("windows", "found"), [(4, 16), (16, 16), (32, 32), (60, 64), (10_000, MOST_WINDOWS)])
def test_it_grows_to_what_the_device_can_use(windows: int, found: int) -> None:
    last = sizes_tried(BatchSize(windows=16), saturated_at(windows))[-1]
    assert (last.windows, last.is_found, last.is_trial) == (found, True, False)


def test_each_size_is_on_trial_until_a_batch_went_well() -> None:
    first, trial, went_well, *_ = sizes_tried(BatchSize(windows=16), saturated_at(32))
    assert not first.is_trial
    assert (trial.windows, trial.is_trial) == (32, True)
    assert (went_well.windows, went_well.is_trial) == (32, False)


def test_what_was_found_is_not_tried_again() -> None:
    found = BatchSize(windows=8, is_found=True)
    assert sizes_tried(found, saturated_at(100)) == [found]


def test_a_start_with_what_a_trial_left_off_goes_on_from_there() -> None:
    assert sizes_tried(BatchSize(windows=32), saturated_at(32))[-1] == BatchSize(windows=32, is_found=True)


def test_where_memory_ran_out_half_is_found_and_more_never_tried() -> None:
    halved = BatchSize(windows=64, is_trial=True).ran_out()
    assert halved == BatchSize(windows=32, most=32, is_found=True)
    assert halved.ran_out().ran_out() == BatchSize(windows=8, most=8, is_found=True)
    assert BatchSize(windows=1).ran_out().windows == 1
    assert sizes_tried(BatchSize(windows=16, most=32), saturated_at(1000))[-1].windows == 32


def test_batches_that_half_the_size_would_hold_tell_nothing() -> None:
    growth = Growth(size=BatchSize(windows=16))
    for _ in range(100):
        growth = growth.after(batch(16, saturated_at(100), windows=8))
    assert growth.size == BatchSize(windows=16)


def test_the_first_batch_of_a_size_does_not_count() -> None:
    """Memory is made ready in it."""
    seen: set[int] = set()

    def device(count: int) -> float:
        fresh = count not in seen
        seen.add(count)
        return saturated_at(32)(count) + 1000.0 * fresh

    assert sizes_tried(BatchSize(windows=16), device)[-1].windows == 32


def test_only_what_is_alike_is_compared() -> None:
    """One beam led to this size; five beams, of which half the size was not seen, say nothing of it."""
    growth = Growth(size=BatchSize(windows=16))
    for _ in range(1 + ENOUGH_BATCHES):
        growth = growth.after(batch(16, saturated_at(32), kind="one beam"))
    for _ in range(100):
        growth = growth.after(batch(32, saturated_at(1), kind="five beams"))
    assert (growth.size.windows, growth.size.is_found) == (32, False)
    for _ in range(1 + ENOUGH_BATCHES):
        growth = growth.after(batch(32, saturated_at(32), kind="one beam"))
    assert growth.size.windows == 64


def test_a_size_that_nothing_can_be_compared_with_is_found_after_many_batches() -> None:
    """One beam led to this size, and never comes again."""
    growth = Growth(size=BatchSize(windows=16))
    for _ in range(1 + ENOUGH_BATCHES):
        growth = growth.after(batch(16, saturated_at(32), kind="one beam"))
    for _ in range(MOST_BATCHES):
        growth = growth.after(batch(32, saturated_at(32), kind="five beams"))
    assert growth.size == BatchSize(windows=32)
    growth = growth.after(batch(32, saturated_at(32), kind="five beams"))
    assert growth.size == BatchSize(windows=32, is_found=True)


def test_a_chunk_that_was_begun_with_a_smaller_size_does_not_decide() -> None:
    growth = Growth(size=BatchSize(windows=32, is_trial=True))
    for _ in range(100):
        growth = growth.after(batch(16, saturated_at(32)))
    assert growth.size == BatchSize(windows=32, is_trial=True)


@given(saturation=st.integers(1, 1000), start=st.integers(1, MOST_WINDOWS), memory=st.integers(1, 1000))
def test_any_device_comes_to_an_end_within_its_memory(saturation: int, start: int, memory: int) -> None:
    device, growth = saturated_at(saturation), Growth(size=BatchSize(windows=start))
    for _ in range(20 * (1 + ENOUGH_BATCHES)):
        size = growth.size
        if size.windows > memory and size.windows > 1:
            growth = Growth(size=size.ran_out())
        else:
            growth = growth.after(batch(size.windows, device))
    assert growth.size.is_found
    assert growth.size.windows <= max(1, memory)
