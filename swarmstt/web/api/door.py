"""The rows of the API about the swarm's door, and about who belongs to the swarm."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from swarmstt.errors import ConflictError, InputError
from swarmstt.ids import NodeId, is_node_id
from swarmstt.web.api.bodies import read_map
from swarmstt.web.api.keys import MEMBERSHIP
from swarmstt.web.api.replies import reply


def door_routes() -> list[web.RouteDef]:
    return [
        web.get("/door", get_door),
        web.post("/door", open_door),
        web.delete("/door", shut_door),
        web.delete("/peers/{node_id}", remove_peer),
        web.post("/peers/{node_id}/seen", see_words),
        web.post("/swarm", begin_again),
        web.post("/identity", renew_identity),
    ]


async def get_door(request: web.Request) -> web.Response:
    return reply(request, request.app[MEMBERSHIP].door_view())


async def open_door(request: web.Request) -> web.Response:
    await request.app[MEMBERSHIP].open_door()
    return await get_door(request)


async def shut_door(request: web.Request) -> web.Response:
    await request.app[MEMBERSHIP].shut_door()
    return await get_door(request)


async def see_words(request: web.Request) -> web.Response:
    request.app[MEMBERSHIP].see_words(NodeId(request.match_info["node_id"]))
    return await get_door(request)


async def remove_peer(request: web.Request) -> web.Response:
    node_id = request.match_info["node_id"]
    if not is_node_id(node_id):
        raise ConflictError("That PC is not in this swarm.")
    stays = await read_map(request, _stays)
    await request.app[MEMBERSHIP].remove_peer(NodeId(node_id), stays)
    return reply(request, {"status": "ok"})


def _stays(body: dict[str, Any]) -> list[NodeId] | None:
    stays = body.get("stays")
    if stays is None:
        return None
    if not isinstance(stays, list) or not all(isinstance(each, str) and is_node_id(each) for each in stays):
        raise InputError("stays must be a list of node ids.")
    return [NodeId(each) for each in stays]


async def begin_again(request: web.Request) -> web.Response:
    await request.app[MEMBERSHIP].begin_again()
    return await get_door(request)


async def renew_identity(request: web.Request) -> web.Response:
    stays_alone = (await read_map(request)).get("stays_alone", False)
    if type(stays_alone) is not bool:
        raise InputError("stays_alone must be true or false.")
    await request.app[MEMBERSHIP].take_new_identity(stays_alone=stays_alone)
    return await get_door(request)
