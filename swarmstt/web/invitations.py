"""The rows of the API about invitations for guests."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Protocol

from aiohttp import web

from swarmstt.web.incoming import name_of, read_map
from swarmstt.web.replies import reply


class InvitationsPort(Protocol):
    """What the page does with invitations. Off by default: while there is none, nobody gets in."""

    async def invitations(self) -> dict[str, Any]:
        """{"invitations": [{"invitation_id", "name", "created_at", "last_used_at" (or None)}], "url_base" (where
        guests in this network reach this PC, or None), "open" (whether it listens there)}."""

    async def invite(self, name: str) -> dict[str, Any]:
        """A new invitation: {"invitation_id", "name", "url"}. `name`: for whom, or "". The URL is told this once."""

    async def revoke(self, invitation_id: str) -> None:
        """Takes it back: its guests lose what they hold, at once. NotFoundError where there is none."""

    async def revoke_all(self) -> None: ...


INVITATIONS: web.AppKey[InvitationsPort] = web.AppKey("invitations")


def add_invitation_routes(app: web.Application, port: InvitationsPort) -> None:
    app[INVITATIONS] = port
    app.add_routes(
        [
            web.get("/invitations", list_invitations),
            web.post("/invitations", invite),
            web.delete("/invitations", revoke_all),
            web.delete("/invitations/{invitation_id}", revoke),
        ]
    )


async def list_invitations(request: web.Request) -> web.Response:
    return reply(request, await request.app[INVITATIONS].invitations())


async def invite(request: web.Request) -> web.Response:
    body = await read_map(request)
    name = name_of(body["name"], "name") if body.get("name") else ""
    return reply(request, await request.app[INVITATIONS].invite(name), status=HTTPStatus.CREATED)


async def revoke(request: web.Request) -> web.Response:
    await request.app[INVITATIONS].revoke(name_of(request.match_info["invitation_id"], "The invitation's id"))
    return reply(request, {"status": "ok"})


async def revoke_all(request: web.Request) -> web.Response:
    await request.app[INVITATIONS].revoke_all()
    return reply(request, {"status": "ok"})
