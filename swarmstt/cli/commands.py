"""What each command does. Each loads only what it needs: one that asks the running node a question loads no node."""

from __future__ import annotations

import argparse
import logging
import sys
from dataclasses import replace

from swarmstt.config import Config
from swarmstt.errors import UsageError
from swarmstt.node.folders import Folders, default_data_dir
from swarmstt.speech.model_files import whole_name


async def run(command: str, config: Config, given: argparse.Namespace) -> int:
    """Runs a command; its exit status."""
    folders = Folders((config.data_dir or default_data_dir()).absolute())
    if config.model:
        config = replace(config, model=whole_name(config.model))
    match command:
        case "transcribe":
            from swarmstt.cli import books

            _quieten(verbose=config.verbose)
            return await books.transcribe(config, folders, given.paths, given=vars(given))
        case "up":
            from swarmstt.cli.up import run_node

            if config.port == config.swarm_port != 0:
                raise UsageError("--port and --swarm_port must be two ports.")
            return await run_node(config, folders)
        case "add":
            from swarmstt.cli import books

            return await books.add(config, folders, given.paths)
        case "status":
            from swarmstt.cli.status import show_status

            return await show_status(folders, as_json=given.json)
        case "peers":
            from swarmstt.cli.status import show_peers

            return await show_peers(folders, as_json=given.json)
        case "pause" | "resume":
            from swarmstt.cli.helping import set_helping

            return await set_helping(folders, command)
        case "invite" if given.revoke:
            from swarmstt.cli.invitations import revoke_invitations

            return await revoke_invitations(folders)
        case "invite" if given.shows_list:
            from swarmstt.cli.invitations import list_invitations

            return await list_invitations(folders)
        case "invite":
            from swarmstt.cli.invitations import invite

            return await invite(folders, given.invitation_name)
        case "help" if given.url is None:
            raise UsageError("Give an invitation: swarmstt help URL. For the list of commands: swarmstt --help")
        case "help":
            from swarmstt.cli.help import help_as_guest

            _quieten(verbose=config.verbose)
            return await help_as_guest(config, folders, given.url)
        case "door":
            from swarmstt.cli import door

            return await door.tend(folders, shut=given.shut)
        case "models" if given.action is None:
            from swarmstt.cli.models import list_models

            return await list_models(folders)
        case "models":
            from swarmstt.cli.models import fetch_model

            if given.wanted is None:
                raise UsageError("Say which model: swarmstt models fetch NAME")
            return await fetch_model(folders, given.wanted)
        case "doctor":
            from swarmstt.cli.doctor import examine

            return await examine(config, folders)
    raise UsageError(f"There is no command {command}.")


def _quieten(*, verbose: bool) -> None:
    """A command that waits shows warnings only, and not those that it says itself when a book has failed."""
    logging.getLogger("swarmstt").setLevel(logging.DEBUG if verbose else logging.WARNING)
    if not verbose:
        for name in ("swarmstt.node.reading", "swarmstt.node.writing", "swarmstt.swarm.helper"):
            logging.getLogger(name).setLevel(logging.ERROR)


def interrupted() -> int:
    """After Ctrl-C: nothing is lost, and nothing more is to be said on a node's end."""
    print("Stopped. What is done is kept: the same command goes on from there.", file=sys.stderr)
    return 1
