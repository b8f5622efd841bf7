"""`pause` and `resume`."""

from __future__ import annotations

from swarmstt.cli.client import connect_to_running
from swarmstt.node.folders import Folders


async def set_helping(folders: Folders, command: str) -> int:
    """Has the running node stop decoding, or go on with it."""
    async with connect_to_running(folders) as client:
        await client.post(f"/{command}")
        node = (await client.get("/status"))["node"]
    if command == "pause" and node["no_helping"]:
        print(node["why_not_helping"])
    elif command == "pause":
        print("This PC decodes nothing now; `swarmstt resume` changes that.")
    elif node["helping_others"]:
        print("This PC decodes again.")
    else:
        print(f"This PC goes on with its own books. It does not help others now: {node['why_not_helping']}")
    return 0
