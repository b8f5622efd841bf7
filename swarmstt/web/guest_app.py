"""What guests reach from elsewhere: the worker rows of the API under an invitation's path, and nothing else.

The rows are served twice: on loopback beside the page, for a reverse proxy or tunnel on this PC, and on the PC's other
addresses by an application that has nothing but them. Whoever has no valid token gets the same empty 404 for all; a
person who opens an invitation in a browser is told what it is for.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any, Protocol
from urllib.parse import urlsplit
from weakref import WeakSet

from aiohttp import web

from swarmstt.config import MOST_SLOTS
from swarmstt.core.outside_text import one_line
from swarmstt.web import guests, invitation_page
from swarmstt.web.guests import GuestRows
from swarmstt.web.incoming import MOST_BODY_BYTES, name_of, read_map
from swarmstt.web.keys import SOCKETS
from swarmstt.web.replies import explain_errors, reply, to_json

JOIN = "/join/"
MOST_REQUESTS = 32
"""Requests of one invitation at a time, its WebSockets counted."""
"""Of one guest: what it claims beyond them does not count."""
REQUESTS_PER_SECOND = 20.0
"""Of one invitation, after a burst of ten seconds' worth."""
_BURST_SECONDS = 10.0
_NO_MORE = "That is too much at once; wait a little and try again."

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
InvitedHandler = Callable[[web.Request, "InvitedRows"], Awaitable[web.StreamResponse]]


class InvitedRows(GuestRows, Protocol):
    """The worker rows for the guests of one invitation, who cannot touch what others hold."""

    @property
    def invitation_id(self) -> str: ...

    async def describe(self, worker_id: str, *, device: str | None, slots: int) -> None:
        """What a guest says of itself when it registers."""

    def promise_heartbeats(self, worker_id: str) -> None:
        """That guest sends heartbeats, one each ten seconds at least: it may be taken for gone when they end."""

    async def return_task(self, task_id: str, worker_id: str, error: str | None) -> None:
        """A guest gives a chunk back; `error` says why it could not be decoded, None that nothing is wrong with it."""

    def is_wanted(self, worker_id: str, task_id: str) -> bool:
        """Whether the guest holds a lease of that chunk."""


class GuestPort(Protocol):
    """What the guests' application needs of the node."""

    def admit(self, token: str) -> InvitedRows | None:
        """The rows for whoever has this token; None where it is no invitation's."""


class Admissions:
    """The requests of guests that are being served, by invitation: bounded, and broken off when it is revoked."""

    def __init__(self, port: GuestPort) -> None:
        self.port = port
        self.strangers: set[asyncio.BaseProtocol] = set()
        """New connections over which no valid token came yet."""
        self._running: defaultdict[str, dict[int, web.Request]] = defaultdict(dict)
        self._budgets: dict[str, tuple[float, float]] = {}

    async def serve(self, request: web.Request, rows: InvitedRows, handler: InvitedHandler) -> web.StreamResponse:
        running = self._running[rows.invitation_id]
        if len(running) >= MOST_REQUESTS or not self._within_budget(rows.invitation_id):
            return reply(request, {"error": _NO_MORE}, status=429, headers={"Retry-After": "5"})
        running[id(request)] = request
        try:
            return await handler(request, rows)
        finally:
            running.pop(id(request), None)

    def _within_budget(self, invitation_id: str) -> bool:
        """A bucket that fills with time; each request takes one out."""
        now = asyncio.get_running_loop().time()
        most = REQUESTS_PER_SECOND * _BURST_SECONDS
        left, since = self._budgets.get(invitation_id, (most, now))
        left = min(most, left + (now - since) * REQUESTS_PER_SECOND)
        self._budgets[invitation_id] = (left - 1 if left >= 1 else left, now)
        return left >= 1

    def revoked(self, invitation_id: str) -> None:
        """Breaks off what is being served for it."""
        self._budgets.pop(invitation_id, None)
        for request in self._running.pop(invitation_id, {}).values():
            if request.transport is not None:
                request.transport.abort()


def add_guest_routes(app: web.Application, admissions: Admissions) -> None:
    """Serves the guests of these admissions under /join/ in that application."""

    def route(method: str, path: str, handler: InvitedHandler) -> None:
        app.router.add_route(method, f"{JOIN}{{token}}{path}", _invited(admissions, handler))

    for path in ("", "/"):
        app.router.add_route("GET", f"{JOIN}{{token}}{path}", _welcoming(admissions))
    route("GET", "/tasks/next", guests.next_task)
    route("POST", "/tasks/complete", guests.complete_task)
    route("POST", "/tasks/return", return_task)
    route("POST", "/workers/register", register_worker)
    route("POST", "/workers/{worker_id}/heartbeat", guests.heartbeat)
    route("GET", "/chunks/{filename}", guests.chunk_audio)
    route("GET", "/ws/worker/{worker_id}", worker_socket)
    app.router.add_route("*", f"{JOIN}{{rest:.*}}", nothing)
    app.on_response_prepare.append(_add_headers)


def build_guest_app(admissions: Admissions) -> web.Application:
    """The application for the PC's addresses besides loopback."""
    app = web.Application(middlewares=[explain_errors], client_max_size=MOST_BODY_BYTES)
    app[SOCKETS] = WeakSet()
    add_guest_routes(app, admissions)
    app.router.add_route("*", "/{rest:.*}", nothing)
    return app


async def nothing(request: web.Request) -> web.Response:
    """For strangers: says nothing, and ends the connection."""
    answer = reply(request, {"error": "There is nothing here."}, status=404)
    answer.force_close()
    return answer


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    if request.path.startswith(JOIN) or response.status == 404:
        response.headers.popall("Server", None)
        response.headers["X-Content-Type-Options"] = "nosniff"


def _invited(admissions: Admissions, handler: InvitedHandler) -> Handler:
    async def check(request: web.Request) -> web.StreamResponse:
        rows = admissions.port.admit(request.match_info["token"])
        if rows is None:
            return await nothing(request)
        if _is_of_a_page(request):
            return reply(request, {"error": "Web pages cannot be guests; use `swarmstt help`."}, status=403)
        admissions.strangers.discard(request.protocol)
        return await admissions.serve(request, rows, handler)

    return check


def _welcoming(admissions: Admissions) -> Handler:
    """A link in a message or on another page may be followed here: what is told changes nothing."""

    async def welcome(request: web.Request) -> web.StreamResponse:
        rows = (
            admissions.port.admit(request.match_info["token"])
            if invitation_page.is_opened_by_a_person(request)
            else None
        )
        return await nothing(request) if rows is None else await admissions.serve(request, rows, _told)

    return welcome


async def _told(request: web.Request, rows: InvitedRows) -> web.StreamResponse:
    del rows
    return invitation_page.page(request)


def _is_of_a_page(request: web.Request) -> bool:
    """Whether a browser sends this for a page. Some WebSocket libraries name the host they talk to as Origin."""
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc.lower() != request.host.lower():
        return True
    return request.headers.get("Sec-Fetch-Site", "none") != "none"


async def register_worker(request: web.Request, rows: InvitedRows) -> web.Response:
    """As on loopback; `device`, `slots` and `"heartbeats": true`, which promises some, may be added."""
    body = await read_map(request)
    worker_id, hostname = guests.introduction(request, body)
    device, slots = body.get("device"), body.get("slots")
    await rows.register_guest(worker_id, hostname)
    await rows.describe(
        worker_id,
        device=None if device is None else name_of(device, "device"),
        slots=max(1, min(slots, MOST_SLOTS)) if type(slots) is int else 1,
    )
    if body.get("heartbeats") is True:
        rows.promise_heartbeats(worker_id)
    return reply(request, {"status": "ok", "worker_id": worker_id})


async def return_task(request: web.Request, rows: InvitedRows) -> web.Response:
    """`{"task_id", "worker_id"}`: the chunk goes to somebody else; with `error`, after that guest failed on it."""
    body = await read_map(request)
    error = body.get("error")
    await rows.return_task(
        name_of(body.get("task_id"), "task_id"),
        name_of(body.get("worker_id"), "worker_id"),
        None if error is None else one_line(str(error)) or "The guest did not say why.",
    )
    return reply(request, {"status": "ok"})


async def worker_socket(request: web.Request, rows: InvitedRows) -> web.WebSocketResponse:
    """As on loopback, where a message may have `"heartbeats": true` too; and says {"type": "stopped", "task_id"} of a
    chunk that the guest needs not go on with."""

    def answer(worker_id: str, message: dict[str, Any]) -> str | None:
        if message.get("heartbeats") is True:
            rows.promise_heartbeats(worker_id)
        task_id = message.get("task_id")
        if not isinstance(task_id, str) or rows.is_wanted(worker_id, task_id):
            return None
        return to_json({"type": "stopped", "task_id": task_id})

    return await guests.serve_worker(request, rows, answer)
