"""The workers of a cluster: which of them can decode for this node, with which models, and which takes the next chunk.

The cluster's scheduler says which workers there are, and each worker says what it is (`WorkerReport`). To the core they
are one helper together; here a chunk gets its worker.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from swarmstt.core.helping.worker_load import WorkerLoad

Unfit = Literal[
    "asked", "no_swarmstt", "other_version", "other_engine", "other_dask", "silent", "cannot_begin", "closing"
]
"""Why a worker is not used; "asked": it has not said yet what it is."""

ASK_AGAIN_SECONDS = 60.0
"""After this time a worker that did not answer is asked again, and one that could not be given a model is sent it."""

SOON_FREE_SECONDS = 0.25
"""Between two looks for workers that will soon be free: to look at a thousand takes milliseconds."""

RESOURCES = ("MODEL", "GPU")
"""Resources of Dask by which a worker may say how many chunks it decodes at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerReport:
    """What a worker says of itself. `engine`: as in Provenance. `dask`: the version of Distributed; empty from an older
    worker, which does not say it. `models`: hashes of those it can decode with; `jobs`:
    the part that is decoded of each chunk that it has in hand, by the chunk's key. `trouble`: why it cannot decode with
    a model."""

    version: str
    engine: str
    slots: int = 1
    device: str | None = None
    models: frozenset[str] = frozenset()
    jobs: dict[str, float] = field(default_factory=dict)
    trouble: str | None = None
    dask: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenWorker:
    """What the scheduler says of a worker. `name` and `address` are fit to be shown."""

    address: str
    name: str
    threads: int
    resources: Mapping[str, float] = field(default_factory=dict)
    is_running: bool = True
    report: WorkerReport | None = None

    @property
    def resource(self) -> str | None:
        """The resource that a chunk takes one of; None if the worker has none of those that count here."""
        return next((each for each in RESOURCES if self.resources.get(each, 0.0) >= 1.0), None)

    @property
    def most_slots(self) -> int:
        """How many chunks it may be given at once."""
        amount = self.threads if self.resource is None else int(self.resources[self.resource])
        return max(1, min(amount, self.threads))


@dataclass(slots=True, kw_only=True, eq=False)
class ClusterWorker:
    """A worker as this node knows it. `unfit` None and a report: it can be used."""

    seen: SeenWorker
    report: WorkerReport | None = None
    unfit: Unfit | None = None
    asked_at: float | None = None
    load: WorkerLoad = field(default_factory=WorkerLoad)
    """The chunks that it was given."""
    supplied: set[str] = field(default_factory=set)
    """Models that it was given and has not named yet: its reports are seconds old."""
    tried_at: dict[str, float] = field(default_factory=dict)
    """When it was to be given a model, by the model's hash; now if that is infinite."""

    @property
    def slots(self) -> int:
        """How many chunks it decodes at once; 0: it is not used."""
        return self.load.slots

    @property
    def models(self) -> frozenset[str]:
        """The hashes of those that it can decode with."""
        if self.report is None or self.report.trouble is not None:
            return frozenset() if self.report is None else self.report.models
        return self.report.models | self.supplied


class ClusterWorkers:
    """All workers of one cluster. `version`, `engine` and `dask` are this node's: a worker has to have the same."""

    def __init__(self, version: str, engine: str, dask: str = "") -> None:
        self._version = version
        self._engine = engine
        self._dask = dask
        self._by_address: dict[str, ClusterWorker] = {}
        self._free: dict[str, ClusterWorker] = {}
        """Those that can take a chunk now: few of a thousand."""
        self._looked_at: dict[str, float] = {}
        """When no worker that has this model was about to be free."""

    @property
    def all(self) -> list[ClusterWorker]:
        return list(self._by_address.values())

    @property
    def slots(self) -> int:
        """How many chunks all usable workers decode at once."""
        return sum(each.slots for each in self._by_address.values())

    @property
    def model_hashes(self) -> frozenset[str]:
        """The models that some usable worker has."""
        return frozenset().union(*(each.models for each in self._usable()))

    def saw(self, seen: Mapping[str, SeenWorker]) -> dict[str, bool]:
        """Take note of the workers that there are now; return the keys of the chunks whose workers are gone, and of
        each if it had been begun."""
        gone = [each for address, each in self._by_address.items() if address not in seen]
        self._by_address = {address: self._updated(each) for address, each in seen.items()}
        self._free.clear()
        for each in self._by_address.values():
            self._refresh(each)
        return {key: key in each.load.begun for each in gone for key in each.load.keys}

    def _updated(self, seen: SeenWorker) -> ClusterWorker:
        worker = self._by_address.get(seen.address) or ClusterWorker(seen=seen)
        worker.seen = seen
        if worker.report is not None and seen.report is not None:
            worker.report = seen.report
            worker.supplied -= seen.report.models
        if not seen.is_running:
            worker.unfit = "closing"
        elif worker.unfit == "closing":
            worker.unfit, worker.report, worker.asked_at = None, None, None
        return worker

    def to_ask(self, at: float) -> list[SeenWorker]:
        """Return the workers that are to be asked now what they are, and take note that they are."""
        asked = [each for each in self._by_address.values() if _is_due(each, at)]
        for each in asked:
            each.asked_at, each.unfit = at, "asked"
        return [each.seen for each in asked]

    def answered(self, address: str, answer: WorkerReport | Unfit) -> None:
        """Take note of what a worker answered, or of why there is no answer."""
        worker = self._by_address.get(address)
        if worker is None or worker.unfit == "closing":
            return
        if isinstance(answer, WorkerReport):
            worker.report, worker.unfit = answer, self._misfit(answer)
        else:
            worker.unfit = answer
        self._refresh(worker)

    def _refresh(self, worker: ClusterWorker) -> None:
        """Note again how many chunks a worker takes, and whether it takes one now."""
        is_used = worker.report is not None and worker.unfit is None
        slots = max(0, min(worker.report.slots, worker.seen.most_slots)) if worker.report and is_used else 0
        worker.load.slots = slots
        if worker.load.free > 0:
            self._free[worker.seen.address] = worker
        else:
            self._free.pop(worker.seen.address, None)

    def _misfit(self, report: WorkerReport) -> Unfit | None:
        if report.version != self._version:
            return "other_version"
        if report.engine != self._engine:
            return "other_engine"
        return "other_dask" if report.dask and report.dask != self._dask else None

    def to_supply(self, model_hash: str, at: float) -> list[SeenWorker]:
        """Return the usable workers that are to be given this model now, and take note that they are."""
        lacking = [each for each in self._usable() if model_hash not in each.models]
        due = [each for each in lacking if at - each.tried_at.get(model_hash, -math.inf) >= ASK_AGAIN_SECONDS]
        for each in due:
            each.tried_at[model_hash] = math.inf
        return [each.seen for each in due]

    def supplied(self, address: str, model_hash: str, at: float) -> None:
        """Take note that a worker was to be given a model until now, whether it got it or not."""
        if (worker := self._by_address.get(address)) is not None:
            worker.tried_at[model_hash] = at

    def got(self, address: str, model_hash: str) -> None:
        """Take note that a worker has a model now."""
        if (worker := self._by_address.get(address)) is not None:
            worker.supplied.add(model_hash)

    def take(self, model_hash: str, key: str, seconds: float, at: float) -> SeenWorker | None:
        """Give a chunk of so many seconds to the worker with the most free slots that has the model, or else to the one
        that will be free next, if that is soon; None if all are busy."""
        able = [each for each in self._free.values() if model_hash in each.models]
        best = max(able, key=lambda each: (each.load.free / each.slots, each.load.free), default=None)
        best = best or self._soon_free(model_hash, at)
        if best is None:
            return None
        best.load.give(key, seconds, at)
        self._refresh(best)
        return best.seen

    def _soon_free(self, model_hash: str, at: float) -> ClusterWorker | None:
        if at - self._looked_at.get(model_hash, -math.inf) < SOON_FREE_SECONDS:
            return None
        able = [(left, each) for each in self._usable() if (left := each.load.ahead_in(at)) is not None]
        able = [(left, each) for left, each in able if model_hash in each.models]
        if not able:
            self._looked_at[model_hash] = at
            return None
        return min(able, key=lambda pair: pair[0])[1]

    def release(self, address: str, key: str, at: float, *, decoded: bool) -> None:
        """Take note that a worker has a chunk no more, and whether it was decoded."""
        if (worker := self._by_address.get(address)) is not None:
            worker.load.end(key, at, decoded=decoded)
            self._refresh(worker)

    def progress(self) -> dict[str, float]:
        """Return how far the chunks are that were given out, as far as the workers say."""
        found: dict[str, float] = {}
        for each in self._usable():
            jobs = each.report.jobs if each.report is not None else {}
            found |= {key: jobs[key] for key in each.load.keys if key in jobs}
        return found

    def _usable(self) -> list[ClusterWorker]:
        return [each for each in self._by_address.values() if each.slots > 0]


def _is_due(worker: ClusterWorker, at: float) -> bool:
    if worker.asked_at is None:
        return worker.unfit is None
    return worker.unfit == "silent" and at - worker.asked_at >= ASK_AGAIN_SECONDS
