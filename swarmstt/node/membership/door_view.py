"""The door as the page shows it, with a sentence that says what to click."""

from __future__ import annotations

import math

from swarmstt.core.membership.door import Door
from swarmstt.display_text import one_line
from swarmstt.node.membership.pairings import A_NEW_PC, ANOTHER_PC, Pairing
from swarmstt.node.membership.strangers import Strangers
from swarmstt.web.api.status_views import DoorView

MOST_LETTERS = 40
"""Of a stranger's name in advice."""
_NO_QUOTES = dict.fromkeys(map(ord, '"“”„«»'), "'")


def door_view(door: Door, strangers: Strangers, at: float, *, damaged: bool = False) -> DoorView:
    """Returns what the page shows of the door. `damaged`: what was stored of the swarm could not be used."""
    return {
        "open": door.is_open(at),
        "seconds_left": math.ceil(door.seconds_left(at)),
        "joining": [each.view for each in strangers.pairings.all() if _is_true(each, door)],
        "alone": not door.fixed and door.alone,
        "removed": door.removed,
        "declined": door.declined,
        "barred": is_barred(door, strangers),
        "advice": advice(door, strangers, at, damaged=damaged),
    }


def is_barred(door: Door, strangers: Strangers) -> bool:
    """Returns True if this node is alone, and only another identity would let it into the swarm that it wants."""
    return strangers.barred_by is not None and door.alone and not (door.removed or door.fixed or door.asleep)


def named(name: str) -> str:
    """Returns a stranger's name as it stands at the beginning of a sentence: a name may be anything, also what reads
    like a piece of advice, so it is short and between quotes."""
    if name in ("", A_NEW_PC, ANOTHER_PC):
        return (name or ANOTHER_PC).capitalize().replace("pc", "PC")
    return f"“{one_line(name.translate(_NO_QUOTES), MOST_LETTERS)}”"


def _is_true(pairing: Pairing, door: Door) -> bool:
    """True if it still is as the pairing says: a node that joined may have been removed, here or elsewhere."""
    return pairing.state == "waiting" or door.has(pairing.node_id)


def advice(door: Door, strangers: Strangers, at: float, *, damaged: bool = False) -> str | None:
    """Returns what the person should know or click; None if nothing is to be done."""
    if door.removed and door.all_are_to_join_again:
        return (
            "On another PC, somebody chose to have all others join again. Until it does, this PC works alone: click "
            "Add a PC here and on that PC."
        )
    if door.removed:
        return (
            "This PC was removed from its swarm by another PC, and works alone. To have it join again, "
            "click Add a PC here and on one of the others."
        )
    if door.fixed or door.asleep:
        return None
    if door.is_open(at) and door.lets_in_no_more:
        return (
            "This PC has let in as many PCs as one can. Click Add a PC on another one of the swarm, or have all others "
            "join again."
        )
    if door.is_full(at):
        return _advice_on_early_end(door)
    waiting = [each for each in strangers.pairings.all() if each.came and each.state == "waiting"]
    if waiting and not door.is_open(at):
        return f"{named(waiting[-1].name)} would like to join. If it is yours, click Add a PC here."
    if door.is_open(at) and door.tries.broken_off:
        return f"{_broken_off(door)}. Compare the four words on both PCs."
    if damaged and door.alone and not door.is_open(at):
        return (
            "What this PC had stored of its swarm was damaged, so it is on its own now. To have it join again, click "
            "Add a PC here and on one of the others."
        )
    if strangers.barred_by is not None and is_barred(door, strangers):
        return (
            f"{named(strangers.barred_by)} says that this PC was removed from its swarm. If that PC is yours, click "
            "New identity here, then Add a PC there."
        )
    if strangers.outdated_at is not None:
        return "A PC on your network runs another version of swarmstt. If it is yours, update swarmstt on both PCs."
    return _advice_to_one_alone(door, strangers, at) if door.alone else None


def _advice_on_early_end(door: Door) -> str:
    if door.tries.are_used_up:
        return f"{_broken_off(door)}, so the door has shut. If a PC of yours has not joined yet, click Add a PC."
    return f"{door.newcomers} new PCs came in, so the door has shut. If more of yours are to come, click Add a PC."


def _broken_off(door: Door) -> str:
    count = door.tries.broken_off
    return "1 try to join was broken off" if count == 1 else f"{count} tries to join were broken off"


def _advice_to_one_alone(door: Door, strangers: Strangers, at: float) -> str | None:
    near = list(strangers.near())
    if not near:
        return None
    if door.declined:
        return "Another PC is on your network. This one stays on its own until you click Add a PC here."
    open_ones = [each for each in near if not each.is_shut]
    name = named(next((each.name for each in open_ones or near if each.name), ""))
    if door.is_open(at):
        shut = f"{name} is on your network but isn't accepting new PCs. If it is yours, click Add a PC there."
        return None if open_ones else shut
    if open_ones:
        return f"{name} is on your network and accepts new PCs. If it is yours, click Add a PC here."
    return f"{name} is on your network. If it is yours, click Add a PC here and there."
