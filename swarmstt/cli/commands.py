"""What each command does. Each loads only what it needs: one that asks the running node a question loads no node."""

from __future__ import annotations

import argparse
import logging
from dataclasses import replace

from swarmstt.cli.parser import build_parser, options_given
from swarmstt.cli.saying import say_script, tell
from swarmstt.cli.system.arguments import expanded
from swarmstt.config import Config, check_hours
from swarmstt.errors import UsageError
from swarmstt.node.data_dir import Folders, default_data_dir
from swarmstt.speech.models.files import whole_name


async def run(command: str, config: Config, given: argparse.Namespace) -> int:
    """Runs a command; its exit status."""
    folders = Folders((config.data_dir or default_data_dir()).absolute())
    if config.model:
        config = replace(config, model=whole_name(config.model))
    match command:
        case "transcribe" if given.list_of_books is not None:
            from swarmstt.cli.lists.many_books import transcribe_list

            if given.paths or given.one_book:
                raise UsageError("Give either PATHs or --list, which names all books itself.")
            _quieten(verbose=config.verbose)
            return await transcribe_list(config, folders, given.list_of_books, given.summary, given=vars(given))
        case "transcribe":
            from swarmstt.cli import books

            if not given.paths:
                raise UsageError(
                    "Name what is to be transcribed: PATH ..., or --list FILE; see `swarmstt transcribe --help`"
                )
            if given.summary is not None:
                raise UsageError("--summary is for --list.")
            _quieten(verbose=config.verbose)
            paths = expanded(given.paths)
            return await books.transcribe(config, folders, paths, given=vars(given), one_book=given.one_book)
        case "up":
            from swarmstt.cli.up import run_node

            if config.port == config.swarm_port != 0:
                raise UsageError("--port and --swarm_port must be two ports.")
            if vars(given).keys() & {"help_when", "help_from", "help_until"}:
                check_hours(config)
            return await run_node(config, folders)
        case "add":
            from swarmstt.cli import books

            return await books.add(config, folders, expanded(given.paths), given=vars(given), one_book=given.one_book)
        case "status":
            from swarmstt.cli.status import show_status

            return await show_status(folders, as_json=given.json)
        case "peers" if given.removed is not None:
            from swarmstt.cli.membership import members

            return await members.remove(folders, given.removed, with_let_in=given.with_let_in)
        case "peers" if given.with_let_in:
            raise UsageError("--with_let_in goes with --remove PC.")
        case "peers" if given.join_again:
            from swarmstt.cli.membership import members

            return await members.have_all_join_again(folders)
        case "peers" if given.leave:
            from swarmstt.cli.membership import members

            return await members.leave(folders)
        case "peers":
            from swarmstt.cli.status import show_peers

            return await show_peers(folders, as_json=given.json)
        case "pause" | "resume":
            from swarmstt.cli.helping import set_helping

            return await set_helping(folders, command)
        case "invite" if given.revoke:
            from swarmstt.cli.outsiders.invitations import revoke_invitations

            return await revoke_invitations(folders, given.invitation_name)
        case "invite" if given.shows_list:
            from swarmstt.cli.outsiders.invitations import list_invitations

            return await list_invitations(folders)
        case "invite":
            from swarmstt.cli.outsiders.invitations import invite

            return await invite(folders, given.invitation_name, days=given.days, plain=given.plain)
        case "programs" if given.revoke:
            from swarmstt.cli.outsiders.programs import revoke_programs

            return await revoke_programs(folders, given.program_name)
        case "programs" if given.shows_list:
            from swarmstt.cli.outsiders.programs import list_programs

            return await list_programs(folders)
        case "programs":
            from swarmstt.cli.outsiders.programs import add_program

            return await add_program(folders, given.program_name, given.origins)
        case "help" if given.url is None:
            raise UsageError("Give an invitation: swarmstt help URL. For the list of commands: swarmstt --help")
        case "help":
            from swarmstt.cli.help import help_as_guest

            _quieten(verbose=config.verbose)
            return await help_as_guest(config, folders, given.url, for_seconds=given.for_seconds)
        case "door":
            from swarmstt.cli.membership import door

            return await door.tend(folders, shut=given.shut)
        case "models" if given.action is None:
            from swarmstt.cli.models import list_models

            return await list_models(folders)
        case "models":
            from swarmstt.cli.models import fetch_model, remove_model

            if given.wanted is None:
                raise UsageError(f"Say which model: swarmstt models {given.action} NAME")
            return await (fetch_model if given.action == "fetch" else remove_model)(folders, given.wanted)
        case "doctor":
            from swarmstt.cli.doctor.examination import examine

            return await examine(config, folders, mends=given.fix)
        case "service":
            from swarmstt.cli.system.running_service import run_service

            return await run_service(given.action, folders, options_given(given), only_own=given.own)
        case "completion":
            from swarmstt.cli.system.completion import completion_of

            say_script(completion_of(build_parser(), given.shell))
            return 0
        case "licences":
            from swarmstt.cli.licences import show_licences

            return await show_licences(given.folder)
    raise UsageError(f"There is no command {command}.")


def _quieten(*, verbose: bool) -> None:
    """A command that waits shows warnings only, and not those that it says itself when a book has failed."""
    logging.getLogger("swarmstt").setLevel(logging.DEBUG if verbose else logging.WARNING)
    if not verbose:
        for name in ("swarmstt.node.books.ingest", "swarmstt.node.books.writing", "swarmstt.swarm.links.helper_client"):
            logging.getLogger(name).setLevel(logging.ERROR)


def interrupted() -> int:
    """After Ctrl-C: nothing is lost, and nothing more is to be said on a node's end."""
    tell("Stopped. What is done is kept: the same command goes on from there.")
    return 1
