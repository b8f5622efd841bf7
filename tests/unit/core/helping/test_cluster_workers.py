"""Which workers of a cluster are used, and which of them takes a chunk."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from swarmstt.core.helping.cluster_workers import ClusterWorkers, SeenWorker, Unfit, WorkerReport
from swarmstt.phrases import OF_CLUSTER_WORKERS, no_cluster_worker

MODEL, OTHER = "a" * 64, "b" * 64


def seen(name: str, **fields: Any) -> SeenWorker:
    return SeenWorker(**{"address": name, "name": name, "threads": 2, **fields})


def report(**fields: Any) -> WorkerReport:
    return WorkerReport(
        **{"version": "1", "engine": "e", "dask": "d", "slots": 2, "models": frozenset({MODEL}), **fields}
    )


@pytest.fixture
def workers() -> ClusterWorkers:
    return ClusterWorkers("1", "e", "d")


def join(workers: ClusterWorkers, *seen_workers: SeenWorker, **fields: Any) -> None:
    """They are there, with those that were, and say that they can decode."""
    there = {each.seen.address: each.seen for each in workers.all}
    workers.saw(there | {each.address: each for each in seen_workers})
    for each in workers.to_ask(0.0):
        workers.answered(each.address, report(**fields))


def test_a_worker_is_asked_once_and_then_used(workers: ClusterWorkers) -> None:
    workers.saw({"one": seen("one")})
    assert [each.name for each in workers.to_ask(0.0)] == ["one"]
    assert workers.to_ask(1000.0) == []
    assert workers.slots == 0
    workers.answered("one", report())
    assert (workers.slots, workers.model_hashes) == (2, frozenset({MODEL}))
    assert workers.to_ask(1000.0) == []


def test_one_that_does_not_answer_is_asked_again_later(workers: ClusterWorkers) -> None:
    workers.saw({"one": seen("one")})
    workers.to_ask(0.0)
    workers.answered("one", "silent")
    assert workers.to_ask(59.0) == []
    assert [each.name for each in workers.to_ask(60.0)] == ["one"]


@pytest.mark.parametrize(
    ("answer", "unfit"),
    [
        (report(version="2"), "other_version"),
        (report(engine="f"), "other_engine"),
        (report(dask="b"), "other_dask"),
        ("no_swarmstt", "no_swarmstt"),
    ],
)
def test_one_that_does_not_fit_gets_nothing(workers: ClusterWorkers, answer: Any, unfit: Unfit) -> None:
    workers.saw({"one": seen("one")})
    workers.to_ask(0.0)
    workers.answered("one", answer)
    assert [each.unfit for each in workers.all] == [unfit]
    assert (workers.slots, workers.model_hashes) == (0, frozenset())
    assert workers.take(MODEL, "k", 60.0, 0.0) is None
    assert workers.to_supply(OTHER, 0.0) == []


def test_an_older_worker_that_does_not_say_its_dask_is_used(workers: ClusterWorkers) -> None:
    join(workers, seen("one"), dask="")
    assert workers.slots == 2


def test_chunks_go_to_the_worker_with_most_room_and_never_beyond_its_slots(workers: ClusterWorkers) -> None:
    join(workers, seen("one"), seen("two", threads=1))
    assert workers.slots == 3
    given = [workers.take(MODEL, str(n), 60.0, 0.0) for n in range(4)]
    assert [each.name if each else None for each in given] == ["one", "two", "one", None]
    workers.release("two", "1", 0.0, decoded=True)
    assert workers.take(MODEL, "4", 60.0, 0.0) == seen("two", threads=1)
    assert workers.take(OTHER, "5", 60.0, 0.0) is None


@pytest.mark.parametrize(
    ("resources", "slots", "resource"),
    [({}, 4, None), ({"GPU": 1.0}, 1, "GPU"), ({"MODEL": 2.0, "GPU": 1.0}, 2, "MODEL"), ({"memory": 9.0}, 4, None)],
)
def test_resources_say_how_many_chunks_a_worker_takes(
    workers: ClusterWorkers, resources: dict[str, float], slots: int, resource: str | None
) -> None:
    join(workers, seen("one", threads=4, resources=resources), slots=4)
    assert workers.slots == slots
    assert workers.all[0].seen.resource == resource


def test_the_chunks_of_a_worker_that_went_are_known(workers: ClusterWorkers) -> None:
    join(workers, seen("one"), seen("two"))
    workers.take(MODEL, "k", 60.0, 0.0)
    workers.take(MODEL, "l", 60.0, 0.0)
    assert workers.saw({"two": seen("two")}) == {"k": True}
    assert workers.saw({}) == {"l": True}


def test_a_chunk_goes_ahead_to_the_worker_that_is_free_next(workers: ClusterWorkers) -> None:
    """A little before; if that worker ends, it is known that the chunk had not been begun."""
    join(workers, seen("one", threads=1), seen("two", threads=1))
    for at, key, name in ((0.0, "a", "one"), (5.0, "b", "two")):
        assert workers.take(MODEL, key, 60.0, at) == seen(name, threads=1)
    workers.release("one", "a", 10.0, decoded=True)
    workers.release("two", "b", 15.0, decoded=True)
    for at, key in ((15.0, "c"), (16.0, "d")):
        assert workers.take(MODEL, key, 60.0, at) is not None
    assert workers.take(MODEL, "e", 60.0, 20.0) is None
    assert workers.take(OTHER, "e", 60.0, 24.5) is None
    assert workers.take(MODEL, "e", 60.0, 24.5) == seen("one", threads=1)
    assert workers.take(MODEL, "f", 60.0, 24.5) == seen("two", threads=1)
    assert workers.take(MODEL, "g", 60.0, 24.5) is None  # in flight are twice the threads at most
    assert workers.saw({"two": seen("two", threads=1)}) == {"c": True, "e": False}


def test_one_that_is_about_to_end_gets_nothing_more_and_keeps_what_it_has(workers: ClusterWorkers) -> None:
    join(workers, seen("one"))
    workers.take(MODEL, "k", 60.0, 0.0)
    assert workers.saw({"one": seen("one", is_running=False)}) == {}
    assert workers.slots == 0
    workers.saw({"one": seen("one")})
    assert [each.name for each in workers.to_ask(1.0)] == ["one"]


def test_a_model_that_was_given_counts_before_the_next_heartbeat_names_it(workers: ClusterWorkers) -> None:
    join(workers, seen("one"), models=frozenset())
    assert [each.name for each in workers.to_supply(MODEL, 0.0)] == ["one"]
    workers.got("one", MODEL)
    workers.supplied("one", MODEL, 1.0)
    workers.saw({"one": seen("one", report=report(models=frozenset()))})
    assert workers.to_supply(MODEL, 100.0) == []
    workers.saw({"one": seen("one", report=report())})
    workers.saw({"one": seen("one", report=report(models=frozenset(), trouble="it cannot be loaded"))})
    assert [each.name for each in workers.to_supply(MODEL, 100.0)] == ["one"]


def test_a_model_is_given_once_at_a_time_and_again_after_a_while(workers: ClusterWorkers) -> None:
    join(workers, seen("one"), models=frozenset())
    assert len(workers.to_supply(MODEL, 0.0)) == 1
    assert workers.to_supply(MODEL, 1000.0) == []  # it takes that long
    workers.supplied("one", MODEL, 1000.0)
    assert workers.to_supply(MODEL, 1059.0) == []
    assert len(workers.to_supply(MODEL, 1060.0)) == 1


def test_a_worker_that_went_and_came_again_is_given_its_model_at_once(workers: ClusterWorkers) -> None:
    join(workers, seen("one"), models=frozenset())
    workers.to_supply(MODEL, 0.0)
    workers.supplied("one", MODEL, 1.0)
    workers.saw({})
    join(workers, seen("one"), models=frozenset())
    assert [each.name for each in workers.to_supply(MODEL, 2.0)] == ["one"]


def test_progress_is_that_of_chunks_that_were_given_there(workers: ClusterWorkers) -> None:
    join(workers, seen("one"))
    workers.take(MODEL, "k", 60.0, 0.0)
    workers.saw({"one": seen("one", report=report(jobs={"k": 0.5, "another node's": 0.7}))})
    assert workers.progress() == {"k": 0.5}


def test_what_is_said_of_workers_that_do_not_fit() -> None:
    assert set(OF_CLUSTER_WORKERS) == set(get_args(Unfit))
    assert no_cluster_worker([]) == "The cluster has no worker; start some with `dask worker`."
    assert no_cluster_worker(["silent"]) == "The cluster's one worker cannot transcribe. It does not answer."
    said = no_cluster_worker(["silent", "no_swarmstt", "no_swarmstt"])
    assert said.startswith("None of the cluster's 3 workers can transcribe. Of 2 workers: It does not have swarmstt")
    assert no_cluster_worker([None, None]) == "The cluster's workers are getting ready."
