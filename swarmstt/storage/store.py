"""What a node remembers: its books, their chunks, leases and results."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from swarmstt.codec import from_plain
from swarmstt.core.books import BookDescription, BookOutput, BookState, ChunkSpan, ChunkState
from swarmstt.core.ebooks.report import BookEbook
from swarmstt.core.edits import BookEdits
from swarmstt.core.membership.addresses import Address
from swarmstt.core.membership.peers import KnownPeer
from swarmstt.core.ordering.facts import BookOrder
from swarmstt.core.scheduling import actions
from swarmstt.core.scheduling.leases import LeaseState
from swarmstt.core.scheduling.stored import StoredBook, StoredChunk, StoredLease
from swarmstt.core.speech.merge import ChunkOutcome
from swarmstt.core.speech.names import NameSpellings
from swarmstt.core.transcript import Wordless
from swarmstt.ids import BookId, ChunkId, HelperId, LeaseId, NodeId
from swarmstt.storage.database import QUERIES, Database
from swarmstt.storage.drops import DropRows
from swarmstt.storage.invitations import InvitationTable
from swarmstt.storage.kept_results import MOST_BYTES, MOST_RESULTS, KeptResultTable
from swarmstt.storage.model_speeds import SeenSpeeds
from swarmstt.storage.programs import ProgramTable
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

    def __init__(
        self,
        path: Path,
        now: Callable[[], datetime],
        *,
        most_kept_results: int = MOST_RESULTS,
        most_kept_bytes: int = MOST_BYTES,
    ) -> None:
        self._database = Database(path)
        self._now = now
        self._queries = QUERIES
        self.drops = DropRows(self._database, self._queries)
        self.invitations = InvitationTable(self._database, self._queries)
        self.model_speeds = SeenSpeeds(self._database, self._queries)
        self.programs = ProgramTable(self._database, self._queries)
        self.kept_results = KeptResultTable(
            self._database, self._queries, now, most_results=most_kept_results, most_bytes=most_kept_bytes
        )

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
        """Returns what a coordinator begins with, and the first free lease id. No lease counts as held any more."""
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
            local_only=record.local_only,
            for_program=record.for_program,
            read_whole=record.read_whole,
            chunks=tuple(_stored_chunk(book_id, row) for row in chunks),
            leases=tuple(_stored_lease(book_id, row) for row in leases),
        )

    async def add_book(self, record: BookRecord) -> None:
        await self._write("add_book", row_from_record(record))

    async def describe_book(
        self,
        book_id: BookId,
        description: BookDescription,
    ) -> None:
        """Keeps what its files say of it; without `content_hash` that stays as it was."""
        parameters = {
            "book_id": book_id,
            "title": description.title,
            "author": description.author,
            "narrator": description.narrator,
            "series": description.series,
            "chapters": to_json(description.chapters),
            "damages": to_json(description.damages),
            "notes": to_json(description.notes),
            "estimated_seconds": description.estimated_seconds,
            "sound": to_json(description.sound),
            "content_hash": description.content_hash,
        }
        await self._write("describe_book", parameters)

    async def set_written(self, book_id: BookId, completed_at: str, files: Iterable[Path]) -> None:
        """Keeps when its transcript was complete, and where the files are."""
        names = to_json([str(path) for path in files])
        await self._write("book_written", {"book_id": book_id, "completed_at": completed_at, "files": names})

    async def set_ebook(self, book_id: BookId, ebook: BookEbook | None) -> None:
        """Keeps what its ebook is, and what was found of it."""
        await self._write("book_ebook", {"book_id": book_id, "ebook": to_json(ebook)})

    async def set_edits(self, book_id: BookId, edits: BookEdits) -> None:
        """Keeps what a person changed of it."""
        await self._write("book_edits", {"book_id": book_id, "edits": to_json(edits)})

    async def set_names(self, book_id: BookId, names: tuple[NameSpellings, ...]) -> None:
        """Keeps which names are spelled in several ways."""
        await self._write("book_names", {"book_id": book_id, "names": to_json(names)})

    async def set_output(self, book_id: BookId, output: BookOutput, sources: tuple[str, ...], order: BookOrder) -> None:
        """Keeps where its transcript goes, and where its audio is, and in which order."""
        parameters = {
            "book_id": book_id,
            "output": to_json(output),
            "sources": to_json(sources),
            "file_order": to_json(order),
        }
        await self._write("book_output", parameters)

    async def claim_book(self, record: BookRecord) -> None:
        """Keeps a program's recording as a person's book: as this record has it."""
        row = row_from_record(record)
        names = ("book_id", "filename", "sources", "is_folder", "uploaded", "output", "file_order", "local_only")
        await self._write("claim_book", {name: row[name] for name in names})

    async def books(self) -> list[BookRecord]:
        """Returns all books, oldest first."""
        return [record_from_row(row) for row in await self._read("books", {})]

    async def tasks(self, book_id: BookId | None = None) -> list[dict[str, Any]]:
        """Returns a row for each chunk (of one book, or of all), with the lease that did it or has it, and who did it.
        In `others` are its further leases that were held in vain, or are held too, the oldest first."""
        return await self._tasks({"book_id": book_id, "position": None})

    async def task(self, chunk_id: ChunkId) -> dict[str, Any] | None:
        """Returns one of those rows; None if there is no such chunk."""
        rows = await self._tasks(_place(chunk_id))
        return rows[0] if rows else None

    async def _tasks(self, place: dict[str, Any]) -> list[dict[str, Any]]:
        def work(connection: sqlite3.Connection) -> list[dict[str, Any]]:
            rows = [dict(row) for row in connection.execute(self._queries["tasks"], place)]
            return with_others(rows, connection.execute(self._queries["leases_besides"], place))

        return await self._database.run(work)

    async def outcome(self, chunk_id: ChunkId) -> ChunkOutcome | None:
        """Returns what became of a chunk; None if there is no such chunk."""
        rows = await self._read("outcome", _place(chunk_id))
        return _outcome(chunk_id.book_id, rows[0]) if rows else None

    async def engines(self, book_id: BookId) -> tuple[str, ...]:
        """Returns all that the chunks of a book were decoded with (`Provenance.engine`), each once, in order."""
        return tuple(row["engine"] for row in await self._read("engines", {"book_id": book_id}))

    async def peers(self) -> list[KnownPeer]:
        """Returns the peers that this node had links to."""
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
    """Returns the query that carries out an action, and its parameters."""
    match action:
        case actions.StoreChunk(span=span):
            parameters = {"start_sample": span.start_sample, "sample_count": span.sample_count}
            return "add_chunk", {**_place(span.chunk_id), **parameters}
        case actions.StoreChunkState(chunk_id=chunk_id, state=chunk_state, reason=reason, wordless=wordless):
            # Who holds it is known from its leases.
            missing = to_json(wordless)
            changed = {"state": chunk_state.value, "reason": reason, "wordless": missing, "tries": action.tries}
            return "chunk_state", {**_place(chunk_id), **changed}
        case actions.StoreLease(chunk_id=chunk_id):
            helper = {
                "helper_id": action.helper_id,
                "helper_name": action.helper_name,
                "helper_kind": action.helper_kind,
            }
            return "add_lease", {**_place(chunk_id), **helper, "lease_id": action.lease_id, "granted_at": now}
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
        case actions.StoreReadWhole(book_id=book_id, read_whole=read_whole):
            return "book_read_whole", {"book_id": book_id, "read_whole": read_whole}
        case actions.DropChunks(first=first):
            return "drop_chunks", _place(first)
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


def _stored_chunk(book_id: BookId, row: dict[str, Any]) -> StoredChunk:
    return StoredChunk(
        span=_span(book_id, row),
        state=ChunkState(row["state"]),
        reason=row["reason"],
        wordless=from_plain(tuple[Wordless, ...], json.loads(row["wordless"])),
        tries=row["tries"],
    )


def _stored_lease(book_id: BookId, row: sqlite3.Row) -> StoredLease:
    return StoredLease(
        lease_id=LeaseId(row["lease_id"]),
        chunk_id=ChunkId(book_id, row["position"]),
        helper_id=HelperId(row["helper_id"]),
        helper_name=row["helper_name"],
        helper_kind=row["helper_kind"],
        state=LeaseState(row["state"]),
        reason=row["reason"],
    )


def _outcome(book_id: BookId, row: dict[str, Any]) -> ChunkOutcome:
    transcript = None if row["transcript"] is None else unpack_transcript(row["transcript"])
    return ChunkOutcome(span=_span(book_id, row), transcript=transcript, gap_reason=row["reason"])
