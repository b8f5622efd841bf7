"""`swarmstt door`: lets a new PC in."""

from __future__ import annotations

from typing import Any

from swarmstt.cli.client import Client, connect_to_running
from swarmstt.node.folders import Folders
from swarmstt.phrases import about_time


async def tend(folders: Folders, *, shut: bool) -> int:
    """Opens the door of the node that runs on this PC, or shuts it, and says how it is then."""
    async with connect_to_running(folders) as client:
        view = await (client.delete("/door") if shut else client.post("/door"))
        print(f"The door is {state_of(view)}")
        for line in news_of(view):
            print(line)
        if view["open"]:
            await _say_address(client)
    return 0


async def _say_address(client: Client) -> None:
    """For PCs that do not hear this one."""
    address = (await client.get("/status"))["node"].get("swarm_address")
    if address:
        print(f"If the new PC does not find this one, start it with: swarmstt up --peer {address}")


def state_of(view: dict[str, Any]) -> str:
    if not view["open"]:
        return "shut: no PC can join."
    left = about_time(view["seconds_left"]).removeprefix("about ")
    return f"open for {left}: a new PC on this network that runs `swarmstt up` joins by itself."


def news_of(view: dict[str, Any]) -> list[str]:
    """Who joins, with the words to compare, and what to do."""
    lines = [f"{each['name']} {_STATES[each['state']]}: {' '.join(each['words'])}" for each in view["joining"]]
    return lines + ([view["advice"]] if view["advice"] else [])


_STATES = {"joined": "joined", "waiting": "waits"}
