"""One SQLite database on one thread of its own, so that no query ever blocks the event loop."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

from swarmstt.errors import StorageError

Result = TypeVar("Result")

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


def _load_queries() -> dict[str, str]:
    text = files("swarmstt.storage").joinpath("queries.sql").read_text(encoding="utf-8")
    parts = _NAME.split(text)[1:]
    return dict(zip(parts[::2], (part.strip() for part in parts[1::2]), strict=True))


QUERIES: Mapping[str, str] = _load_queries()
"""The statements of queries.sql by name: read once, with this module, since a store is made on the event loop."""


def load_migrations() -> list[str]:
    """Reads the numbered migrations, first to last. The database's `user_version` counts those that it has had."""
    folder = files("swarmstt.storage").joinpath("migrations")
    names = sorted(each.name for each in folder.iterdir() if each.name.endswith(".sql"))
    return [folder.joinpath(name).read_text(encoding="utf-8") for name in names]


class Database:
    """An open database. `run` queues a function of the connection behind those before it; so do `read` and `write`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="database")
        self._connection: sqlite3.Connection | None = None

    async def __aenter__(self) -> Database:
        try:
            await self._submit(self._open)
        except BaseException:
            self._executor.shutdown(wait=False)
            raise
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._submit(self._close)
        self._executor.shutdown(wait=False)

    async def run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Does `work` as one transaction, and returns what it does: all of it is on disk when this returns, or none.

        StorageError if the disk is full or cannot be written. It is finished even if the caller is cancelled.
        """
        return await self._submit(partial(self._transaction, work))

    async def read(self, name: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Returns the rows of the query of queries.sql by that name."""
        query, given = QUERIES[name], parameters or {}
        return await self.run(lambda connection: [dict(row) for row in connection.execute(query, given)])

    async def write(self, name: str, parameters: Mapping[str, Any]) -> None:
        """Carries out the statement of queries.sql by that name."""
        await self.run(lambda connection: connection.execute(QUERIES[name], parameters))

    async def _submit(self, work: Callable[[], Result]) -> Result:
        loop = asyncio.get_running_loop()
        try:
            return await asyncio.shield(loop.run_in_executor(self._executor, work))
        except OverflowError as error:  # of what came from elsewhere
            raise StorageError(f"A number is too large for the database {self._path}.") from error
        except sqlite3.OperationalError as error:
            raise StorageError(
                f"The database {self._path} cannot be used ({error}); check disk space and rights."
            ) from error
        except sqlite3.DatabaseError as error:
            raise StorageError(
                f"The database {self._path} is damaged ({error}); move it away to begin again."
            ) from error

    def _transaction(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        connection = self._connection
        assert connection is not None
        connection.execute("BEGIN IMMEDIATE")
        try:
            result = work(connection)
        except BaseException:
            connection.rollback()
            raise
        connection.commit()
        return result

    def _open(self) -> None:
        connection = sqlite3.connect(self._path, isolation_level=None)
        try:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            self._migrate(connection)
        except BaseException:
            connection.close()
            raise
        self._connection = connection

    def _migrate(self, connection: sqlite3.Connection) -> None:
        migrations = load_migrations()
        version: int = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > len(migrations):
            raise StorageError(
                "The data folder belongs to a newer swarmstt; update this one, or choose another --data_dir."
            )
        for number, script in enumerate(migrations[version:], start=version + 1):
            connection.executescript(f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;")

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
