"""What each command does."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
from dataclasses import replace
from typing import Any

from swarmstt.cli import books, door
from swarmstt.cli.client import connect_to_running
from swarmstt.cli.doctor import examine
from swarmstt.cli.failing import part_failed
from swarmstt.cli.help import help_as_guest
from swarmstt.cli.invitations import invite, list_invitations, revoke_invitations
from swarmstt.cli.logs import IN_FILE_ONLY, log_to_file
from swarmstt.cli.models import fetch_model, list_models
from swarmstt.cli.words import about, marks_of
from swarmstt.config import Config
from swarmstt.errors import UsageError
from swarmstt.node.drop_setup import drop_folders
from swarmstt.node.folders import Folders, default_data_dir, default_transcripts_dir
from swarmstt.node.serving import serve_node
from swarmstt.speech.model_files import whole_name

logger = logging.getLogger("swarmstt")


async def run(command: str, config: Config, given: argparse.Namespace) -> int:
    """Runs a command; its exit status."""
    folders = Folders((config.data_dir or default_data_dir()).absolute())
    if config.model:
        config = replace(config, model=whole_name(config.model))
    match command:
        case "transcribe":
            _quieten(verbose=config.verbose)
            return await books.transcribe(config, folders, given.paths, given=vars(given))
        case "up":
            return await _up(config, folders)
        case "add":
            return await books.add(config, folders, given.paths)
        case "status":
            return await _status(folders, as_json=getattr(given, "json", False))
        case "peers":
            return await _peers(folders, as_json=getattr(given, "json", False))
        case "pause" | "resume":
            return await _set_helping(folders, command)
        case "invite" if given.revoke:
            return await revoke_invitations(folders)
        case "invite" if given.shows_list:
            return await list_invitations(folders)
        case "invite":
            return await invite(folders, given.invitation_name)
        case "help":
            _quieten(verbose=config.verbose)
            return await help_as_guest(config, folders, given.url)
        case "door":
            return await door.tend(folders, shut=getattr(given, "shut", False))
        case "models" if getattr(given, "action", None) is None:
            return await list_models(folders)
        case "models":
            if getattr(given, "name", None) is None:
                raise UsageError("Say which model: swarmstt models fetch NAME")
            return await fetch_model(folders, given.name)
        case "doctor":
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


async def _up(config: Config, folders: Folders) -> int:
    async with serve_node(config, folders, port=config.port) as served:
        print(f"Page:         {served.url}", flush=True)
        print(f"This PC:      {served.node.swarm_address or 'has no network'}", flush=True)
        for each in drop_folders(config):
            print(f"Drop folder:  {each.absolute()}", flush=True)
        view = served.node.membership.door_view()
        if view["open"]:
            print(f"Door:         {door.state_of(view)}", flush=True)
        for line in door.news_of(view):
            print(line, flush=True)
        print(f"Transcripts:  {config.output_dir or default_transcripts_dir()}", flush=True)
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


async def _peers(folders: Folders, *, as_json: bool) -> int:
    async with connect_to_running(folders) as client:
        status = await client.get("/status")
    peers = status["peers"]
    if as_json:
        print(json.dumps(peers, ensure_ascii=False, indent=2))
        return 0
    for peer in peers:
        helping = f". {peer['why_not_helping']}" if peer["why_not_helping"] else ""
        where = f" at {peer['address']}" if peer["address"] else ""
        why = f": {peer['reason']}" if peer["reason"] else ""
        print(f"{peer['name']}{where}: {peer['state']}{why}{helping}")
    if not peers:
        print(status["door"]["advice"] or "No other PC is known yet.")
    return 0


async def _set_helping(folders: Folders, command: str) -> int:
    async with connect_to_running(folders) as client:
        await client.post(f"/{command}")
        node = (await client.get("/status"))["node"]
    if command == "pause":
        print("This PC does not help now; `swarmstt resume` changes that.")
    elif node["helping_others"]:
        print("This PC helps again.")
    else:
        print(f"This PC goes on with its own books. It does not help others now: {node['why_not_helping']}")
    return 0


async def _status(folders: Folders, *, as_json: bool) -> int:
    async with connect_to_running(folders) as client:
        status = await client.get("/status")
    if as_json:
        print(json.dumps(status, ensure_ascii=False, indent=2))
        return 0
    for line in _status_lines(status):
        print(line)
    return 0


def _status_lines(status: dict[str, Any]) -> list[str]:
    node = status["node"]
    lines = [f"{node['name']}: {node['state']}" + (f", on {node['device']}" if node["device"] else "")]
    lines += [f"  It helps {helped['name']} with {helped['title']}." for helped in node["helping_with"]]
    lines += [f"  {node['why_not_helping']}"] if node["why_not_helping"] else []
    lines += [f"  {trouble}" for trouble in node["troubles"]]
    marks = marks_of(status["books"])
    for book in reversed(status["books"]):
        mark = f" ({marks[book['book_id']]})" if marks.get(book["book_id"]) else ""
        what = "paused" if book["paused"] else book["state"]
        left = f", {about(book['remaining_seconds'])} left" if book["remaining_seconds"] else ""
        why = f": {book['reason']}" if book["reason"] else ""
        lines.append(f"  {book['title'] or book['filename']}{mark}: {what}, {book['percent']:.0f} %{left}{why}")
    for worker in status["workers"]:
        speed = f", {worker['speed']:.1f} × realtime" if worker["speed"] else ""
        why = f". {worker['why_not_helping']}" if worker["why_not_helping"] else ""
        lines.append(f"  {_who(worker)}: {worker['state'].replace('_', ' ')}{speed}{why}")
    return lines


def _who(worker: dict[str, Any]) -> str:
    if worker["kind"] != "guest":
        return f"PC {worker['name']}"
    return f"Guest {worker['name']}" + (f", invited as {worker['invitation']}" if worker["invitation"] else "")
