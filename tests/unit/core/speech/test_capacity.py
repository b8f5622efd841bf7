"""How much one PC decodes at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmstt.core.speech.capacity import (
    CPU_BATCH_SIZE,
    GPU_BATCH_SIZE,
    MOST_GPU_SLOTS,
    MOST_PLANNED_SLOTS,
    Capacity,
    gpu_slots,
    memory_bytes,
    plan_capacity,
    shrink,
)

GIB = 2**30
BASE = 145 * 10**6
LARGE = 3 * 10**9


def test_a_cpu_has_a_slot_of_one_thread_for_each_core() -> None:
    capacity = plan_capacity(cores=4, available_bytes=16 * GIB, model_bytes=BASE, device="cpu")
    assert capacity == Capacity(slots=4, threads=1, batch_size=CPU_BATCH_SIZE)


def test_a_gpu_has_more_windows_of_several_chunks() -> None:
    capacity = plan_capacity(cores=8, available_bytes=16 * GIB, model_bytes=LARGE, device="cuda")
    assert capacity == Capacity(slots=gpu_slots(GPU_BATCH_SIZE), threads=8, batch_size=GPU_BATCH_SIZE)
    assert [gpu_slots(windows) for windows in (1, 4, 16, 32, 128)] == [1, 1, 4, MOST_GPU_SLOTS, MOST_GPU_SLOTS]


def test_little_memory_takes_windows_first_and_then_slots() -> None:
    roomy, less, least = (
        plan_capacity(cores=4, available_bytes=available, model_bytes=LARGE, device="cpu")
        for available in (64 * GIB, 12 * GIB, 2 * GIB)
    )
    assert roomy == Capacity(slots=4, threads=1, batch_size=CPU_BATCH_SIZE)
    assert less.slots == 4
    assert less.batch_size < CPU_BATCH_SIZE
    assert least == Capacity(slots=1, threads=4, batch_size=1)


@pytest.mark.parametrize(
    ("model_bytes", "slots", "batch_size", "measured_mebibytes"),
    [
        (75_537_502, 1, 1, 403),
        (75_537_502, 1, 8, 527),
        (75_537_502, 2, 1, 602),
        (75_537_502, 2, 8, 817),
        (145_217_532, 1, 1, 469),
        (145_217_532, 1, 4, 544),
        (145_217_532, 1, 8, 838),
        (145_217_532, 2, 1, 698),
        (145_217_532, 2, 8, 1353),
    ],
)
def test_the_reckoning_is_near_what_was_measured(
    model_bytes: int, slots: int, batch_size: int, measured_mebibytes: int
) -> None:
    reckoned = memory_bytes(model_bytes, slots, batch_size) / 2**20
    assert measured_mebibytes < reckoned < measured_mebibytes * 1.3


def test_many_cores_become_threads() -> None:
    capacity = plan_capacity(cores=64, available_bytes=256 * GIB, model_bytes=BASE, device="cpu")
    assert capacity == Capacity(slots=MOST_PLANNED_SLOTS, threads=64 // MOST_PLANNED_SLOTS, batch_size=CPU_BATCH_SIZE)


def test_what_a_person_asked_for_is_kept() -> None:
    capacity = plan_capacity(
        cores=2, available_bytes=GIB // 4, model_bytes=LARGE, device="cpu", wanted_slots=3, wanted_threads=2
    )
    assert (capacity.slots, capacity.threads) == (3, 2)


def test_wanted_threads_leave_fewer_slots() -> None:
    capacity = plan_capacity(cores=8, available_bytes=64 * GIB, model_bytes=BASE, device="cpu", wanted_threads=4)
    assert (capacity.slots, capacity.threads) == (2, 4)


def test_a_limit_counts_where_less_than_it_is_free_too() -> None:
    def plan(limit_bytes: int | None, available_bytes: int = 16 * GIB) -> Capacity:
        return plan_capacity(
            cores=4, available_bytes=available_bytes, model_bytes=BASE, device="cpu", limit_bytes=limit_bytes
        )

    assert plan(8 * 10**9) == plan(None) == Capacity(slots=4, threads=1, batch_size=CPU_BATCH_SIZE)
    assert plan(10**9) == Capacity(slots=2, threads=2, batch_size=1)
    assert plan(8 * 10**9, available_bytes=GIB) == plan(None, available_bytes=GIB) != plan(None)


def test_a_limit_takes_wanted_slots_away_as_free_memory_does_not() -> None:
    def plan(available_bytes: int, limit_bytes: int | None) -> int:
        return plan_capacity(
            cores=4,
            available_bytes=available_bytes,
            model_bytes=BASE,
            device="cpu",
            wanted_slots=4,
            limit_bytes=limit_bytes,
        ).slots

    assert plan(GIB // 4, None) == 4
    assert plan(GIB // 4, 8 * 10**9) == 4
    assert plan(16 * GIB, 10**9) == plan(GIB // 4, 10**9) == 2


def test_a_gpu_has_memory_of_its_own() -> None:
    limited = plan_capacity(cores=8, available_bytes=GIB, model_bytes=BASE, device="cuda", limit_bytes=10**8)
    assert limited == plan_capacity(cores=8, available_bytes=GIB, model_bytes=BASE, device="cuda")


@given(
    limit=st.integers(0, 2**38),
    model=st.integers(10**7, 2**33),
    wanted_slots=st.none() | st.integers(1, 64),
)
def test_a_limit_is_kept_or_the_plan_is_the_smallest(limit: int, model: int, wanted_slots: int | None) -> None:
    capacity = plan_capacity(
        cores=16,
        available_bytes=2**40,
        model_bytes=model,
        device="cpu",
        wanted_slots=wanted_slots,
        limit_bytes=limit,
    )
    fits = memory_bytes(model, capacity.slots, capacity.batch_size) <= limit
    assert fits or (capacity.slots, capacity.batch_size) == (1, 1)


@given(
    cores=st.integers(1, 256),
    available=st.integers(0, 2**40),
    model=st.integers(0, 2**33),
)
def test_never_more_threads_than_cores(cores: int, available: int, model: int) -> None:
    """On a CPU: the slots of a GPU wait for it."""
    capacity = plan_capacity(cores=cores, available_bytes=available, model_bytes=model, device="cpu")
    assert capacity.slots * capacity.threads <= cores
    assert min(capacity.slots, capacity.threads, capacity.batch_size) >= 1


@given(cores=st.integers(1, 64), available=st.integers(2**28, 2**38), model=st.integers(10**7, 2**33))
def test_the_plan_fits_or_is_the_smallest(cores: int, available: int, model: int) -> None:
    capacity = plan_capacity(cores=cores, available_bytes=available, model_bytes=model, device="cpu")
    fits = memory_bytes(model, capacity.slots, capacity.batch_size) <= available
    assert fits or (capacity.slots, capacity.batch_size) == (1, 1)


def test_shrinking_halves_windows_then_slots_and_ends() -> None:
    steps = []
    capacity: Capacity | None = Capacity(slots=4, threads=1, batch_size=4)
    while capacity is not None:
        steps.append((capacity.slots, capacity.threads, capacity.batch_size))
        capacity = shrink(capacity)
    assert steps == [(4, 1, 4), (4, 1, 2), (4, 1, 1), (2, 2, 1), (1, 4, 1)]
