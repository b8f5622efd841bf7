"""`swarmstt door`: lets a new PC in."""

from __future__ import annotations

from typing import Any

from swarmstt.cli.client import connect_to_running
from swarmstt.node.folders import Folders
from swarmstt.phrases import about_time


async def tend(folders: Folders, *, shut: bool) -> int:
    """Opens the door of the node that runs on this PC, or shuts it, and says how it is then."""
    async with connect_to_running(folders) as client:
        view = await (client.delete("/door") if shut else client.post("/door"))
        node = (await client.get("/status"))["node"]
    print(f"The door is {state_of(view, node['swarm_address'], is_heard=not node['no_discovery'])}")
    for line in news_of(view):
        print(line)
    if view["open"] and node["swarm_address"] and not node["no_discovery"]:
        print(f"If the new PC does not find this one, start it with: swarmstt up --peer {node['swarm_address']}")
    return 0


def state_of(view: dict[str, Any], address: str | None, *, is_heard: bool) -> str:
    """`address`: where other PCs reach this one; `is_heard`: whether they can find it by themselves."""
    if not view["open"]:
        return "shut: no PC can join."
    left = about_time(view["seconds_left"]).removeprefix("about ")
    if is_heard:
        return f"open for {left}: a new PC on this network that runs `swarmstt up` joins by itself."
    return f"open for {left}: a new PC joins that runs `swarmstt up --peer {address or 'ADDRESS'}`."


def news_of(view: dict[str, Any]) -> list[str]:
    """Who joins, with the words to compare, and what to do."""
    lines = [f"{each['name']} {_STATES[each['state']]}: {' '.join(each['words'])}" for each in view["joining"]]
    return lines + ([view["advice"]] if view["advice"] else [])


_STATES = {"joined": "joined", "waiting": "waits"}
