"""The invitations that a node has given."""

from __future__ import annotations

from dataclasses import dataclass

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
    """The table of invitations."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self, own_id: NodeId) -> list[InvitationRecord]:
        """Returns all of them, oldest first. `own_id`: this node's identity, which those have that an earlier version
        made."""
        await self._database.write("invitations_are_of", {"node_id": own_id})
        rows = await self._database.read("invitations")
        return [InvitationRecord(**{**row, "is_plain": bool(row["is_plain"])}) for row in rows]

    async def add(self, record: InvitationRecord) -> None:
        await self._database.write(
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
        await self._database.write("invitation_used", {"invitation_id": invitation_id, "at": at})

    async def remove(self, invitation_id: str) -> None:
        await self._database.write("remove_invitation", {"invitation_id": invitation_id})
