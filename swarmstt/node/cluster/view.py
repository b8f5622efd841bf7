"""A cluster as the page and `status` show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from swarmstt.core.helping.cluster_workers import ClusterWorker
from swarmstt.core.work import ChunkJob
from swarmstt.display_text import one_line
from swarmstt.phrases import OF_CLUSTER_WORKERS
from swarmstt.web.api.cluster_views import ClusterView, ClusterWorkerView

MOST_SHOWN = 50
"""Workers one by one: those that work and those that cannot come first. The others are in the totals."""


class ClusterShown(Protocol):
    """As much of a cluster as is shown."""

    @property
    def trouble(self) -> str | None: ...

    def view(self) -> ClusterView: ...

    async def finish(self) -> None:
        """Takes nothing more, and waits until what its workers do is stored."""


def cluster_view(address: str, workers: Sequence[ClusterWorker], jobs: Mapping[str, ChunkJob]) -> ClusterView:
    """Returns what is shown of a cluster whose workers decode these jobs, by key."""
    shown = sorted(workers, key=lambda each: (each.unfit is None, not each.load.keys))[:MOST_SHOWN]
    if len(workers) > MOST_SHOWN:  # not only those that are of no use
        shown = sorted(workers, key=lambda each: not each.load.keys)[:MOST_SHOWN]
    return {
        "address": address,
        "worker_count": len(workers),
        "usable_count": sum(each.slots > 0 for each in workers),
        "threads": sum(each.seen.threads for each in workers),
        "workers": [_worker_view(each, jobs) for each in shown],
    }


def _worker_view(worker: ClusterWorker, jobs: Mapping[str, ChunkJob]) -> ClusterWorkerView:
    report, seen = worker.report, worker.seen
    progress = report.jobs if report is not None else {}
    return {
        "name": seen.name,
        "address": seen.address,
        "threads": seen.threads,
        "slots": worker.slots,
        "state": "not_used" if not worker.slots else "working" if worker.load.keys else "idle",
        "version": None if report is None else report.version,
        "engine": None if report is None else report.engine,
        "device": None if report is None else report.device,
        "doing": [
            {"title": one_line(jobs[key].title), "progress": round(min(1.0, max(0.0, progress.get(key, 0.0))), 3)}
            for key in sorted(worker.load.begun)
            if key in jobs
        ],
        "reason": OF_CLUSTER_WORKERS[worker.unfit] if worker.unfit else report.trouble if report else None,
    }
