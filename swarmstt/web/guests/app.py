"""What guests reach from elsewhere: the worker rows of the API under an invitation's path, and nothing else.

The rows are served three times: over TLS on the swarm port; for invitations over plain HTTP on the page's port of the
PC's other addresses; and for a tunnel or reverse proxy on this PC on loopback, beside the page. Whoever has no valid
token gets the same empty 404 for all; a person who opens an invitation in a browser is told what it is for.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakSet

from aiohttp import web

from swarmstt.config import MOST_SLOTS
from swarmstt.display_text import one_line
from swarmstt.errors import ExpiredError
from swarmstt.web.api.bodies import MOST_BODY_BYTES, read_map
from swarmstt.web.api.keys import SOCKETS
from swarmstt.web.api.replies import explain_errors, reply, to_json
from swarmstt.web.api.requests import name_of
from swarmstt.web.guests import invitation_page
from swarmstt.web.guests import worker_rows as guests
from swarmstt.web.guests.admissions import Admissions, InvitedHandler, InvitedRows
from swarmstt.web.incoming.places import ComesIn, keep_nothing

JOIN = "/join/"
OVER_TLS_ONLY = (
    "This invitation is for https, and this came over plain HTTP, which others can read. Use its whole address as it "
    "was made: it begins with https://."
)
OVER_PLAIN_HTTP_ONLY = (
    "This invitation is for plain HTTP. Use its whole address as it was made: it begins with http://."
)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def add_guest_routes(
    app: web.Application, admissions: Admissions, *, prefix: str = JOIN, comes_in: ComesIn = keep_nothing
) -> None:
    """Serves the guests of these admissions in that application, under `prefix`. `comes_in` is called when a connection
    has become a guest's."""

    def route(method: str, path: str, handler: InvitedHandler, *, lasts: bool = False) -> None:
        app.router.add_route(method, f"{prefix}{{token}}{path}", _invited(admissions, handler, comes_in, lasts=lasts))

    for path in ("", "/"):
        app.router.add_route("GET", f"{prefix}{{token}}{path}", _welcoming(admissions, comes_in))
    route("GET", "/tasks/next", next_task)
    route("POST", "/tasks/complete", guests.complete_task)
    route("POST", "/tasks/return", return_task)
    route("POST", "/workers/register", register_worker)
    route("POST", "/workers/{worker_id}/heartbeat", guests.heartbeat)
    route("GET", "/chunks/{filename}", guests.chunk_audio)
    route("GET", "/ws/worker/{worker_id}", worker_socket, lasts=True)
    app.router.add_route("*", f"{prefix}{{rest:.*}}", nothing)
    app.on_response_prepare.append(_add_headers)


def build_guest_app(
    admissions: Admissions,
    comes_in: ComesIn = keep_nothing,
    *,
    also: Callable[[web.Application], None] = lambda app: None,
) -> web.Application:
    """Returns the application for the PC's addresses besides loopback. `also` adds what is served there besides."""
    app = web.Application(middlewares=[explain_errors], client_max_size=MOST_BODY_BYTES)
    app[SOCKETS] = WeakSet()
    add_guest_routes(app, admissions, comes_in=comes_in)
    also(app)
    app.router.add_route("*", "/{rest:.*}", nothing)
    return app


def build_guest_rows(admissions: Admissions, comes_in: ComesIn) -> web.Application:
    """Returns the same as a part of another application, which serves it under /join/ over TLS."""
    app = web.Application(middlewares=[explain_errors])
    app[SOCKETS] = WeakSet()
    add_guest_routes(app, admissions, prefix="/", comes_in=comes_in)
    return app


async def nothing(request: web.Request) -> web.Response:
    """Says nothing to a stranger, and ends the connection."""
    answer = reply(request, {"error": "There is nothing here."}, status=404)
    answer.force_close()
    return answer


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    if request.path.startswith(JOIN) or response.status == 404:
        response.headers.popall("Server", None)
        response.headers["X-Content-Type-Options"] = "nosniff"


def _invited(admissions: Admissions, handler: InvitedHandler, comes_in: ComesIn, *, lasts: bool) -> Handler:
    async def check(request: web.Request) -> web.StreamResponse:
        rows = admissions.port.admit(request.match_info["token"])
        if rows is None:
            return await nothing(request)
        if (refusal := _wrong_way(request, rows)) is not None:
            return reply(request, {"error": refusal}, status=HTTPStatus.FORBIDDEN)
        if _is_of_a_page(request):
            return reply(request, {"error": "Web pages cannot be guests; use `swarmstt help`."}, status=403)
        rows.note_use()
        return await admissions.serve(request, rows, handler, comes_in, lasts=lasts)

    return check


def _wrong_way(request: web.Request, rows: InvitedRows) -> str | None:
    """Returns why an invitation does not count on this connection; None if it does. What a proxy says of its own other
    end is not asked: it has read all that came by it."""
    if request.secure == (not rows.is_plain):
        return None
    return OVER_PLAIN_HTTP_ONLY if rows.is_plain else OVER_TLS_ONLY


def _welcoming(admissions: Admissions, comes_in: ComesIn) -> Handler:
    """Serves a link in a message or on another page too: what is shown changes nothing."""

    async def welcome(request: web.Request) -> web.StreamResponse:
        if not invitation_page.is_opened_by_a_person(request):
            return await nothing(request)
        try:
            rows = admissions.port.admit(request.match_info["token"])
        except ExpiredError as error:
            return invitation_page.saying(error.message, HTTPStatus.GONE)
        if rows is None:
            return await nothing(request)
        if (refusal := _wrong_way(request, rows)) is not None:
            return invitation_page.saying(refusal, HTTPStatus.FORBIDDEN)
        return await admissions.serve(request, rows, _told, comes_in)

    return welcome


async def _told(request: web.Request, rows: InvitedRows) -> web.StreamResponse:
    return invitation_page.page(request, is_plain=rows.is_plain)


def _is_of_a_page(request: web.Request) -> bool:
    """Returns whether a browser sends this for a page. Some WebSocket libraries name the host they talk to as
    Origin."""
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc.lower() != request.host.lower():
        return True
    return request.headers.get("Sec-Fetch-Site", "none") != "none"


async def next_task(request: web.Request, rows: InvitedRows) -> web.Response:
    """Leases as on loopback. To a guest that says its `run` it is told in `copied` that two PCs come with its id; the
    one that is to take a new id gets no task."""
    if "run" not in request.query:
        return await guests.next_task(request, rows)
    worker_id = name_of(request.query.get("worker_id"), "worker_id")
    copied = rows.who_is_copied(worker_id, name_of(request.query["run"], "run"))
    if copied == "this one":
        return reply(request, {"task": None, "copied": copied})
    return await guests.next_task(request, rows, {} if copied is None else {"copied": copied})


async def register_worker(request: web.Request, rows: InvitedRows) -> web.Response:
    """Registers a guest as on loopback; `device`, `slots`, `"heartbeats": true`, which promises some, and `run`, a word
    that is another one at each start, may be added."""
    body = await read_map(request)
    worker_id, hostname = guests.introduction(request, body)
    device, slots, run = body.get("device"), body.get("slots"), body.get("run")
    await rows.register(worker_id, hostname)
    rows.begins(worker_id, None if run is None else name_of(run, "run"))
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
    await rows.return_task(
        name_of(body.get("task_id"), "task_id"), name_of(body.get("worker_id"), "worker_id"), _reason(body.get("error"))
    )
    return reply(request, {"status": "ok"})


def _reason(error: Any) -> str | None:
    """Returns why a guest failed; None if it did not. Only text says so: to write out a list could take long."""
    if error is None:
        return None
    return (one_line(error) if isinstance(error, str) else "") or "The guest did not say why."


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
