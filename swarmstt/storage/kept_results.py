"""Results that this node has for coordinators that are away: a day's worth, and no more than is sensible."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgpack

from swarmstt.codec import PlainError, from_plain, to_plain
from swarmstt.core.books import Provenance
from swarmstt.core.transcript import ChunkTranscript
from swarmstt.core.work import ChunkResult
from swarmstt.ids import LeaseId, NodeId
from swarmstt.storage.database import QUERIES, Database

KEPT_FOR = timedelta(days=1)
MOST_RESULTS = 1000
MOST_BYTES = 64 * 2**20


class KeptResultTable:
    """The table of kept results. The oldest go first if there are too many."""

    def __init__(
        self,
        database: Database,
        now: Callable[[], datetime],
        *,
        most_results: int = MOST_RESULTS,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._database = database
        self._now = now
        self._limits = {"most_results": most_results, "most_bytes": most_bytes}

    async def keep(self, coordinator: NodeId, lease_id: LeaseId, result: ChunkResult) -> None:
        """Keeps a result, which is on disk when this returns. A newer result of a lease takes the place of an older."""
        row = {
            **_key(coordinator, lease_id),
            "result": msgpack.packb([to_plain(result.transcript), to_plain(result.provenance)]),
            "kept_at": _text(self._now()),
        }

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(QUERIES["keep_result"], row)
            self._drop_old(connection)
            connection.execute(QUERIES["drop_results_beyond"], self._limits)

        await self._database.run(work)

    async def lease_ids(self, coordinator: NodeId) -> frozenset[LeaseId]:
        """Returns the leases of this coordinator that have results; what is too old is dropped first."""

        def work(connection: sqlite3.Connection) -> list[sqlite3.Row]:
            self._drop_old(connection)
            return connection.execute(QUERIES["kept_leases"], {"coordinator_id": coordinator}).fetchall()

        return frozenset(LeaseId(row["lease_id"]) for row in await self._database.run(work))

    async def result(self, coordinator: NodeId, lease_id: LeaseId) -> ChunkResult | None:
        """Returns the result of a lease; None if there is none that this version can read."""
        rows = await self._database.read("kept_result", _key(coordinator, lease_id))
        return _unpacked(rows[0]["result"]) if rows else None

    async def remove(self, coordinator: NodeId, lease_id: LeaseId) -> None:
        await self._database.write("remove_result", _key(coordinator, lease_id))

    async def drop_old(self) -> None:
        """Forgets what nobody fetched in a day."""
        await self._database.run(self._drop_old)

    def _drop_old(self, connection: sqlite3.Connection) -> None:
        connection.execute(QUERIES["drop_old_results"], {"oldest": _text(self._now() - KEPT_FOR)})


def _key(coordinator: NodeId, lease_id: LeaseId) -> dict[str, Any]:
    return {"coordinator_id": coordinator, "lease_id": lease_id}


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")


def _unpacked(data: bytes) -> ChunkResult | None:
    try:
        transcript, provenance = msgpack.unpackb(data)
        return ChunkResult(
            transcript=from_plain(ChunkTranscript, transcript), provenance=from_plain(Provenance, provenance)
        )
    except (PlainError, ValueError, TypeError, msgpack.exceptions.UnpackException):
        return None
