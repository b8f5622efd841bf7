"""`up`: a node that runs until it is ended."""

from __future__ import annotations

import asyncio
import gc
import logging
from dataclasses import replace
from functools import partial
from typing import Any

from swarmstt.cli.logs import IN_FILE_ONLY, log_to_file
from swarmstt.cli.membership import door
from swarmstt.cli.saying import part_failed, say
from swarmstt.cli.system.ending import is_going_down, on_sigterm
from swarmstt.cli.system.stop_time import seconds_to_finish
from swarmstt.cli.taking_over import TakingOver
from swarmstt.config import Config
from swarmstt.errors import NodeHeldError
from swarmstt.node.data_dir import Folders, drop_folders, transcripts_dir
from swarmstt.node.finishing import end_after_parts
from swarmstt.node.node import Node
from swarmstt.node.serving import serve_node

logger = logging.getLogger("swarmstt")

_GOES_ON = "unfinished books go on at the next start."


async def run_node(config: Config, folders: Folders) -> int:
    """Until it is ended, or a part of it has failed. A node that has a new identity begins again by itself; the node of
    a command such as `transcribe` is asked to give way."""
    again: Config | None = config
    taking_over = TakingOver(folders)
    while again is not None:
        again = await _run_or_wait(again, folders, taking_over)
    return 0


async def _run_or_wait(config: Config, folders: Folders, taking_over: TakingOver) -> Config | None:
    try:
        return await _run_once(config, folders)
    except NodeHeldError as error:
        await taking_over.wait(error)
        return config


async def _run_once(config: Config, folders: Folders) -> Config | None:
    """Returns how the node is to begin again, if it has a new identity: on the same ports."""
    async with serve_node(config, folders, port=config.port) as served:
        # What is there now stays until the end. A collection that looks through it all, as one does after a large body
        # was read, would hold the loop for 40 to 55 ms; this way it takes less than 10.
        gc.freeze()
        say(f"Page:         {served.url}")
        say(f"This PC:      {served.node.profile.swarm_address or 'has no network'}")
        for each in drop_folders(config):
            say(f"Drop folder:  {each}")
        if served.node.membership.door.fixed and config.swarm_key_file is None:
            say("Swarm:        its key is from a file that an earlier start named. To leave it: swarmstt peers --leave")
        view = served.node.membership.door_view()
        if view["open"]:
            state = door.state_of(view, served.node.profile.swarm_address, is_heard=not config.no_discovery)
            say(f"Door:         {state}")
        for line in door.news_of(view):
            say(line)
        say(f"Transcripts:  {transcripts_dir(config)}")
        with log_to_file(config, folders.log_file):
            logger.info("%s is up. Ctrl-C ends it.", served.node.profile.name)
            try:
                with on_sigterm(partial(_end_soon, served.node)):
                    has_new_identity = await _renewed(served.node)
                if not has_new_identity:
                    logger.info("%s was asked to end; %s", served.node.profile.name, _GOES_ON)
                    return None
                return replace(config, port=served.port, swarm_port=served.node.membership.info.port)
            except asyncio.CancelledError:
                logger.info("%s goes down; %s", served.node.profile.name, _GOES_ON)
            except Exception as error:
                logger.exception("A part of the node has failed.", extra=IN_FILE_ONLY)
                raise part_failed(error, folders.log_file) from error
    return None


def _end_soon(node: Node) -> None:
    """Ends the node for whoever sent SIGTERM: it is to be restarted, as after an upgrade, or its PC goes down."""

    async def end() -> None:
        goes_down, seconds = await asyncio.gather(is_going_down(), seconds_to_finish())
        end_after_parts(node, 0.0 if goes_down else seconds)

    node.tasks.start(end())


async def _renewed(node: Node) -> bool:
    """Waits until the node has a new identity; returns False if it is to end before. Raises what a part of it has
    failed with."""
    renewed: asyncio.Future[Any] = asyncio.ensure_future(node.membership.renewed.wait())
    asked_to_end: asyncio.Future[Any] = asyncio.ensure_future(node.asked_to_end.wait())
    failed: asyncio.Future[Any] = node.failed
    try:
        await asyncio.wait({renewed, failed, asked_to_end}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        renewed.cancel()
        asked_to_end.cancel()
    if node.failed.done():
        node.failed.result()
    return node.membership.renewed.is_set()
