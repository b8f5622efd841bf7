"""`invite`: makes, lists and revokes invitations for guests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from swarmstt.cli.client import connect_to_running
from swarmstt.cli.saying import say, tell
from swarmstt.node.data_dir import Folders
from swarmstt.phrases import moment


async def invite(folders: Folders, name: str | None, *, days: int, plain: bool) -> int:
    """Prints the URL, alone on standard output; what it is good for on standard error."""
    async with connect_to_running(folders) as client:
        made = await client.post("/invitations", {"name": name or "", "days": days, "plain": plain})
        listed = await client.get("/invitations")
    say(made["url"])
    for line in advice(made, listed):
        tell(line)
    return 0


def advice(made: Mapping[str, Any], listed: Mapping[str, Any]) -> list[str]:
    """What a new invitation is good for. `listed` says where this PC is reached from its network, if it is, and whether
    guests are heard there."""
    base, is_open = (
        (listed["plain_url_base"], listed["plain_open"]) if made["plain"] else (listed["url_base"], listed["open"])
    )
    lines = [
        f"On the other PC: swarmstt help URL. It helps until {moment(made['expires_at'])}, or until you revoke "
        "the invitation: swarmstt invite --revoke"
    ]
    if base is None:
        lines.append(
            "Other PCs cannot reach this one now: it has no network, or its node was started with --interface "
            "127.0.0.1. Connect it, or start the node without that."
        )
    elif not is_open:
        lines.append(
            f"This PC does not listen at {base} yet; the node's log says why. Perhaps another program has the port."
        )
    elif made["plain"]:
        lines.append(
            "Over plain HTTP others on the way can read the sound and the text, and help by this invitation. For "
            f"friends on other networks, point a tunnel that ends TLS at {base} and put its address in place of that."
        )
    else:
        lines.append(
            f"For friends on other networks, forward a port or a TCP tunnel to {base.removeprefix('https://')} and put "
            "its host and port in place of that. For a tunnel that ends TLS, make one with --plain."
        )
    return lines


async def list_invitations(folders: Folders) -> int:
    async with connect_to_running(folders) as client:
        answer = await client.get("/invitations")
    for each in answer["invitations"]:
        say(line_of(each))
    if not answer["invitations"]:
        say("There are no invitations: nobody outside the swarm can help.")
    return 0


def line_of(invitation: Mapping[str, Any]) -> str:
    """Whom an invitation is for, since when and until when, and whether it is used; times by the clock of this PC."""
    used = f"last used {moment(invitation['last_used_at'])}" if invitation["last_used_at"] else "never used"
    until = f"{'expired' if invitation['expired'] else 'until'} {moment(invitation['expires_at'])}"
    if invitation["of_old_identity"]:
        until = "no longer valid, since this PC has a new identity: make a new one"
    way = ", over plain HTTP" if invitation["plain"] else ""
    name = invitation["name"] or "Without a name"
    return f"{name}: since {moment(invitation['created_at'])}, {until}{way}, {used}"


async def revoke_invitations(folders: Folders, name: str | None) -> int:
    """Takes back those that were made for `name`; all if it is None."""
    async with connect_to_running(folders) as client:
        listed = (await client.get("/invitations"))["invitations"]
        if name is None:
            await client.delete("/invitations")
            say(
                "All invitations are revoked; their guests can no longer help."
                if listed
                else "There were no invitations."
            )
            return 0
        found = [each["invitation_id"] for each in listed if each["name"] == name]
        for each in found:
            await client.delete(f"/invitations/{each}")
    say(f"The invitation for {name} is revoked." if found else f"There was no invitation for {name}.")
    return 0
