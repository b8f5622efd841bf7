"""The rows of the API about invitations for guests."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from swarmstt.config import MOST_INVITATION_DAYS as MOST_DAYS
from swarmstt.config import USUAL_INVITATION_DAYS as USUAL_DAYS
from swarmstt.errors import InputError
from swarmstt.web.api.bodies import read_map
from swarmstt.web.api.keys import INVITATIONS
from swarmstt.web.api.replies import reply
from swarmstt.web.api.requests import name_of


def invitation_routes() -> list[web.RouteDef]:
    return [
        web.get("/invitations", list_invitations),
        web.post("/invitations", invite),
        web.delete("/invitations", revoke_all),
        web.delete("/invitations/{invitation_id}", revoke),
    ]


async def list_invitations(request: web.Request) -> web.Response:
    return reply(request, await request.app[INVITATIONS].invitations())


async def invite(request: web.Request) -> web.Response:
    body = await read_map(request)
    name = name_of(body["name"], "name") if body.get("name") else ""
    days, plain = body.get("days", USUAL_DAYS), body.get("plain", False)
    if type(days) is not int or not 1 <= days <= MOST_DAYS:
        raise InputError(f"days must be a whole number from 1 to {MOST_DAYS}.")
    if type(plain) is not bool:
        raise InputError("plain must be true or false.")
    made = await request.app[INVITATIONS].invite(name, days=days, plain=plain)
    return reply(request, made, status=HTTPStatus.CREATED)


async def revoke(request: web.Request) -> web.Response:
    await request.app[INVITATIONS].revoke(name_of(request.match_info["invitation_id"], "The invitation's id"))
    return reply(request, {"status": "ok"})


async def revoke_all(request: web.Request) -> web.Response:
    await request.app[INVITATIONS].revoke_all()
    return reply(request, {"status": "ok"})
