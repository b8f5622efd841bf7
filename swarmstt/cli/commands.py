"""What each command does."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
from typing import Any

from swarmstt.cli import books
from swarmstt.cli.client import connect_to_running
from swarmstt.cli.doctor import examine
from swarmstt.cli.models import fetch_model, list_models
from swarmstt.cli.words import about
from swarmstt.config import Config
from swarmstt.core.addresses import Address
from swarmstt.errors import UsageError
from swarmstt.node.folders import Folders, default_data_dir, default_transcripts_dir
from swarmstt.node.node import Node
from swarmstt.node.serving import serve_node
from swarmstt.swarm.interfaces import lan_address

logger = logging.getLogger("swarmstt")


async def run(command: str, config: Config, given: argparse.Namespace) -> int:
    """Runs a command; its exit status."""
    folders = Folders((config.data_dir or default_data_dir()).absolute())
    match command:
        case "transcribe":
            _quieten(verbose=config.verbose)
            return await books.transcribe(config, folders, given.paths, alone=given.alone)
        case "up":
            return await _up(config, folders)
        case "add":
            return await books.add(config, folders, given.paths, alone=given.alone)
        case "status":
            return await _status(folders, as_json=getattr(given, "json", False))
        case "peers":
            return await _peers(folders, as_json=getattr(given, "json", False))
        case "pause" | "resume":
            return await _set_helping(folders, command)
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
        print(f"This PC:      {await asyncio.to_thread(_own_address, config, served.node)}", flush=True)
        print(f"Transcripts:  {config.output_dir or default_transcripts_dir()}", flush=True)
        logger.info("%s is up. Ctrl-C ends it.", served.node.name)
        try:
            await asyncio.shield(served.node.failed)
        except asyncio.CancelledError:
            logger.info("%s goes down; unfinished books go on at the next start.", served.node.name)
    return 0


def _own_address(config: Config, node: Node) -> str:
    """Where other PCs reach this one."""
    host = lan_address(config.interface)
    return "has no network" if host is None or node.swarm_port is None else str(Address(host, node.swarm_port))


async def _peers(folders: Folders, *, as_json: bool) -> int:
    async with connect_to_running(folders) as client:
        peers = (await client.get("/status"))["peers"]
    if as_json:
        print(json.dumps(peers, ensure_ascii=False, indent=2))
        return 0
    for peer in peers:
        where = f" at {peer['address']}" if peer["address"] else ""
        why = f": {peer['reason']}" if peer["reason"] else ""
        print(f"{peer['name']}{where}: {peer['state']}{why}")
    if not peers:
        print("No other PC is known yet.")
    return 0


async def _set_helping(folders: Folders, command: str) -> int:
    async with connect_to_running(folders) as client:
        await client.post(f"/{command}")
    print(
        "This PC does not help now; `swarmstt resume` changes that." if command == "pause" else "This PC helps again."
    )
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
    lines += [f"  {trouble}" for trouble in node["troubles"]]
    for book in reversed(status["books"]):
        what = "paused" if book["paused"] else book["state"]
        left = f", {about(book['remaining_seconds'])} left" if book["remaining_seconds"] else ""
        why = f": {book['reason']}" if book["reason"] else ""
        lines.append(f"  {book['title'] or book['filename']}: {what}, {book['percent']:.0f} %{left}{why}")
    for worker in status["workers"]:
        speed = f", {worker['speed']:.1f} × realtime" if worker["speed"] else ""
        lines.append(f"  PC {worker['name']}: {worker['state']}{speed}")
    return lines
