"""Results that this node has for coordinators that are away: a day's worth, and no more than is sensible."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgpack

from swarmstt.core.books import Provenance
from swarmstt.core.plain import PlainError, from_plain, to_plain
from swarmstt.core.transcript import ChunkTranscript
from swarmstt.ids import LeaseId, NodeId
from swarmstt.storage.database import Database

KEPT_FOR = timedelta(days=1)
MOST_RESULTS = 1000
MOST_BYTES = 64 * 2**20


class KeptResults:
    """The table of kept results; `queries` are those of queries.sql. The oldest go first where there are too many."""

    def __init__(self, database: Database, queries: dict[str, str], now: Callable[[], datetime]) -> None:
        self._database = database
        self._queries = queries
        self._now = now

    async def keep(
        self, coordinator: NodeId, lease_id: LeaseId, transcript: ChunkTranscript, provenance: Provenance
    ) -> None:
        """On disk when it returns. A newer result of a lease takes the place of an older."""
        row = {
            **_key(coordinator, lease_id),
            "result": msgpack.packb([to_plain(transcript), to_plain(provenance)]),
            "kept_at": _text(self._now()),
        }
        limits = {"most_results": MOST_RESULTS, "most_bytes": MOST_BYTES}

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(self._queries["keep_result"], row)
            self._drop_old(connection)
            connection.execute(self._queries["drop_results_beyond"], limits)

        await self._database.run(work)

    async def lease_ids(self, coordinator: NodeId) -> frozenset[LeaseId]:
        """Of which of this coordinator's leases there are results; those that are too old are dropped first."""

        def work(connection: sqlite3.Connection) -> list[sqlite3.Row]:
            self._drop_old(connection)
            return connection.execute(self._queries["kept_leases"], {"coordinator_id": coordinator}).fetchall()

        return frozenset(LeaseId(row["lease_id"]) for row in await self._database.run(work))

    async def result(self, coordinator: NodeId, lease_id: LeaseId) -> tuple[ChunkTranscript, Provenance] | None:
        """The result of a lease; None where there is none, or none that this version can read."""
        query = self._queries["kept_result"]
        row = await self._database.run(
            lambda connection: connection.execute(query, _key(coordinator, lease_id)).fetchone()
        )
        return None if row is None else _unpacked(row["result"])

    async def remove(self, coordinator: NodeId, lease_id: LeaseId) -> None:
        query = self._queries["remove_result"]
        await self._database.run(lambda connection: connection.execute(query, _key(coordinator, lease_id)))

    async def drop_old(self) -> None:
        """Forgets what nobody fetched in a day."""
        await self._database.run(self._drop_old)

    def _drop_old(self, connection: sqlite3.Connection) -> None:
        connection.execute(self._queries["drop_old_results"], {"oldest": _text(self._now() - KEPT_FOR)})


def _key(coordinator: NodeId, lease_id: LeaseId) -> dict[str, Any]:
    return {"coordinator_id": coordinator, "lease_id": lease_id}


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")


def _unpacked(data: bytes) -> tuple[ChunkTranscript, Provenance] | None:
    try:
        transcript, provenance = msgpack.unpackb(data)
        return from_plain(ChunkTranscript, transcript), from_plain(Provenance, provenance)
    except (PlainError, ValueError, TypeError, msgpack.exceptions.UnpackException):
        return None
