"""What a node remembers: its books, their chunks, leases and results."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from swarmstt.core import actions
from swarmstt.core.addresses import Address
from swarmstt.core.books import (
    BookOutput,
    BookState,
    Chapter,
    ChunkSpan,
    ChunkState,
    Gap,
    StoredBook,
    StoredChunk,
    StoredLease,
)
from swarmstt.core.leases import LeaseState
from swarmstt.core.merge import ChunkOutcome
from swarmstt.core.peers import KnownPeer
from swarmstt.core.plain import from_plain
from swarmstt.ids import BookId, ChunkId, HelperId, LeaseId, NodeId
from swarmstt.storage.database import Database, load_queries
from swarmstt.storage.drops import DropRows
from swarmstt.storage.invitations import InvitationTable
from swarmstt.storage.kept_results import KeptResults
from swarmstt.storage.rows import (
    BookRecord,
    pack_transcript,
    record_from_row,
    row_from_record,
    to_json,
    unpack_transcript,
    with_others,
)


class Store:
    """An open store; `now` gives the time of day with its offset, for what a person reads later."""

    def __init__(self, path: Path, now: Callable[[], datetime]) -> None:
        self._database = Database(path)
        self._now = now
        self._queries = load_queries()
        self.drops = DropRows(self._database, self._queries)
        self.invitations = InvitationTable(self._database, self._queries)
        self.kept_results = KeptResults(self._database, self._queries, now)

    async def __aenter__(self) -> Store:
        await self._database.__aenter__()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._database.__aexit__(*exception)

    async def commit(self, stored: Iterable[actions.Stored]) -> None:
        """Carries out all of these in one transaction; they are on disk when it returns."""
        steps = [self._step(action) for action in stored]
        if steps:
            await self._database.run(lambda connection: _execute_all(connection, steps))

    def _step(self, action: actions.Stored) -> tuple[str, dict[str, Any]]:
        name, parameters = _statement(action, self._now().isoformat(timespec="milliseconds"))
        return self._queries[name], parameters

    async def load(self) -> tuple[list[StoredBook], LeaseId]:
        """What a coordinator begins with, and the first lease id that is free. No lease counts as held any more."""
        lost = {"ended_at": self._now().isoformat(timespec="milliseconds")}

        def work(connection: sqlite3.Connection) -> tuple[list[StoredBook], LeaseId]:
            connection.execute(self._queries["lose_held_leases"], lost)
            rows = connection.execute(self._queries["books"]).fetchall()
            books = [self._stored_book(connection, record_from_row(dict(row))) for row in rows]
            last = connection.execute(self._queries["last_lease_id"]).fetchone()["lease_id"]
            return books, LeaseId(last + 1)

        return await self._database.run(work)

    def _stored_book(self, connection: sqlite3.Connection, record: BookRecord) -> StoredBook:
        book_id = record.book_id
        chunks = connection.execute(self._queries["chunks"], {"book_id": book_id})
        leases = connection.execute(self._queries["leases"], {"book_id": book_id})
        return StoredBook(
            book_id=book_id,
            settings=record.settings,
            state=BookState(record.state),
            language=record.language,
            paused=record.paused,
            reason=record.reason,
            alone=record.alone,
            read_whole=record.read_whole,
            chunks=tuple(
                StoredChunk(span=_span(book_id, row), state=ChunkState(row["state"]), reason=row["reason"])
                for row in chunks
            ),
            leases=tuple(_stored_lease(book_id, row) for row in leases),
        )

    async def add_book(self, record: BookRecord) -> None:
        await self._write("add_book", row_from_record(record))

    async def describe_book(
        self,
        book_id: BookId,
        *,
        title: str | None,
        author: str | None,
        chapters: tuple[Chapter, ...],
        damages: tuple[Gap, ...],
        estimated_seconds: float,
    ) -> None:
        """What its audio told of it."""
        parameters = {
            "book_id": book_id,
            "title": title,
            "author": author,
            "chapters": to_json(chapters),
            "damages": to_json(damages),
            "estimated_seconds": estimated_seconds,
        }
        await self._write("describe_book", parameters)

    async def set_written(self, book_id: BookId, completed_at: str, files: Iterable[Path]) -> None:
        """When its transcript was complete, and where the files are."""
        names = to_json([str(path) for path in files])
        await self._write("book_written", {"book_id": book_id, "completed_at": completed_at, "files": names})

    async def set_output(self, book_id: BookId, output: BookOutput, sources: tuple[str, ...]) -> None:
        """Where its transcript goes, and where its audio is."""
        parameters = {"book_id": book_id, "output": to_json(output), "sources": to_json(sources)}
        await self._write("book_output", parameters)

    async def books(self) -> list[BookRecord]:
        """All books, oldest first."""
        return [record_from_row(row) for row in await self._read("books", {})]

    async def tasks(self, book_id: BookId | None = None) -> list[dict[str, Any]]:
        """A row for each chunk (of one book, or of all), with the lease that did it or has it, and who did what. In
        `others` are its further leases that were held in vain, or are held too, the oldest first."""
        return await self._tasks({"book_id": book_id, "position": None})

    async def task(self, chunk_id: ChunkId) -> dict[str, Any] | None:
        """One of those rows; None where there is no such chunk."""
        rows = await self._tasks(_place(chunk_id))
        return rows[0] if rows else None

    async def _tasks(self, place: dict[str, Any]) -> list[dict[str, Any]]:
        def work(connection: sqlite3.Connection) -> list[dict[str, Any]]:
            rows = [dict(row) for row in connection.execute(self._queries["tasks"], place)]
            return with_others(rows, connection.execute(self._queries["leases_besides"], place))

        return await self._database.run(work)

    async def outcome(self, chunk_id: ChunkId) -> ChunkOutcome | None:
        """What became of a chunk; None where there is no such chunk."""
        rows = await self._read("outcome", _place(chunk_id))
        return _outcome(chunk_id.book_id, rows[0]) if rows else None

    async def peers(self) -> list[KnownPeer]:
        """The peers that this node had links to."""
        now = self._now()
        return [_peer(row, now) for row in await self._read("peers", {})]

    async def set_peers(self, peers: Iterable[KnownPeer]) -> None:
        """Remembers these peers and no others."""
        now = self._now()
        rows = [
            {
                "node_id": peer.node_id,
                "name": peer.name,
                "addresses": to_json(peer.addresses),
                "seen_at": (now - timedelta(seconds=peer.seen_seconds_ago)).isoformat(timespec="seconds"),
            }
            for peer in peers
        ]
        steps: list[tuple[str, dict[str, Any]]] = [(self._queries["forget_peers"], {})]
        steps += [(self._queries["add_peer"], row) for row in rows]
        await self._database.run(lambda connection: _execute_all(connection, steps))

    async def fact(self, name: str) -> str | None:
        rows = await self._read("fact", {"name": name})
        return rows[0]["value"] if rows else None

    async def set_fact(self, name: str, value: str) -> None:
        await self._write("set_fact", {"name": name, "value": value})

    async def _write(self, name: str, parameters: dict[str, Any]) -> None:
        await self._database.run(lambda connection: connection.execute(self._queries[name], parameters))

    async def _read(self, name: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
        query = self._queries[name]
        return await self._database.run(lambda connection: [dict(row) for row in connection.execute(query, parameters)])


def _execute_all(connection: sqlite3.Connection, steps: list[tuple[str, dict[str, Any]]]) -> None:
    for statement, parameters in steps:
        connection.execute(statement, parameters)


def _statement(action: actions.Stored, now: str) -> tuple[str, dict[str, Any]]:
    """The query that carries out an action, and its parameters."""
    match action:
        case actions.StoreChunk(span=span):
            parameters = {"start_sample": span.start_sample, "sample_count": span.sample_count}
            return "add_chunk", {**_place(span.chunk_id), **parameters}
        case actions.StoreChunkState(chunk_id=chunk_id, state=chunk_state, reason=reason):
            # Who holds it is known from its leases.
            return "chunk_state", {**_place(chunk_id), "state": chunk_state.value, "reason": reason}
        case actions.StoreLease(lease_id=lease_id, chunk_id=chunk_id, helper_id=helper_id, helper_name=name):
            lease = {"lease_id": lease_id, "helper_id": helper_id, "helper_name": name, "granted_at": now}
            return "add_lease", {**_place(chunk_id), **lease}
        case actions.StoreLeaseState(lease_id=lease_id, state=lease_state, event=event, reason=reason):
            return "lease_state", {
                "lease_id": lease_id,
                "state": lease_state.value,
                "event": event.value,
                "reason": reason,
                "ended_at": now,
            }
        case actions.StoreResult():
            return "add_result", _result(action, now)
        case actions.StoreBookState(book_id=book_id, state=book_state, reason=reason):
            return "book_state", {"book_id": book_id, "state": book_state.value, "reason": reason}
        case actions.StoreLanguage(book_id=book_id, language=language):
            return "book_language", {"book_id": book_id, "language": language}
        case actions.StorePaused(book_id=book_id, paused=paused):
            return "book_paused", {"book_id": book_id, "paused": paused}
        case actions.StoreReadWhole(book_id=book_id):
            return "book_read_whole", {"book_id": book_id}
        case actions.DeleteBook(book_id=book_id):
            return "delete_book", {"book_id": book_id}
        case _:
            raise TypeError(f"The store does not know how to do {action!r}.")


def _result(action: actions.StoreResult, now: str) -> dict[str, Any]:
    return {
        **_place(action.chunk_id),
        "lease_id": action.lease_id,
        "transcript": pack_transcript(action.transcript),
        **asdict(action.provenance),
        "delivered_at": now,
    }


def _place(chunk_id: ChunkId) -> dict[str, Any]:
    return {"book_id": chunk_id.book_id, "position": chunk_id.index}


def _span(book_id: BookId, row: sqlite3.Row | dict[str, Any]) -> ChunkSpan:
    return ChunkSpan(
        chunk_id=ChunkId(book_id, row["position"]),
        start_sample=row["start_sample"],
        sample_count=row["sample_count"],
    )


def _peer(row: dict[str, Any], now: datetime) -> KnownPeer:
    ago = (now - datetime.fromisoformat(row["seen_at"])).total_seconds()
    return KnownPeer(
        node_id=NodeId(row["node_id"]),
        name=row["name"],
        addresses=from_plain(tuple[Address, ...], json.loads(row["addresses"])),
        seen_seconds_ago=max(0.0, ago),
    )


def _stored_lease(book_id: BookId, row: sqlite3.Row) -> StoredLease:
    return StoredLease(
        lease_id=LeaseId(row["lease_id"]),
        chunk_id=ChunkId(book_id, row["position"]),
        helper_id=HelperId(row["helper_id"]),
        helper_name=row["helper_name"],
        state=LeaseState(row["state"]),
        reason=row["reason"],
    )


def _outcome(book_id: BookId, row: dict[str, Any]) -> ChunkOutcome:
    transcript = None if row["transcript"] is None else unpack_transcript(row["transcript"])
    return ChunkOutcome(span=_span(book_id, row), transcript=transcript, gap_reason=row["reason"])
