"""What a node remembers: its books, their chunks, leases and results."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from swarmstt.core.books import BookDescription, BookOutput, BookState
from swarmstt.core.ebooks.report import BookEbook
from swarmstt.core.edits import BookEdits
from swarmstt.core.membership.peers import KnownPeer
from swarmstt.core.ordering.facts import BookOrder
from swarmstt.core.scheduling import actions
from swarmstt.core.scheduling.stored import StoredBook
from swarmstt.core.speech.merge import ChunkOutcome
from swarmstt.core.speech.names import NameSpellings
from swarmstt.ids import BookId, ChunkId, LeaseId
from swarmstt.storage.database import QUERIES, Database
from swarmstt.storage.drops import DropRows
from swarmstt.storage.invitations import InvitationTable
from swarmstt.storage.kept_results import MOST_BYTES, MOST_RESULTS, KeptResultTable
from swarmstt.storage.model_speeds import SeenSpeeds
from swarmstt.storage.programs import ProgramTable
from swarmstt.storage.rows import BookRecord, record_from_row, row_from_record, to_json, with_others
from swarmstt.storage.stored_actions import place_of, statement_of
from swarmstt.storage.stored_rows import chunk_of, lease_of, outcome_of, peer_of


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
        self.drops = DropRows(self._database)
        self.invitations = InvitationTable(self._database)
        self.model_speeds = SeenSpeeds(self._database)
        self.programs = ProgramTable(self._database)
        self.kept_results = KeptResultTable(
            self._database, now, most_results=most_kept_results, most_bytes=most_kept_bytes
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
        name, parameters = statement_of(action, self._now().isoformat(timespec="milliseconds"))
        return QUERIES[name], parameters

    async def load(self) -> tuple[list[StoredBook], LeaseId]:
        """Returns what a coordinator begins with, and the first free lease id. No lease counts as held any more."""
        lost = {"ended_at": self._now().isoformat(timespec="milliseconds")}

        def work(connection: sqlite3.Connection) -> tuple[list[StoredBook], LeaseId]:
            connection.execute(QUERIES["lose_held_leases"], lost)
            rows = connection.execute(QUERIES["books"]).fetchall()
            books = [self._stored_book(connection, record_from_row(dict(row))) for row in rows]
            last = connection.execute(QUERIES["last_lease_id"]).fetchone()["lease_id"]
            return books, LeaseId(last + 1)

        return await self._database.run(work)

    def _stored_book(self, connection: sqlite3.Connection, record: BookRecord) -> StoredBook:
        book_id = record.book_id
        chunks = connection.execute(QUERIES["chunks"], {"book_id": book_id})
        leases = connection.execute(QUERIES["leases"], {"book_id": book_id})
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
            chunks=tuple(chunk_of(book_id, row) for row in chunks),
            leases=tuple(lease_of(book_id, row) for row in leases),
        )

    async def add_book(self, record: BookRecord) -> None:
        await self._database.write("add_book", row_from_record(record))

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
        await self._database.write("describe_book", parameters)

    async def set_written(self, book_id: BookId, completed_at: str, files: Iterable[Path]) -> None:
        """Keeps when its transcript was complete, and where the files are."""
        names = to_json([str(path) for path in files])
        await self._database.write("book_written", {"book_id": book_id, "completed_at": completed_at, "files": names})

    async def set_ebook(self, book_id: BookId, ebook: BookEbook | None) -> None:
        """Keeps what its ebook is, and what was found of it."""
        await self._database.write("book_ebook", {"book_id": book_id, "ebook": to_json(ebook)})

    async def set_edits(self, book_id: BookId, edits: BookEdits) -> None:
        """Keeps what a person changed of it."""
        await self._database.write("book_edits", {"book_id": book_id, "edits": to_json(edits)})

    async def set_names(self, book_id: BookId, names: tuple[NameSpellings, ...]) -> None:
        """Keeps which names are spelled in several ways."""
        await self._database.write("book_names", {"book_id": book_id, "names": to_json(names)})

    async def set_output(
        self, book_id: BookId, output: BookOutput, sources: tuple[str, ...], order: BookOrder, *, uploaded: bool
    ) -> None:
        """Keeps where its transcript goes, and where its audio is, in which order, and whether it was uploaded."""
        parameters = {
            "book_id": book_id,
            "output": to_json(output),
            "sources": to_json(sources),
            "file_order": to_json(order),
            "uploaded": uploaded,
        }
        await self._database.write("book_output", parameters)

    async def claim_book(self, record: BookRecord) -> None:
        """Keeps a program's recording as a person's book: as this record has it."""
        row = row_from_record(record)
        names = ("book_id", "filename", "sources", "is_folder", "uploaded", "output", "file_order", "local_only")
        await self._database.write("claim_book", {name: row[name] for name in names})

    async def books(self) -> list[BookRecord]:
        """Returns all books, oldest first."""
        return [record_from_row(row) for row in await self._database.read("books")]

    async def tasks(self, book_id: BookId | None = None) -> list[dict[str, Any]]:
        """Returns a row for each chunk (of one book, or of all), with the lease that did it or has it, and who did it.
        In `others` are its further leases that were held in vain, or are held too, the oldest first."""
        return await self._tasks({"book_id": book_id, "position": None})

    async def task(self, chunk_id: ChunkId) -> dict[str, Any] | None:
        """Returns one of those rows; None if there is no such chunk."""
        rows = await self._tasks(place_of(chunk_id))
        return rows[0] if rows else None

    async def _tasks(self, place: dict[str, Any]) -> list[dict[str, Any]]:
        def work(connection: sqlite3.Connection) -> list[dict[str, Any]]:
            rows = [dict(row) for row in connection.execute(QUERIES["tasks"], place)]
            return with_others(rows, connection.execute(QUERIES["leases_besides"], place))

        return await self._database.run(work)

    async def outcome(self, chunk_id: ChunkId) -> ChunkOutcome | None:
        """Returns what became of a chunk; None if there is no such chunk."""
        rows = await self._database.read("outcome", place_of(chunk_id))
        return outcome_of(chunk_id.book_id, rows[0]) if rows else None

    async def engines(self, book_id: BookId) -> tuple[str, ...]:
        """Returns all that the chunks of a book were decoded with (`Provenance.engine`), each once, in order."""
        return tuple(row["engine"] for row in await self._database.read("engines", {"book_id": book_id}))

    async def peers(self) -> list[KnownPeer]:
        """Returns the peers that this node had links to."""
        now = self._now()
        return [peer_of(row, now) for row in await self._database.read("peers")]

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
        steps: list[tuple[str, dict[str, Any]]] = [(QUERIES["forget_peers"], {})]
        steps += [(QUERIES["add_peer"], row) for row in rows]
        await self._database.run(lambda connection: _execute_all(connection, steps))

    async def fact(self, name: str) -> str | None:
        rows = await self._database.read("fact", {"name": name})
        return rows[0]["value"] if rows else None

    async def set_fact(self, name: str, value: str) -> None:
        await self._database.write("set_fact", {"name": name, "value": value})


def _execute_all(connection: sqlite3.Connection, steps: list[tuple[str, dict[str, Any]]]) -> None:
    for statement, parameters in steps:
        connection.execute(statement, parameters)
