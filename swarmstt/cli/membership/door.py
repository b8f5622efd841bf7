"""`swarmstt door`: lets a new PC in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from swarmstt.cli.client import connect_to_running
from swarmstt.cli.saying import say
from swarmstt.node.data_dir import Folders
from swarmstt.phrases import about_time


async def tend(folders: Folders, *, shut: bool) -> int:
    """Opens the door of the node that runs on this PC, or shuts it, and says how it is then."""
    async with connect_to_running(folders) as client:
        view = await (client.delete("/door") if shut else client.post("/door"))
        if view["removed"]:
            more = "It stays on its own." if shut else "Run `swarmstt door` on one of the others too."
            say(f"This PC begins again with a new identity. {more}")
            return 0
        node = (await client.get("/status"))["node"]
    say(f"The door is {state_of(view, node['swarm_address'], is_heard=not node['no_discovery'])}")
    for line in news_of(view):
        say(line)
    if view["open"] and node["swarm_address"] and not node["no_discovery"]:
        say(f"If the new PC does not find this one, start it with: swarmstt up --peer {node['swarm_address']}")
    return 0


def state_of(view: Mapping[str, Any], address: str | None, *, is_heard: bool) -> str:
    """`address`: where other PCs reach this one; `is_heard`: whether they can find it by themselves."""
    if not view["open"]:
        return "closed: no PC can join."
    left = about_time(view["seconds_left"]).removeprefix("about ")
    if is_heard:
        return f"open for {left}: new PCs on this network join when they run `swarmstt up`."
    return f"open for {left}: a new PC can join with `swarmstt up --peer {address or 'ADDRESS'}`."


def news_of(view: Mapping[str, Any]) -> list[str]:
    """Who joins, with the words to compare, and what to do."""
    lines = [_line(each) for each in view["joining"]]
    return lines + ([view["advice"]] if view["advice"] else [])


def _line(pairing: Mapping[str, Any]) -> str:
    words = f": {' '.join(pairing['words'])}" if pairing["words"] else "."
    return f"{pairing['name']} {_STATES[pairing['state']]}{words}"


_STATES = {"joined": "joined", "waiting": "waits"}
