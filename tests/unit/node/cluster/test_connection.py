"""What a scheduler says of its workers, and what is made of nonsense."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from swarmstt.codec import to_plain
from swarmstt.core.helping.cluster_workers import SeenWorker, WorkerReport
from swarmstt.node.cluster.connection import CONNECTION_ERRORS, SILENT_SECONDS, Connection
from swarmstt.node.cluster.worker import NAME

REPORT = WorkerReport(version="1", engine="e", models=frozenset({"a"}), jobs={"k": 0.5})


class FakeClient:
    """What Dask's client says and raises."""

    def __init__(self, **workers: Any) -> None:
        self.status = "running"
        self.workers: Any = workers
        self.answer: Any = None
        self.scheduler = SimpleNamespace(identity=self.identity)

    async def identity(self, n_workers: int) -> Any:
        assert n_workers == -1
        return {"workers": self.workers}

    async def run(self, function: Any, *arguments: Any, workers: list[str], **more: Any) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return dict.fromkeys(workers, self.answer)


def told(**fields: Any) -> dict[str, Any]:
    usual = {"name": "one", "nthreads": 2, "last_seen": 1.0, "status": "running", "metrics": {}, "resources": {}}
    return {**usual, **fields}


async def test_workers_are_what_the_scheduler_says() -> None:
    client = FakeClient(
        one=told(metrics={NAME: to_plain(REPORT)}, resources={"GPU": 1}), two=told(name=7, status="closing_gracefully")
    )
    workers = await Connection(client, lambda: 0.0).workers()
    assert workers["one"] == SeenWorker(address="one", name="one", threads=2, resources={"GPU": 1.0}, report=REPORT)
    assert workers["two"] == SeenWorker(address="two", name="7", threads=2, is_running=False)


async def test_a_worker_without_heartbeats_is_gone_after_a_while_and_comes_again() -> None:
    now = 0.0
    client = FakeClient(one=told(), two=told())
    connection = Connection(client, lambda: now)
    await connection.workers()
    client.workers["two"]["last_seen"] = 2.0
    now = SILENT_SECONDS
    assert set(await connection.workers()) == {"two"}
    client.workers["one"]["last_seen"] = 3.0
    assert set(await connection.workers()) == {"one", "two"}


@pytest.mark.parametrize(
    "metrics", [None, {NAME: 5}, {NAME: {}}, {NAME: {**to_plain(REPORT), "slots": "many"}}, {NAME: [1]}]
)
async def test_a_report_that_makes_no_sense_is_none(metrics: Any) -> None:
    workers = await Connection(FakeClient(one=told(metrics=metrics)), lambda: 0.0).workers()
    assert workers["one"].report is None


@pytest.mark.parametrize("workers", [{"one": {}}, {"one": told(nthreads="x")}, {"one": told(resources=[1])}, None, [1]])
async def test_a_scheduler_that_makes_no_sense_is_taken_for_gone(workers: Any) -> None:
    client = FakeClient()
    client.workers = workers
    with pytest.raises(CONNECTION_ERRORS):
        await Connection(client, lambda: 0.0).workers()


async def test_a_lost_connection_is_said() -> None:
    client = FakeClient()
    client.status = "connecting"
    with pytest.raises(OSError, match="lost"):
        await Connection(client, lambda: 0.0).workers()


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        (to_plain(REPORT), REPORT),
        ({"version": 5}, "other_version"),
        (Exception("ModuleNotFoundError(\"No module named 'swarmstt'\")"), "no_swarmstt"),
        (AttributeError("module has no attribute begin"), "no_swarmstt"),
        (ValueError("SWARMSTT_SLOTS must be a whole number"), "cannot_begin"),
        (TimeoutError(), "silent"),
    ],
)
async def test_what_a_worker_answers_says_if_it_can_be_used(answer: Any, meaning: Any) -> None:
    client = FakeClient()
    client.answer = answer
    seen = SeenWorker(address="one", name="one", threads=1)
    assert await Connection(client, lambda: 0.0).begin(seen) == meaning
