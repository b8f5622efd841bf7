"""`help`: helps a node as its guest."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress

from swarmstt.cli.saying import tell
from swarmstt.config import Config
from swarmstt.node.data_dir import Folders
from swarmstt.node.engines.engines import Engines
from swarmstt.node.guests.client import GuestClient, guest_session
from swarmstt.node.guests.invitation_url import parse_invitation
from swarmstt.node.guests.worker import GuestWorker, worker_id
from swarmstt.node.profile import DEFAULT_MODEL
from swarmstt.speech.models.store import ModelStore


async def help_as_guest(config: Config, folders: Folders, url: str, *, for_seconds: float | None = None) -> int:
    """Decodes chunks for the node that gave this invitation until Ctrl-C or SIGTERM, or for so many seconds: then it
    hands back what is in hand."""
    invitation = parse_invitation(url)
    if invitation.is_read_on_the_way:
        _say("This invitation is over plain HTTP: others on the way can read the sound and the text.")
    name = config.name or socket.gethostname() or "a guest"
    with worker_id(folders) as own_id:
        async with (
            Engines(config, ModelStore(folders.data_dir), name) as engines,
            guest_session(invitation) as session,
        ):
            worker = GuestWorker(
                GuestClient(session, invitation, own_id),
                engines,
                name=name,
                preferred=config.model or DEFAULT_MODEL,
                say=_say,
                for_seconds=for_seconds,
            )
            with suppress(asyncio.CancelledError):
                await worker.run()
            _say("This PC has stopped helping; its parts go to others.")
    return 0


def _say(sentence: str) -> None:
    tell(sentence)
