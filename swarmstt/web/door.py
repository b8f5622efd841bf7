"""The rows of the API about the swarm's door, and about who belongs to the swarm.

Door: {"open", "seconds_left", "joining": [{"node_id", "name", "words" (four), "state" ("waiting" or "joined")}],
"alone" (in no swarm with others), "removed" (by another PC: Add a PC has it join again, and to shut the door has it
stay alone), "declined" (a person has it stay alone), "advice" (a sentence with what to click, or None)}
"""

from __future__ import annotations

from typing import Any, Protocol

from aiohttp import web

from swarmstt.errors import ConflictError
from swarmstt.ids import NodeId
from swarmstt.web.replies import reply


class DoorPort(Protocol):
    """The node implements it. ConflictError for what cannot be done."""

    def door_view(self) -> dict[str, Any]:
        """Door, as above."""

    async def open_door(self) -> None:
        """Opens it for ten minutes from now."""

    async def shut_door(self) -> None: ...

    async def remove_peer(self, node_id: NodeId) -> None:
        """Has a PC removed from the swarm."""


DOOR: web.AppKey[DoorPort] = web.AppKey("door")


def door_routes() -> list[web.RouteDef]:
    return [
        web.get("/door", get_door),
        web.post("/door", open_door),
        web.delete("/door", shut_door),
        web.delete("/peers/{node_id}", remove_peer),
    ]


async def get_door(request: web.Request) -> web.Response:
    return reply(request, request.app[DOOR].door_view())


async def open_door(request: web.Request) -> web.Response:
    await request.app[DOOR].open_door()
    return await get_door(request)


async def shut_door(request: web.Request) -> web.Response:
    await request.app[DOOR].shut_door()
    return await get_door(request)


async def remove_peer(request: web.Request) -> web.Response:
    node_id = request.match_info["node_id"]
    if not (len(node_id) == 64 and set(node_id) <= set("0123456789abcdef")):
        raise ConflictError("That PC is not in this swarm.")
    await request.app[DOOR].remove_peer(NodeId(node_id))
    return reply(request, {"status": "ok"})
