"""The rows of the API about this node: what goes on, and whether it decodes."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from swarmstt.errors import InputError
from swarmstt.web.api.bodies import read_map
from swarmstt.web.api.keys import BOOKS, GIVE_WAY, STATUS
from swarmstt.web.api.replies import reply
from swarmstt.web.api.requests import seconds_of
from swarmstt.web.api.status_views import FullStatusView

MOST_PAUSE_SECONDS = 366 * 86400.0


def status_routes() -> list[web.RouteDef]:
    return [
        web.get("/status", get_status),
        web.post("/pause", pause_helping),
        web.post("/resume", resume_helping),
        web.post("/shutdown", shut_down),
    ]


def giving_way_routes() -> list[web.RouteDef]:
    """Returns the row of a command's own node, which makes room for one that stays."""
    return [web.post("/give-way", give_way)]


async def full_status(app: web.Application) -> FullStatusView:
    """Returns the row `/status`: what the node says of itself, and its books."""
    return {**app[STATUS].status(), "books": await app[BOOKS].books()}


async def get_status(request: web.Request) -> web.Response:
    return reply(request, await full_status(request.app))


async def pause_helping(request: web.Request) -> web.Response:
    seconds = (await read_map(request)).get("seconds")
    await request.app[STATUS].pause_helping(None if seconds is None else _pause_seconds(seconds))
    return reply(request, {"status": "ok"})


def _pause_seconds(thing: Any) -> float:
    seconds = seconds_of(thing, "seconds")
    if not 0 < seconds <= MOST_PAUSE_SECONDS:
        raise InputError(
            "A pause must be longer than 0 seconds and at most a year; leave seconds out for one without end."
        )
    return seconds


async def resume_helping(request: web.Request) -> web.Response:
    await request.app[STATUS].resume_helping()
    return reply(request, {"status": "ok"})


async def give_way(request: web.Request) -> web.Response:
    request.app[GIVE_WAY]()
    return reply(request, {"status": "ok"})


async def shut_down(request: web.Request) -> web.Response:
    """Ends the node, as Ctrl-C does: Windows has no signal for a program without a window. With `finish`, what is
    being transcribed is finished first."""
    finish = (await read_map(request)).get("finish", False)
    if not isinstance(finish, bool):
        raise InputError("finish must be true or false.")
    request.app[STATUS].shut_down(finish=finish)
    return reply(request, {"status": "ok"})
