"""`status` and `peers`: what the node on this PC and its swarm are doing, in the sentences of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from swarmstt.cli.client import connect_to_running
from swarmstt.cli.saying import say, say_json
from swarmstt.ebook_phrases import trouble_of
from swarmstt.node.data_dir import Folders
from swarmstt.phrases import about_time, count, marks_of, percent, speed

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
        say_json(status)
        return 0
    for line in status_lines(status):
        say(line)
    say(f"Page: {url}")
    return 0


async def show_peers(folders: Folders, *, as_json: bool) -> int:
    async with connect_to_running(folders) as client:
        status = await client.get("/status")
    peers = status["peers"]
    if as_json:
        say_json(peers)
        return 0
    for peer in peers:
        where = f" ({peer['address']})" if peer["address"] else ""
        reason = peer["reason"] or peer.get("version_note")
        why = f": {reason}" if reason else ""
        helping = f". {peer['why_not_helping']}" if peer["why_not_helping"] else ""
        say(f"{peer['name']}{where}: {_STATES[peer['state']]}{why}{helping}")
    if not peers:
        say(status["door"]["advice"] or _how_to_meet(status["node"]))
    return 0


def _how_to_meet(node: dict[str, Any]) -> str:
    peer = f" --peer {node['swarm_address'] or 'ADDRESS'}" if node["no_discovery"] else ""
    return f"No other PC is known yet. Run `swarmstt up{peer}` on it, and `swarmstt door` here to let it in."


def status_lines(status: dict[str, Any]) -> list[str]:
    """What a person wants to know of it: this PC, the books with those in work first, who decodes them."""
    node = status["node"]
    lines = [f"{node['name']}: {node['headline']}"]
    notes = (node["why_not_helping"], node["fetching"], *node["troubles"], node.get("newer_version"))
    lines += [f"  {each}" for each in notes if each]
    marks = marks_of(status["books"])
    books = [f"  {_name(book, marks)}: {book_line(book)}" for book in _shown(status["books"])]
    if earlier := _done(status["books"])[:-DONE_SHOWN]:
        without = sum(trouble_of(book["ebook"]) is not None for book in earlier)
        but = f", {without} without ebook" if without else ""
        books.append(f"  {count(len(earlier), 'earlier book')}: done{but}")
    lines += ["Books:", *books] if books else []
    return [*lines, "PCs:", *(line for worker in status["workers"] for line in _worker_lines(worker))]


def _name(book: dict[str, Any], marks: Mapping[str, str]) -> str:
    """Its title, and what tells it from others of that title."""
    mark = marks.get(book["book_id"])
    name: str = book["title"] or book["filename"]
    return f"{name} ({mark})" if mark else name


def _who(worker: dict[str, Any]) -> str:
    if worker["kind"] != "guest":
        return str(worker["name"]) + (" (this PC)" if worker["kind"] == "own" else "")
    return f"{worker['name']}, a guest" + (f" invited as {worker['invitation']}" if worker["invitation"] else "")


def _shown(books: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """All books that are not done, those in work first, as they take turns; then the newest of those that are done."""
    rest = [book for book in books if book["state"] != "done"]
    return sorted(rest, key=lambda book: not _is_in_work(book)) + _done(books)[: -DONE_SHOWN - 1 : -1]


def _done(books: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [book for book in books if book["state"] == "done"]


def _is_in_work(book: dict[str, Any]) -> bool:
    return bool(book["state"] == "merging" or book["tasks"]["in_progress"])


def book_line(book: dict[str, Any]) -> str:
    """How far it is, how fast it gets on and when it is done; or why not."""
    if book["state"] == "failed":
        return f"stopped: {book['reason']}"
    if book["state"] == "done":
        gaps = " with a gap" if len(book["gaps"]) == 1 else " with gaps" if book["gaps"] else ""
        trouble = trouble_of(book["ebook"])
        return f"done{gaps}" if trouble is None else f"written{gaps}, without its ebook: {trouble}"
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


def _worker_lines(worker: dict[str, Any]) -> list[str]:
    """The line of a worker and, of a cluster, one for each of its workers that is listed."""
    lines = [f"  {_who(worker)}: {_worker_line(worker)}"]
    if (cluster := worker.get("cluster")) is not None:
        workers = cluster["workers"]
        lines += [f"    {each['name']}: {_cluster_worker_line(each)}" for each in workers]
        if cluster["worker_count"] > len(workers):
            lines.append(f"    and {count(cluster['worker_count'] - len(workers), 'other worker')}")
    return lines


def _cluster_worker_line(worker: dict[str, Any]) -> str:
    doing = [f"{each['title']} ({percent(100 * each['progress'])})" for each in worker["doing"]]
    version = "" if worker["version"] is None else f"swarmstt {worker['version']}"
    state = {"working": "working", "idle": "ready", "not_used": "not used"}[worker["state"]]
    threads = f"{worker['threads']} thread" + ("s" if worker["threads"] != 1 else "")
    parts = [threads, state, *doing, worker["device"] or "", version]
    return ", ".join(each for each in parts if each) + (f": {worker['reason']}" if worker["reason"] else "")


def _worker_line(worker: dict[str, Any]) -> str:
    parts = [_STATES[worker["state"]], speed(worker["speed"]) if worker["speed"] else "", worker["device"] or ""]
    why = worker["reason"] or worker["why_not_helping"]
    return ", ".join(part for part in parts if part) + (f": {why}" if why else "")
