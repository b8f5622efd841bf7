"""The rows of the API for workers outside the swarm: chunks out, transcripts in."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

from aiohttp import WSMsgType, web
from aiohttp.abc import AbstractStreamWriter

from swarmstt.bodies import parse_json
from swarmstt.codec import PlainError
from swarmstt.core.requests import GuestTranscript
from swarmstt.errors import InputError, NotFoundError, SwarmError
from swarmstt.sockets import Frames
from swarmstt.web.api.bodies import read_map
from swarmstt.web.api.keys import GUESTS, SOCKETS
from swarmstt.web.api.ports import GuestsPort
from swarmstt.web.api.replies import reply, to_json
from swarmstt.web.api.requests import guest_transcript, name_of, progress_of, seconds_of
from swarmstt.web.sent_file import SentFile

MOST_MESSAGE_BYTES = 64 * 2**10
PING_SECONDS = 30.0
MESSAGES_A_SECOND, BURST_MESSAGES = 20.0, 200.0
"""Of one worker; it says of each part now and then how far it is. An invitation has many sockets."""

_ENDS = (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR)
_CHUNK_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")


_ASKED_AHEAD = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")
"""Headers of browsers that fetch what their person may want to see next, and of no program that wants a lease."""

RowsHandler = Callable[[web.Request, GuestsPort], Awaitable[web.StreamResponse]]


def of_this_pc(handler: RowsHandler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Returns the handler for workers on this PC: they need no invitation."""

    async def handle(request: web.Request) -> web.StreamResponse:
        return await handler(request, request.app[GUESTS])

    return handle


def worker_routes() -> list[web.RouteDef]:
    """Returns the rows for workers on this PC."""
    return [
        web.get("/tasks/next", of_this_pc(next_task), allow_head=False),
        web.post("/tasks/complete", of_this_pc(complete_task)),
        web.post("/workers/register", of_this_pc(register_worker)),
        web.post("/workers/{worker_id}/heartbeat", of_this_pc(heartbeat)),
        web.get("/chunks/{filename}", of_this_pc(chunk_audio)),
        web.get("/ws/worker/{worker_id}", of_this_pc(worker_socket), allow_head=False),
    ]


async def next_task(request: web.Request, rows: GuestsPort, more: Mapping[str, str] | None = None) -> web.Response:
    """Leases by GET, as programs of years ago ask: no browser keeps the answer, or asks ahead of its person. `more` is
    said beside the task."""
    if any(name in request.headers for name in _ASKED_AHEAD):
        return reply(request, {"error": "A lease is not for fetching ahead."}, status=HTTPStatus.FORBIDDEN)
    worker_id = name_of(request.query.get("worker_id"), "worker_id")
    return reply(request, {"task": await rows.next_task(worker_id), **(more or {})})


async def complete_task(request: web.Request, rows: GuestsPort) -> web.Response:
    usual_id = request.query.get("worker_id")
    await rows.complete(*await read_map(request, lambda body: _completed(body, usual_id)))
    return reply(request, {"status": "ok"})


def _completed(body: dict[str, Any], usual_id: str | None) -> tuple[str, str, GuestTranscript, float]:
    return (
        name_of(body.get("task_id"), "task_id"),
        name_of(body.get("worker_id", usual_id), "worker_id"),
        guest_transcript(body.get("transcript")),
        seconds_of(body.get("processing_time") or 0, "processing_time"),
    )


async def register_worker(request: web.Request, rows: GuestsPort) -> web.Response:
    worker_id, hostname = introduction(request, await read_map(request))
    await rows.register(worker_id, hostname)
    return reply(request, {"status": "ok", "worker_id": worker_id})


def introduction(request: web.Request, body: Mapping[str, Any]) -> tuple[str, str]:
    """Reads the id and the name of a worker that registers from its body, or else from its query; without a name its id
    is that too."""
    worker_id = name_of(body.get("worker_id", request.query.get("worker_id")), "worker_id")
    return worker_id, name_of(body.get("hostname") or request.query.get("hostname") or worker_id, "hostname")


async def heartbeat(request: web.Request, rows: GuestsPort) -> web.Response:
    await rows.heartbeat(_worker_id(request))
    return reply(request, {"status": "ok"})


async def chunk_audio(request: web.Request, rows: GuestsPort) -> web.StreamResponse:
    filename = request.match_info["filename"]
    if not _CHUNK_NAME.fullmatch(filename):
        raise NotFoundError("There is no such chunk; ask for the next task.")
    path = await rows.audio(filename)
    kind = "audio/flac" if path.suffix == ".flac" else "application/octet-stream"
    response = _SentOnce(path, headers={"Content-Type": kind, "Cache-Control": "no-store"})
    await response.prepare(request)
    return response


class _SentOnce(SentFile):
    """Is sent by its handler, and not a second time after it: whoever fetches slowly is being served all that time."""

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        return None if self.prepared else await super().prepare(request)


async def worker_socket(request: web.Request, rows: GuestsPort) -> web.WebSocketResponse:
    """Hears how far a worker is."""
    return await serve_worker(request, rows)


async def serve_worker(
    request: web.Request,
    rows: GuestsPort,
    answer: Callable[[str, dict[str, Any]], str | None] = lambda worker_id, message: None,
) -> web.WebSocketResponse:
    """Hears a worker; what it says wrongly is answered, and the socket stays open. `answer` gives what else there is
    to say to a message."""
    worker_id = _worker_id(request)
    socket = web.WebSocketResponse(heartbeat=PING_SECONDS, max_msg_size=MOST_MESSAGE_BYTES, autoping=False)
    await socket.prepare(request)
    request.app[SOCKETS].add(socket)
    frames = Frames(socket, a_second=MESSAGES_A_SECOND, burst=BURST_MESSAGES)
    while (frame := await frames.next()).type not in _ENDS:
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


async def _heard(rows: GuestsPort, worker_id: str, message: dict[str, Any]) -> None:
    if message.get("type") != "progress":
        await rows.heartbeat(worker_id)
        return
    task_id = name_of(message.get("task_id"), "task_id")
    await rows.progress(worker_id, task_id, progress_of(message.get("progress")))


def _message(text: str) -> dict[str, Any]:
    try:
        thing = parse_json(text)
    except PlainError:
        thing = None
    if not isinstance(thing, dict):
        raise InputError('Send JSON such as {"type": "progress", "task_id": "…", "progress": 0.5}.')
    return thing


def _worker_id(request: web.Request) -> str:
    return name_of(request.match_info["worker_id"], "The worker's id")
