"""The rows of the API for workers outside the swarm: chunks out, transcripts in."""

from __future__ import annotations

import json
import re
from typing import Any

from aiohttp import WSMsgType, web

from swarmstt.errors import InputError, NotFoundError, SwarmError
from swarmstt.ids import BookId
from swarmstt.web.incoming import guest_transcript, name_of, progress_of, read_map, seconds_of
from swarmstt.web.keys import NODE, SOCKETS
from swarmstt.web.ports import NodePort
from swarmstt.web.replies import reply, to_json

MOST_MESSAGE_BYTES = 64 * 2**10
PING_SECONDS = 30.0

_CHUNK_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")


async def list_tasks(request: web.Request) -> web.Response:
    """All chunks, or with `?book_id=` those of one book."""
    book_id = request.query.get("book_id")
    chosen = None if book_id is None else BookId(name_of(book_id, "book_id"))
    return reply(request, await request.app[NODE].tasks(chosen))


async def next_task(request: web.Request) -> web.Response:
    worker_id = name_of(request.query.get("worker_id"), "worker_id")
    return reply(request, {"task": await request.app[NODE].next_task(worker_id)})


async def complete_task(request: web.Request) -> web.Response:
    body = await read_map(request)
    await request.app[NODE].complete_task(
        name_of(body.get("task_id"), "task_id"),
        name_of(body.get("worker_id", request.query.get("worker_id")), "worker_id"),
        guest_transcript(body.get("transcript")),
        seconds_of(body.get("processing_time") or 0, "processing_time"),
    )
    return reply(request, {"status": "ok"})


async def register_worker(request: web.Request) -> web.Response:
    body = await read_map(request)
    worker_id = name_of(body.get("worker_id", request.query.get("worker_id")), "worker_id")
    hostname = name_of(body.get("hostname") or request.query.get("hostname") or worker_id, "hostname")
    await request.app[NODE].register_guest(worker_id, hostname)
    return reply(request, {"status": "ok", "worker_id": worker_id})


async def heartbeat(request: web.Request) -> web.Response:
    await request.app[NODE].guest_heartbeat(_worker_id(request))
    return reply(request, {"status": "ok"})


async def chunk_audio(request: web.Request) -> web.StreamResponse:
    filename = request.match_info["filename"]
    if not _CHUNK_NAME.fullmatch(filename):
        raise NotFoundError("There is no such chunk; ask for the next task.")
    path = await request.app[NODE].chunk_audio(filename)
    kind = "audio/flac" if path.suffix == ".flac" else "application/octet-stream"
    return web.FileResponse(path, headers={"Content-Type": kind, "Cache-Control": "no-store"})


async def worker_socket(request: web.Request) -> web.WebSocketResponse:
    """A worker says how far it is; what it says wrongly is answered, and the socket stays open."""
    node, worker_id = request.app[NODE], _worker_id(request)
    socket = web.WebSocketResponse(heartbeat=PING_SECONDS, max_msg_size=MOST_MESSAGE_BYTES)
    await socket.prepare(request)
    request.app[SOCKETS].add(socket)
    async for message in socket:
        if message.type is not WSMsgType.TEXT:
            continue
        try:
            await _heard(node, worker_id, message.data)
        except SwarmError as error:
            await socket.send_str(to_json({"type": "error", "error": error.message}))
    return socket


async def _heard(node: NodePort, worker_id: str, text: str) -> None:
    message = _message(text)
    if message.get("type") != "progress":
        await node.guest_heartbeat(worker_id)
        return
    task_id = name_of(message.get("task_id"), "task_id")
    await node.guest_progress(worker_id, task_id, progress_of(message.get("progress")))


def _message(text: str) -> dict[str, Any]:
    try:
        thing = json.loads(text)
    except (ValueError, RecursionError):
        thing = None
    if not isinstance(thing, dict):
        raise InputError('Send JSON such as {"type": "progress", "task_id": "…", "progress": 0.5}.')
    return thing


def _worker_id(request: web.Request) -> str:
    return name_of(request.match_info["worker_id"], "The worker's id")
