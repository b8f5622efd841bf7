"""The page's rows about programs that may send recordings from elsewhere."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

from aiohttp import web

from swarmstt.errors import InputError
from swarmstt.web.api.bodies import read_map
from swarmstt.web.api.ports import ProgramsPort
from swarmstt.web.api.replies import reply
from swarmstt.web.api.requests import name_of

MOST_ORIGINS = 20
PROGRAMS: web.AppKey[ProgramsPort] = web.AppKey("programs")
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[A-Za-z0-9.\-_\[\]:]{1,200}")


def program_routes() -> list[web.RouteDef]:
    return [
        web.get("/programs", list_programs),
        web.post("/programs", add_program),
        web.delete("/programs", remove_all_programs),
        web.delete("/programs/{program_id}", remove_program),
    ]


async def list_programs(request: web.Request) -> web.Response:
    return reply(request, await request.app[PROGRAMS].programs())


async def add_program(request: web.Request) -> web.Response:
    """`{"name", "origins"}`: `origins` are web pages that may ask, such as app://obsidian.md."""
    body = await read_map(request)
    name = name_of(body["name"], "name") if body.get("name") else ""
    made = await request.app[PROGRAMS].add_program(name, _origins(body.get("origins") or []))
    return reply(request, made, status=HTTPStatus.CREATED)


def _origins(given: Any) -> tuple[str, ...]:
    if not isinstance(given, list) or len(given) > MOST_ORIGINS:
        raise InputError(f"origins must be a list of at most {MOST_ORIGINS} origins.")
    for each in given:
        if not isinstance(each, str) or not _ORIGIN.fullmatch(each):
            raise InputError(f"{each!r:.100} is not an origin (expected such as app://obsidian.md or https://pc:3000).")
    return tuple(dict.fromkeys(given))


async def remove_program(request: web.Request) -> web.Response:
    await request.app[PROGRAMS].remove_program(name_of(request.match_info["program_id"], "The program's id"))
    return reply(request, {"status": "ok"})


async def remove_all_programs(request: web.Request) -> web.Response:
    await request.app[PROGRAMS].remove_all_programs()
    return reply(request, {"status": "ok"})
