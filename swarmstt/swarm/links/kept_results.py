"""What a helper finished stays on its disk until the coordinator acknowledges it, so that neither end's restart costs
a chunk's work."""

from __future__ import annotations

import logging
from typing import Protocol

from swarmstt.core.work import ChunkResult
from swarmstt.errors import StorageError
from swarmstt.ids import LeaseId, NodeId
from swarmstt.swarm.links.messages import Delivered, Returned

logger = logging.getLogger(__name__)


class ResultStore(Protocol):
    """Where results are kept, for a day. All methods raise StorageError if the disk does not work."""

    async def keep(self, coordinator: NodeId, lease_id: LeaseId, result: ChunkResult) -> None:
        """Keep a result: it is on disk when this returns."""

    async def lease_ids(self, coordinator: NodeId) -> frozenset[LeaseId]:
        """Return of which of this coordinator's leases there are results."""

    async def result(self, coordinator: NodeId, lease_id: LeaseId) -> ChunkResult | None:
        """Return the result of a lease; None if there is none."""

    async def remove(self, coordinator: NodeId, lease_id: LeaseId) -> None:
        """Forget a result; one that is not there is not an error."""


class KeptResults:
    """One helper's kept results. A disk that does not work stops no helper: it only keeps nothing.

    For its own node's coordinator nothing is kept: the two are never apart. Nor where `results` is None.
    """

    def __init__(self, results: ResultStore | None, own_id: NodeId) -> None:
        self._results = results
        self._own_id = own_id

    def _for(self, coordinator: NodeId) -> ResultStore | None:
        return None if coordinator == self._own_id else self._results

    async def keep(self, coordinator: NodeId, delivered: Delivered) -> bool:
        """Keep a result; return whether it is on disk now."""
        results = self._for(coordinator)
        if results is None:
            return False
        try:
            await results.keep(coordinator, delivered.lease_id, delivered.result())
        except StorageError as error:
            logger.warning("A result is kept in memory only: %s", error.message)
            return False
        return True

    async def lease_ids(self, coordinator: NodeId) -> frozenset[LeaseId]:
        """Return of which of this coordinator's leases there are results."""
        results = self._for(coordinator)
        if results is None:
            return frozenset()
        try:
            return await results.lease_ids(coordinator)
        except StorageError as error:
            logger.warning("Kept results could not be looked up: %s", error.message)
            return frozenset()

    async def message(self, coordinator: NodeId, lease_id: LeaseId) -> Delivered | Returned:
        """Return what to send the coordinator of a lease that has a result: one that is unreadable is handed back."""
        results = self._for(coordinator)
        kept = None
        try:
            kept = None if results is None else await results.result(coordinator, lease_id)
        except StorageError as error:
            logger.warning("A kept result could not be read: %s", error.message)
        return Returned(lease_id=lease_id) if kept is None else Delivered.of(lease_id, kept)

    async def forget(self, coordinator: NodeId, lease_id: LeaseId) -> None:
        """Forget a result that the coordinator has, or does not want."""
        results = self._for(coordinator)
        if results is None:
            return
        try:
            await results.remove(coordinator, lease_id)
        except StorageError as error:
            logger.warning("A kept result could not be removed: %s", error.message)
