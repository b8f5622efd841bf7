"""When a worker of a cluster is sent its next chunk."""

from __future__ import annotations

import pytest

from swarmstt.core.helping.worker_load import WorkerLoad


@pytest.fixture
def load() -> WorkerLoad:
    """A worker of two slots that decodes ten seconds of audio a second on each."""
    made = WorkerLoad()
    made.slots = 2
    made.give("first", 100.0, 0.0)
    made.end("first", 10.0, decoded=True)
    return made


def test_it_is_sent_one_shortly_before_a_slot_is_free(load: WorkerLoad) -> None:
    load.give("a", 100.0, 10.0)
    assert load.ahead_in(19.0) is None  # a slot is free
    load.give("b", 300.0, 10.0)
    assert load.ahead_in(17.0) is None
    assert load.ahead_in(18.5) == pytest.approx(1.5)
    assert load.ahead_in(22.0) == pytest.approx(-2.0)  # it takes longer than was expected


def test_for_each_slot_one_may_wait(load: WorkerLoad) -> None:
    load.give("a", 100.0, 10.0)
    load.give("b", 100.0, 11.0)
    load.give("c", 100.0, 19.0)
    assert load.begun == {"a", "b"}
    assert load.ahead_in(19.0) == pytest.approx(2.0)  # behind the one that ends later
    load.give("d", 100.0, 19.0)
    assert load.ahead_in(19.0) is None
    assert set(load.keys) == {"a", "b", "c", "d"}


def test_what_waits_is_begun_when_a_slot_is_free(load: WorkerLoad) -> None:
    for key in ("a", "b", "c"):
        load.give(key, 100.0, 10.0)
    load.end("b", 20.0, decoded=True)
    assert load.begun == {"a", "c"}
    assert load.ahead_in(20.0) == pytest.approx(0.0)
    load.end("a", 20.0, decoded=True)
    load.give("e", 100.0, 20.0)
    assert load.ahead_in(25.0) is None


def test_one_that_waits_can_be_taken_back(load: WorkerLoad) -> None:
    for key in ("a", "b", "c"):
        load.give(key, 100.0, 10.0)
    load.end("c", 12.0, decoded=False)
    load.end("unknown", 12.0, decoded=False)
    assert load.begun == {"a", "b"}
    assert load.free == 0


@pytest.mark.parametrize("decoded", [True, False])
def test_a_chunk_that_was_stopped_says_nothing_of_its_speed(decoded: bool) -> None:
    load = WorkerLoad()
    load.slots = 1
    load.give("a", 100.0, 0.0)
    load.end("a", 10.0, decoded=decoded)
    load.give("b", 100.0, 10.0)
    assert (load.ahead_in(20.0) is not None) == decoded


def test_one_that_is_not_used_is_sent_nothing(load: WorkerLoad) -> None:
    load.give("a", 100.0, 10.0)
    load.slots = 0
    assert load.ahead_in(20.0) is None
