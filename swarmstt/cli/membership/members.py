"""`peers --remove`, `--join_again` and `--leave`: who belongs to the swarm of the node that runs on this PC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from swarmstt.cli.client import connect_to_running
from swarmstt.cli.saying import say
from swarmstt.errors import LocalError
from swarmstt.node.data_dir import Folders
from swarmstt.phrases import count

LEAST_ID_LETTERS = 6
"""Of a PC's id that say which one is meant."""
_SHOWN_ID_LETTERS = 12

Peer = Mapping[str, Any]


async def remove(folders: Folders, wanted: str, *, with_let_in: bool) -> int:
    """Removes a PC from the swarm for good. `with_let_in`: all PCs that it let in go too, not only those that never
    came."""
    async with connect_to_running(folders) as client:
        peers = (await client.get("/status"))["peers"]
        peer = find(peers, wanted)
        let_in = [each for each in peers if each["node_id"] in peer["let_in"]]
        stay = [each for each in let_in if each["met"] and not with_let_in]
        await client.delete(f"/peers/{peer['node_id']}", {"stays": [each["node_id"] for each in stay]})
    for line in removed_lines(peer, [each for each in let_in if each not in stay], stay):
        say(line)
    return 0


def find(peers: Sequence[Peer], wanted: str) -> Peer:
    """Returns the PC of that name, or whose id begins so. LocalError if there is none, or more than one."""
    found = [each for each in peers if each["name"] == wanted]
    if not found and len(wanted) >= LEAST_ID_LETTERS:
        found = [each for each in peers if each["node_id"].startswith(wanted.lower())]
    if len(found) > 1:
        ids = ", ".join(f"{each['node_id'][:_SHOWN_ID_LETTERS]} ({each['address'] or 'away'})" for each in found)
        raise LocalError(f"{len(found)} PCs are called {wanted}. Name one by its id: {ids}.")
    if not found:
        names = ", ".join(each["name"] for each in peers)
        known = f"These are known: {names}." if names else "This PC knows no other PC."
        raise LocalError(f"No PC is called {wanted}. {known}")
    return found[0]


def removed_lines(peer: Peer, went: Sequence[Peer], stay: Sequence[Peer]) -> list[str]:
    """Says who was removed, and who of those that it let in was not."""
    lines = [f"{peer['name']} is removed from the swarm for good."]
    if went:
        lines.append(f"So {'is' if len(went) == 1 else 'are'} {_names(went)}, which it let in.")
    if stay:
        lines.append(f"{_names(stay)}, which it let in, {'stays' if len(stay) == 1 else 'stay'}.")
    return lines


def _names(peers: Sequence[Peer]) -> str:
    return ", ".join(each["name"] for each in peers)


async def have_all_join_again(folders: Folders) -> int:
    """Removes all others, and opens the door."""
    async with connect_to_running(folders) as client:
        others = [each for each in (await client.get("/status"))["peers"] if each["state"] != "refused"]
        view = await client.post("/swarm")
    if view["removed"]:  # it was out already
        say("This PC begins again with a new identity. Run `swarmstt door` on one of the others too.")
        return 0
    say(f"All others are removed ({count(len(others), 'PC')}): this PC has begun a new swarm, and its door is open.")
    say("Run `swarmstt door` on each PC that is to join again.")
    return 0


async def leave(folders: Folders) -> int:
    """Has this PC leave its swarm: it gets a new identity, and stays alone until its door is opened."""
    async with connect_to_running(folders) as client:
        await client.post("/identity", {"stays_alone": True})
    say("This PC leaves its swarm and begins again with a new identity, alone. To join others: swarmstt door")
    say(
        "The others list it as away. To take it off their lists, remove it on one of them: swarmstt peers --remove NAME"
    )
    return 0
