"""`programs`: lets other programs send recordings from elsewhere, lists them and revokes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from swarmstt.cli.client import connect_to_running
from swarmstt.cli.saying import say, tell
from swarmstt.node.data_dir import Folders
from swarmstt.phrases import moment


async def add_program(folders: Folders, name: str | None, origins: Sequence[str]) -> int:
    """Prints the address, alone on standard output; how to use it on standard error."""
    async with connect_to_running(folders) as client:
        made = await client.post("/programs", {"name": name or "", "origins": list(origins)})
        listed = await client.get("/programs")
    say(made["url"])
    for line in advice(made, listed):
        tell(line)
    return 0


def advice(made: Mapping[str, Any], listed: Mapping[str, Any]) -> list[str]:
    """How to use a new address. `listed` says where this PC is reached from its network, if it is."""
    address, token = made["url"], made["token"]
    bare = address.replace(f"/programs/{token}", "")
    lines = [
        "Give it to the program as the base URL of OpenAI's API, with any key. It is valid until you revoke it: "
        "swarmstt programs --revoke",
        f"A program with a field for the key may have {bare} and the key {token} instead. One that speaks "
        f"whisper-asr-webservice's form takes the address without /v1: {address.removesuffix('/v1')}",
    ]
    if listed["url_base"] is None:
        lines.append(
            "Other PCs cannot reach this one now: it has no network, or its node was started with --interface "
            "127.0.0.1. Connect it, or start the node without that."
        )
    elif not listed["open"]:
        lines.append(
            f"This PC does not listen at {listed['url_base']} yet; the node's log says why. Perhaps another program "
            "has the port."
        )
    else:
        lines.append("It is plain HTTP: others on the way can read the sound, the text and this address.")
    return lines


async def list_programs(folders: Folders) -> int:
    async with connect_to_running(folders) as client:
        answer = await client.get("/programs")
    for each in answer["programs"]:
        say(line_of(each))
    if not answer["programs"]:
        say("No program may come from elsewhere. Those of this PC and its user need nothing.")
    return 0


def line_of(program: Mapping[str, Any]) -> str:
    """What a program is called, since when it may come, and whether it does; times by the clock of this PC."""
    used = f"last used {moment(program['last_used_at'])}" if program["last_used_at"] else "never used"
    pages = f", for {', '.join(program['origins'])}" if program["origins"] else ""
    return f"{program['name'] or 'Without a name'}: since {moment(program['created_at'])}{pages}, {used}"


async def revoke_programs(folders: Folders, name: str | None) -> int:
    """Takes back those called `name`; all if it is None."""
    async with connect_to_running(folders) as client:
        listed = (await client.get("/programs"))["programs"]
        if name is None:
            await client.delete("/programs")
            say("All addresses for programs are revoked." if listed else "There were no programs.")
            return 0
        found = [each["program_id"] for each in listed if each["name"] == name]
        for each in found:
            await client.delete(f"/programs/{each}")
    say(f"The address for {name} is revoked." if found else f"There was no program {name}.")
    return 0
