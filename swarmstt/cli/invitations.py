"""`invite`: makes, lists and takes back invitations for guests."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from swarmstt.cli.client import connect_to_running
from swarmstt.node.folders import Folders
from swarmstt.phrases import moment


async def invite(folders: Folders, name: str | None) -> int:
    """Prints the URL, alone on standard output; what it is good for on standard error."""
    async with connect_to_running(folders) as client:
        made = await client.post("/invitations", {"name": name} if name else {})
        listed = await client.get("/invitations")
    print(made["url"], flush=True)
    for line in advice(listed["url_base"], is_open=listed["open"]):
        print(line, file=sys.stderr)
    return 0


def advice(base: str | None, *, is_open: bool) -> list[str]:
    """What an invitation is good for. `base`: where this PC is reached from its network, if it is; `is_open`: whether
    it listens there."""
    lines = [
        "On the other PC: swarmstt help URL. It helps until you take the invitation back: swarmstt invite --revoke"
    ]
    if base is None:
        lines.append(
            "Other PCs cannot reach this one now: it has no network, or its node was started with --interface "
            "127.0.0.1. Connect it, or start the node without that."
        )
    elif not is_open:
        lines.append(f"Nobody is heard at {base} yet; the node's log says why. Perhaps another program has the port.")
    else:
        lines.append(
            f"For friends on other networks, point a tunnel or forwarded port at {base} and put its address in place "
            "of that."
        )
    return lines


async def list_invitations(folders: Folders) -> int:
    async with connect_to_running(folders) as client:
        answer = await client.get("/invitations")
    for each in answer["invitations"]:
        print(line_of(each))
    if not answer["invitations"]:
        print("There are no invitations: nobody outside the swarm can help.")
    return 0


def line_of(invitation: Mapping[str, Any]) -> str:
    """Whom an invitation is for, since when, and whether it is used; times by the clock of this PC."""
    used = f"last used {moment(invitation['last_used_at'])}" if invitation["last_used_at"] else "never used"
    return f"{invitation['name'] or 'Without a name'}: since {moment(invitation['created_at'])}, {used}"


async def revoke_invitations(folders: Folders) -> int:
    async with connect_to_running(folders) as client:
        count = len((await client.get("/invitations"))["invitations"])
        await client.delete("/invitations")
    print("There were no invitations." if count == 0 else "All invitations are taken back; their guests are out.")
    return 0
