"""The invitations that a node has given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from swarmstt.ids import NodeId
from swarmstt.storage.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationRecord:
    """An invitation as it is kept; times are ISO 8601, `token_sha256` is hex. The token itself is not kept.
    `is_plain`: its guests come over plain HTTP, not over TLS. `node_id`: the identity of the node that made it."""

    invitation_id: str
    name: str
    token_sha256: str
    created_at: str
    expires_at: str
    is_plain: bool
    node_id: NodeId
    last_used_at: str | None = None


class InvitationTable:
    """The table of invitations; `queries` are those of queries.sql."""

    def __init__(self, database: Database, queries: Mapping[str, str]) -> None:
        self._database = database
        self._queries = queries

    async def all(self, own_id: NodeId) -> list[InvitationRecord]:
        """Returns all of them, oldest first. `own_id`: this node's identity, which those have that an earlier version
        made."""
        await self._run("invitations_are_of", {"node_id": own_id})
        query = self._queries["invitations"]
        rows = await self._database.run(lambda connection: connection.execute(query).fetchall())
        return [InvitationRecord(**{**dict(row), "is_plain": bool(row["is_plain"])}) for row in rows]

    async def add(self, record: InvitationRecord) -> None:
        await self._run(
            "add_invitation",
            {
                "invitation_id": record.invitation_id,
                "name": record.name,
                "token_sha256": record.token_sha256,
                "created_at": record.created_at,
                "expires_at": record.expires_at,
                "is_plain": record.is_plain,
                "node_id": record.node_id,
            },
        )

    async def used(self, invitation_id: str, at: str) -> None:
        await self._run("invitation_used", {"invitation_id": invitation_id, "at": at})

    async def remove(self, invitation_id: str) -> None:
        await self._run("remove_invitation", {"invitation_id": invitation_id})

    async def _run(self, name: str, parameters: dict[str, Any]) -> None:
        query = self._queries[name]
        await self._database.run(lambda connection: connection.execute(query, parameters))
