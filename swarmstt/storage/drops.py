"""What a node remembers of the things in its drop folders."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from swarmstt.core.drop_folder.drop_table import Drop, Place
from swarmstt.ids import BookId
from swarmstt.storage.database import QUERIES, Database
from swarmstt.storage.rows import to_json


class DropRows:
    """The table of drops."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> list[Drop]:
        return [_drop(row) for row in await self._database.read("drops")]

    async def put(self, drop: Drop) -> None:
        """Keeps it, in place of what was known there."""
        parameters = {
            **_key(drop.place),
            "signature": drop.signature,
            "fingerprint": drop.fingerprint,
            "book_id": drop.book_id,
            "refusal": drop.refusal,
            "error_file": to_json(drop.error_file) if drop.error_file else None,
        }
        await self._database.write("put_drop", parameters)

    async def remove(self, places: Iterable[Place]) -> None:
        query, keys = QUERIES["remove_drop"], [_key(place) for place in places]
        await self._database.run(lambda connection: connection.executemany(query, keys))


def _key(place: Place) -> dict[str, Any]:
    return {"folder": to_json(place.folder), "name": to_json(place.name)}


def _drop(row: dict[str, Any]) -> Drop:
    return Drop(
        place=Place(json.loads(row["folder"]), json.loads(row["name"])),
        signature=row["signature"],
        fingerprint=row["fingerprint"],
        book_id=None if row["book_id"] is None else BookId(row["book_id"]),
        refusal=row["refusal"],
        error_file=json.loads(row["error_file"]) if row["error_file"] else None,
    )
