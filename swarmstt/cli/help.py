"""`help`: helps a node as its guest."""

from __future__ import annotations

import asyncio
import socket
import sys

import aiohttp

from swarmstt.config import Config
from swarmstt.node.engines import Engines
from swarmstt.node.folders import Folders
from swarmstt.node.guest_client import GuestClient, checked_url
from swarmstt.node.guest_worker import GuestWorker, worker_id
from swarmstt.node.node import DEFAULT_MODEL
from swarmstt.speech.models import ModelStore


async def help_as_guest(config: Config, folders: Folders, url: str) -> int:
    """Decodes chunks for the node that gave this invitation until Ctrl-C, which hands back what is in hand."""
    url = checked_url(url)
    name = config.name or socket.gethostname() or "a guest"
    with worker_id(folders) as own_id:
        async with (
            Engines(config, ModelStore(folders.data_dir), name) as engines,
            aiohttp.ClientSession() as session,
        ):
            worker = GuestWorker(
                GuestClient(session, url, own_id),
                engines,
                name=name,
                preferred=config.model or DEFAULT_MODEL,
                say=_say,
            )
            try:
                await worker.run()
            except asyncio.CancelledError:
                _say("This PC helps no more; what it had in hand goes to others.")
    return 0


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
