"""`help`: helps a node as its guest."""

from __future__ import annotations

import asyncio
import socket

from swarmstt.cli.saying import tell
from swarmstt.config import Config
from swarmstt.node.data_dir import Folders
from swarmstt.node.engines.engines import Engines
from swarmstt.node.guests.client import CopiedError, GuestClient, guest_session
from swarmstt.node.guests.invitation_url import parse_invitation
from swarmstt.node.guests.own_id import OwnId, own_id
from swarmstt.node.guests.worker import GuestWorker
from swarmstt.node.profile import DEFAULT_MODEL
from swarmstt.speech.models.store import ModelStore

_IS_COPY = (
    "Another PC helps there with this PC's id, as after a data folder was copied. This PC takes a new id, and goes on."
)
_COPIED = (
    "Another PC helped there with this PC's id, as after a data folder was copied. It has a new id now; you "
    "need do nothing."
)


async def help_as_guest(config: Config, folders: Folders, url: str, *, for_seconds: float | None = None) -> int:
    """Decodes chunks for the node that gave this invitation until Ctrl-C or SIGTERM, or for so many seconds: then it
    hands back what is in hand."""
    invitation = parse_invitation(url)
    if invitation.is_read_on_the_way:
        _say("This invitation is over plain HTTP: others on the way can read the sound and the text.")
    name = config.name or socket.gethostname() or "a guest"
    began_at = asyncio.get_running_loop().time()
    with own_id(folders) as id_here:
        async with (
            Engines(config, ModelStore(folders.data_dir), name) as engines,
            guest_session(invitation) as session,
        ):
            is_over = False
            while not is_over:
                spent_seconds = asyncio.get_running_loop().time() - began_at
                worker = GuestWorker(
                    GuestClient(session, invitation, id_here.value, copied=lambda: _say(_COPIED)),
                    engines,
                    name=name,
                    preferred=config.model or DEFAULT_MODEL,
                    say=_say,
                    for_seconds=None if for_seconds is None else max(0.0, for_seconds - spent_seconds),
                )
                is_over = await _is_over(worker, id_here)
            _say("This PC has stopped helping; its parts go to others.")
    return 0


async def _is_over(worker: GuestWorker, id_here: OwnId) -> bool:
    """Helps; returns False if this PC has to begin again, by another id."""
    try:
        await worker.run()
    except asyncio.CancelledError:
        pass
    except CopiedError:
        _say(_IS_COPY)
        await asyncio.to_thread(id_here.renew)
        return False
    return True


def _say(sentence: str) -> None:
    tell(sentence)
