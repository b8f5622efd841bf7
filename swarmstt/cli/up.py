"""`up`: a node that runs until it is ended."""

from __future__ import annotations

import asyncio
import logging

from swarmstt.cli import door
from swarmstt.cli.failing import part_failed
from swarmstt.cli.logs import IN_FILE_ONLY, log_to_file
from swarmstt.config import Config
from swarmstt.node.folders import Folders, drop_folders, transcripts_dir
from swarmstt.node.serving import serve_node

logger = logging.getLogger("swarmstt")


async def run_node(config: Config, folders: Folders) -> int:
    """Until it is ended, or a part of it has failed."""
    async with serve_node(config, folders, port=config.port) as served:
        print(f"Page:         {served.url}", flush=True)
        print(f"This PC:      {served.node.swarm_address or 'has no network'}", flush=True)
        for each in drop_folders(config):
            print(f"Drop folder:  {each}", flush=True)
        view = served.node.membership.door_view()
        if view["open"]:
            state = door.state_of(view, served.node.swarm_address, is_heard=not config.no_discovery)
            print(f"Door:         {state}", flush=True)
        for line in door.news_of(view):
            print(line, flush=True)
        print(f"Transcripts:  {transcripts_dir(config)}", flush=True)
        with log_to_file(config, folders.log_file):
            logger.info("%s is up. Ctrl-C ends it.", served.node.name)
            try:
                await asyncio.shield(served.node.failed)
            except asyncio.CancelledError:
                logger.info("%s goes down; unfinished books go on at the next start.", served.node.name)
            except Exception as error:
                logger.exception("A part of the node has failed.", extra=IN_FILE_ONLY)
                raise part_failed(error, folders.log_file) from error
    return 0
