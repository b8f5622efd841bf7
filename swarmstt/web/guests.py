"""The rows of the API for workers outside the swarm: chunks out, transcripts in."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from aiohttp import WSMsgType, web

from swarmstt.core.requests import GuestTranscript
from swarmstt.errors import InputError, NotFoundError, SwarmError
from swarmstt.ids import BookId
from swarmstt.web.incoming import guest_transcript, name_of, progress_of, read_map, seconds_of
from swarmstt.web.keys import NODE, SOCKETS
from swarmstt.web.replies import reply, to_json

MOST_MESSAGE_BYTES = 64 * 2**10
PING_SECONDS = 30.0

_CHUNK_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")


class GuestRows(Protocol):
    """What the handlers below need; described in NodePort, which has all of it."""

    async def register_guest(self, worker_id: str, hostname: str) -> None: ...

    async def guest_heartbeat(self, worker_id: str) -> None: ...

    async def guest_progress(self, worker_id: str, task_id: str, progress: float | None) -> None: ...

    async def next_task(self, worker_id: str) -> dict[str, Any] | None: ...

    async def complete_task(
        self, task_id: str, worker_id: str, transcript: GuestTranscript, processing_seconds: float
    ) -> None: ...

    async def chunk_audio(self, filename: str) -> Path: ...


RowsHandler = Callable[[web.Request, GuestRows], Awaitable[web.StreamResponse]]


def of_this_pc(handler: RowsHandler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The handler for workers on this PC: they need no invitation."""

    async def handle(request: web.Request) -> web.StreamResponse:
        return await handler(request, request.app[NODE])

    return handle


async def list_tasks(request: web.Request) -> web.Response:
    """All chunks, or with `?book_id=` those of one book."""
    book_id = request.query.get("book_id")
    chosen = None if book_id is None else BookId(name_of(book_id, "book_id"))
    return reply(request, await request.app[NODE].tasks(chosen))


async def next_task(request: web.Request, rows: GuestRows) -> web.Response:
    worker_id = name_of(request.query.get("worker_id"), "worker_id")
    return reply(request, {"task": await rows.next_task(worker_id)})


async def complete_task(request: web.Request, rows: GuestRows) -> web.Response:
    body = await read_map(request)
    await rows.complete_task(
        name_of(body.get("task_id"), "task_id"),
        name_of(body.get("worker_id", request.query.get("worker_id")), "worker_id"),
        guest_transcript(body.get("transcript")),
        seconds_of(body.get("processing_time") or 0, "processing_time"),
    )
    return reply(request, {"status": "ok"})


async def register_worker(request: web.Request, rows: GuestRows) -> web.Response:
    worker_id, hostname = introduction(request, await read_map(request))
    await rows.register_guest(worker_id, hostname)
    return reply(request, {"status": "ok", "worker_id": worker_id})


def introduction(request: web.Request, body: Mapping[str, Any]) -> tuple[str, str]:
    """The id and the name of a worker that registers, which its body tells, or else its query; without a name its id
    is that too."""
    worker_id = name_of(body.get("worker_id", request.query.get("worker_id")), "worker_id")
    return worker_id, name_of(body.get("hostname") or request.query.get("hostname") or worker_id, "hostname")


async def heartbeat(request: web.Request, rows: GuestRows) -> web.Response:
    await rows.guest_heartbeat(_worker_id(request))
    return reply(request, {"status": "ok"})


async def chunk_audio(request: web.Request, rows: GuestRows) -> web.StreamResponse:
    filename = request.match_info["filename"]
    if not _CHUNK_NAME.fullmatch(filename):
        raise NotFoundError("There is no such chunk; ask for the next task.")
    path = await rows.chunk_audio(filename)
    kind = "audio/flac" if path.suffix == ".flac" else "application/octet-stream"
    return web.FileResponse(path, headers={"Content-Type": kind, "Cache-Control": "no-store"})


async def worker_socket(request: web.Request, rows: GuestRows) -> web.WebSocketResponse:
    """A worker says how far it is."""
    return await serve_worker(request, rows)


async def serve_worker(
    request: web.Request,
    rows: GuestRows,
    answer: Callable[[str, dict[str, Any]], str | None] = lambda worker_id, message: None,
) -> web.WebSocketResponse:
    """Hears a worker; what it says wrongly is answered, and the socket stays open. `answer` gives what else there is
    to say to a message."""
    worker_id = _worker_id(request)
    socket = web.WebSocketResponse(heartbeat=PING_SECONDS, max_msg_size=MOST_MESSAGE_BYTES)
    await socket.prepare(request)
    request.app[SOCKETS].add(socket)
    async for frame in socket:
        if frame.type is not WSMsgType.TEXT:
            continue
        try:
            message = _message(frame.data)
            await _heard(rows, worker_id, message)
            said = answer(worker_id, message)
        except SwarmError as error:
            said = to_json({"type": "error", "error": error.message})
        if said is not None:
            await socket.send_str(said)
    return socket


async def _heard(rows: GuestRows, worker_id: str, message: dict[str, Any]) -> None:
    if message.get("type") != "progress":
        await rows.guest_heartbeat(worker_id)
        return
    task_id = name_of(message.get("task_id"), "task_id")
    await rows.guest_progress(worker_id, task_id, progress_of(message.get("progress")))


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
