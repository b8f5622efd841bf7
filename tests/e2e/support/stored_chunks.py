"""What a data folder's database holds, read from outside the node."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class StoredChunks:
    """What a data folder's database holds of a book's chunks."""

    results: frozenset[int]
    leases: Mapping[int, int]
    """How many there were of each chunk."""
    endings: tuple[tuple[str, str, str | None], ...] = ()
    """Of each lease: its helper's name, its state, and how it came to an end undone."""


def stored_chunks(data_dir: Path) -> StoredChunks:
    """Reads the database of a node that may run or may have been killed: from a copy, so that nothing changes."""
    with tempfile.TemporaryDirectory() as folder:
        for suffix in ("", "-wal"):
            source = data_dir / f"swarmstt.sqlite{suffix}"
            if source.exists():
                shutil.copy(source, folder)
        with closing(sqlite3.connect(Path(folder, "swarmstt.sqlite"))) as database:
            results = frozenset(row[0] for row in database.execute("SELECT position FROM results"))
            leases = database.execute("SELECT position, count(*) FROM leases GROUP BY position").fetchall()
            endings = database.execute("SELECT helper_name, state, parting FROM leases").fetchall()
    return StoredChunks(results, dict(leases), tuple(endings))
