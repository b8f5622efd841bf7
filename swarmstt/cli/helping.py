"""`pause` and `resume`."""

from __future__ import annotations

from swarmstt.cli.client import connect_to_running
from swarmstt.cli.saying import say
from swarmstt.node.data_dir import Folders


async def set_helping(folders: Folders, command: str) -> int:
    """Has the running node pause decoding, or resume it."""
    async with connect_to_running(folders) as client:
        await client.post(f"/{command}")
        node = (await client.get("/status"))["node"]
    if command == "pause" and node["no_helping"]:
        say(node["why_not_helping"])
    elif command == "pause":
        say("This PC is paused. Resume with `swarmstt resume`.")
    elif node["helping_others"]:
        say("This PC transcribes again.")
    else:
        say(f"This PC continues with its own books. It does not help others now: {node['why_not_helping']}")
    return 0
