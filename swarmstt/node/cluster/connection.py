"""A connection to a Dask scheduler: which workers it has, and what they are asked. TLS is Dask's own configuration."""

from __future__ import annotations

import asyncio
import logging
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from distributed import Client
from distributed.comm import CommClosedError

from swarmstt.codec import PlainError, from_plain
from swarmstt.core.helping.cluster_workers import SeenWorker, Unfit, WorkerReport
from swarmstt.display_text import one_line
from swarmstt.node.cluster import worker
from swarmstt.node.cluster.place import ClusterPlace

logger = logging.getLogger(__name__)

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 30.0
"""A scheduler or worker that does not answer for so long is taken for gone."""
SILENT_SECONDS = 60.0
"""A worker whose heartbeats end for so long is taken for gone: the scheduler itself waits five minutes."""
MODEL_SECONDS = 600.0
"""How long a worker may look for a model: it may have to read several whole ones to know their hashes."""
CONNECTION_ERRORS = (OSError, asyncio.TimeoutError, ValueError, TypeError, RuntimeError, ImportError, LookupError)
"""What Dask raises if a scheduler cannot be reached, or is not one."""


_NOT_THERE = ("ModuleNotFoundError", "ImportError", "AttributeError")
"""What a worker that has no swarmstt, or one without these functions, says; Dask makes text of it."""


class Connection:
    """One connection. All methods raise one of CONNECTION_ERRORS once the scheduler is gone."""

    def __init__(self, client: Any, clock: Callable[[], float]) -> None:
        self._client = client
        self._clock = clock
        self._heard: dict[str, tuple[Any, float]] = {}

    @classmethod
    async def open(cls, place: ClusterPlace) -> Connection:
        """Connects. One of CONNECTION_ERRORS if no scheduler answers there."""
        _quieten()
        where: dict[str, Any] = {"scheduler_file": place.text} if place.is_file else {"address": place.text}
        client: Any = Client(
            **where, asynchronous=True, set_as_default=False, direct_to_workers=False, timeout=CONNECT_SECONDS
        )
        try:
            await client
        except BaseException:
            await _closed(client)
            raise
        return cls(client, asyncio.get_running_loop().time)

    async def close(self) -> None:
        await _closed(self._client)

    async def workers(self) -> dict[str, SeenWorker]:
        """Returns the workers that there are, by their addresses."""
        if self._client.status != "running":
            raise OSError("the connection was lost")
        told = await asyncio.wait_for(self._client.scheduler.identity(n_workers=-1), ANSWER_SECONDS)
        try:
            return self._heard_of(told["workers"])
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise ValueError("what answers there is not a scheduler of Dask") from error

    def _heard_of(self, workers: Mapping[str, Any]) -> dict[str, SeenWorker]:
        """Returns those whose heartbeats have not ended."""
        now, before = self._clock(), self._heard
        self._heard = {}
        for address, told in workers.items():
            last_seen, at = before.get(address, (None, now))
            self._heard[address] = told["last_seen"], at if last_seen == told["last_seen"] else now
        heard = {address: now - at < SILENT_SECONDS for address, (_, at) in self._heard.items()}
        return {address: _seen(address, told) for address, told in workers.items() if heard[address]}

    async def begin(self, seen: SeenWorker) -> WorkerReport | Unfit:
        """Has a worker get ready; returns what it is, or why it cannot be used."""
        try:
            answer = await self._ask(seen.address, ANSWER_SECONDS, worker.begin, seen.most_slots)
        except (asyncio.TimeoutError, TimeoutError, CommClosedError):
            return "silent"
        except Exception as error:
            if any(each in f"{type(error).__name__}: {error}" for each in _NOT_THERE):
                return "no_swarmstt"
            logger.warning("The worker %s cannot begin.", seen.name, exc_info=True)
            return "cannot_begin"
        return _report(answer) or "other_version"

    async def has_model(self, address: str, model: str, model_hash: str) -> bool:
        """Returns whether a worker has that model."""
        return bool(await self._ask(address, MODEL_SECONDS, worker.has_model, model, model_hash))

    async def send_part(self, addresses: list[str], *part: Any) -> list[str]:
        """Sends a part of a model to these workers at once; returns those that took it."""
        sending = self._client.run(worker.take_part, *part, workers=addresses, on_error="return")
        answers = await asyncio.wait_for(sending, MODEL_SECONDS)
        return [address for address in addresses if address in answers and answers[address] is None]

    async def decode(self, seen: SeenWorker, key: str, frame: bytes) -> bytes:
        """Returns what came of a chunk on that worker. Cancelled, the worker stops."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of a long chunk, whose audio is more than 10 MB
            future = self._client.submit(
                worker.decode_here,
                key,
                frame,
                key=key,
                workers=[seen.address],
                resources={seen.resource: 1} if seen.resource else None,
                pure=False,
            )
        try:
            outcome = await future.result()
        finally:
            future.release()
        if not isinstance(outcome, bytes):
            raise PlainError("A worker of the cluster sent something else than a result.")
        return outcome

    async def _ask(self, address: str, seconds: float, function: Callable[..., Any], *arguments: Any) -> Any:
        answers = await asyncio.wait_for(self._client.run(function, *arguments, workers=[address]), seconds)
        return answers.get(address)


async def _closed(client: Any) -> None:
    with suppress(*CONNECTION_ERRORS):
        await asyncio.wait_for(client.close(timeout=1), 2 * CONNECT_SECONDS)


def _seen(address: str, told: Mapping[str, Any]) -> SeenWorker:
    return SeenWorker(
        address=one_line(address),
        name=one_line(str(told.get("name") or address)),
        threads=int(told["nthreads"]),
        resources={str(name): float(amount) for name, amount in (told.get("resources") or {}).items()},
        is_running=told.get("status") == "running",
        report=_report((told.get("metrics") or {}).get(worker.NAME)),
    )


def _report(told: Any) -> WorkerReport | None:
    """Returns what a worker says of itself; None for what makes no sense."""
    if not isinstance(told, dict):
        return None
    try:
        report = from_plain(WorkerReport, told)
    except PlainError:
        return None
    return WorkerReport(
        version=one_line(report.version),
        engine=one_line(report.engine),
        slots=report.slots,
        device=None if report.device is None else one_line(report.device),
        models=report.models,
        jobs=report.jobs,
        trouble=None if report.trouble is None else one_line(report.trouble),
        dask=one_line(report.dask),
    )


def _quieten() -> None:
    """Leaves it to the node to say that a scheduler is away: Dask would print tracebacks over a person's progress."""
    for name in list(logging.root.manager.loggerDict):
        if name.split(".")[0] == "distributed":
            logging.getLogger(name).setLevel(logging.CRITICAL)
