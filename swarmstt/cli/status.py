"""`status` and `peers`: what the node on this PC and its swarm are doing, in the sentences of the page."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from swarmstt.cli.client import connect_to_running
from swarmstt.node.folders import Folders
from swarmstt.phrases import about_time, count, marks_of, percent, sentence, speed

DONE_SHOWN = 5
"""Finished books that are listed, the newest."""
_STATES = {
    "working": "working",
    "idle": "ready",
    "paused": "paused",
    "not_helping": "not helping",
    "resting": "resting after trouble",
    "away": "away",
    "linked": "ready",
    "refused": "not connected",
}
"""Of workers and peers, as the page says them."""


async def show_status(folders: Folders, *, as_json: bool) -> int:
    async with connect_to_running(folders) as client:
        status, url = await client.get("/status"), client.url
    if as_json:
        print(json.dumps(status, ensure_ascii=False, indent=2))
        return 0
    for line in status_lines(status):
        print(line)
    print(f"Page: {url}")
    return 0


async def show_peers(folders: Folders, *, as_json: bool) -> int:
    async with connect_to_running(folders) as client:
        status = await client.get("/status")
    peers = status["peers"]
    if as_json:
        print(json.dumps(peers, ensure_ascii=False, indent=2))
        return 0
    for peer in peers:
        where = f" ({peer['address']})" if peer["address"] else ""
        why = f": {peer['reason']}" if peer["reason"] else ""
        helping = f". {peer['why_not_helping']}" if peer["why_not_helping"] else ""
        print(f"{peer['name']}{where}: {_STATES[peer['state']]}{why}{helping}")
    if not peers:
        print(status["door"]["advice"] or _how_to_meet(status["node"]))
    return 0


def _how_to_meet(node: dict[str, Any]) -> str:
    peer = f" --peer {node['swarm_address'] or 'ADDRESS'}" if node["no_discovery"] else ""
    return f"No other PC is known yet. Run `swarmstt up{peer}` on it, and `swarmstt door` here to let it in."


def status_lines(status: dict[str, Any]) -> list[str]:
    """What a person wants to know of it: this PC, the books with the newest first, who decodes them."""
    node = status["node"]
    lines = [f"{node['name']}: {sentence(node, status['workers'], status['books'])}"]
    lines += [f"  {each}" for each in (node["why_not_helping"], node["fetching"], *node["troubles"]) if each]
    marks = marks_of(status["books"])
    books = [f"  {_name(book, marks)}: {book_line(book)}" for book in _shown(status["books"])]
    if len(books) < len(status["books"]):
        books.append(f"  {count(len(status['books']) - len(books), 'earlier book')}: done")
    lines += ["Books:", *books] if books else []
    return [*lines, "PCs:", *(f"  {_who(worker)}: {_worker_line(worker)}" for worker in status["workers"])]


def _name(book: dict[str, Any], marks: Mapping[str, str]) -> str:
    """Its title, and what tells it from others of that title."""
    mark = marks.get(book["book_id"])
    name: str = book["title"] or book["filename"]
    return f"{name} ({mark})" if mark else name


def _who(worker: dict[str, Any]) -> str:
    if worker["kind"] != "guest":
        return str(worker["name"])
    return f"{worker['name']}, a guest" + (f" invited as {worker['invitation']}" if worker["invitation"] else "")


def _shown(books: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """All books that are not done, and the newest of those that are; newest first."""
    done = [book["book_id"] for book in books if book["state"] == "done"]
    older = set(done[:-DONE_SHOWN])
    return [book for book in reversed(books) if book["book_id"] not in older]


def book_line(book: dict[str, Any]) -> str:
    """How far it is, how fast it gets on and when it is done; or why not."""
    if book["state"] == "failed":
        return f"stopped: {book['reason']}"
    if book["state"] == "done":
        return "done" + (" with a gap" if len(book["gaps"]) == 1 else " with gaps" if book["gaps"] else "")
    parts = [percent(book["percent"]), "paused" if book["paused"] else _doing(book)]
    if book["speed"] is not None and not book["paused"]:
        parts.append(speed(book["speed"]))
    if book["remaining_seconds"] is not None and not book["paused"]:
        parts.append(f"{about_time(book['remaining_seconds'])} left")
    return ", ".join(parts) + (f": {book['reason']}" if book["reason"] else "")


def _doing(book: dict[str, Any]) -> str:
    if book["state"] == "merging":
        return "writing the transcript"
    if book["tasks"]["in_progress"]:
        return "working"
    return "waiting" if book["read_whole"] or book["tasks"]["total"] else "reading the audio"


def _worker_line(worker: dict[str, Any]) -> str:
    parts = [_STATES[worker["state"]], speed(worker["speed"]) if worker["speed"] else "", worker["device"] or ""]
    why = worker["reason"] or worker["why_not_helping"]
    return ", ".join(part for part in parts if part) + (f": {why}" if why else "")
