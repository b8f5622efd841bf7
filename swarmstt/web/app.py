"""The HTTP API and the status page, on this PC's loopback addresses only."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from weakref import WeakSet

from aiohttp import WSCloseCode, web

from swarmstt.errors import PortTakenError
from swarmstt.sockets import TRIES_FOR_A_FREE_PORT, listening_socket
from swarmstt.web import books, guests, live, page
from swarmstt.web.door import DOOR, DoorPort, door_routes
from swarmstt.web.guard import add_page_headers, guard
from swarmstt.web.guest_app import Admissions, add_guest_routes
from swarmstt.web.incoming import MOST_BODY_BYTES
from swarmstt.web.invitations import InvitationsPort, add_invitation_routes
from swarmstt.web.keys import BEAT_SECONDS, CHANGES_SECONDS, NODE, SOCKETS
from swarmstt.web.ports import NodePort
from swarmstt.web.reading import ReaderPort, add_reader
from swarmstt.web.replies import explain_errors
from swarmstt.web.settings import SettingsPort, add_settings_routes
from swarmstt.web.upload import upload

SHUTDOWN_SECONDS = 5.0
"""How long a request may take to end when the node does."""


def build_app(
    node: NodePort,
    *,
    allowed_hosts: Collection[str] = (),
    changes_seconds: float = 0.2,
    beat_seconds: float = 4.0,
    invitations: InvitationsPort | None = None,
    admissions: Admissions | None = None,
    reader: ReaderPort | None = None,
    settings: SettingsPort | None = None,
    door: DoorPort | None = None,
) -> web.Application:
    """The application for this node. `allowed_hosts` are names besides the loopback ones that it may be reached by;
    `changes_seconds` is the least time between two messages to one live page, `beat_seconds` the longest;
    `admissions` let guests in under /join/. What is None is not served."""
    app = web.Application(middlewares=[explain_errors, guard(allowed_hosts)], client_max_size=MOST_BODY_BYTES)
    app[NODE] = node
    sockets: WeakSet[web.WebSocketResponse] = WeakSet()
    app[SOCKETS] = sockets
    app[CHANGES_SECONDS] = changes_seconds
    app[BEAT_SECONDS] = beat_seconds
    app.on_response_prepare.append(add_page_headers)
    app.on_shutdown.append(_close_sockets)
    page.add_page(app)
    app.add_routes(_routes())
    if door is not None:
        app[DOOR] = door
        app.add_routes(door_routes())
    if reader is not None:
        add_reader(app, reader)
    if settings is not None:
        add_settings_routes(app, settings)
    if invitations is not None:
        add_invitation_routes(app, invitations)
    if admissions is not None:
        add_guest_routes(app, admissions)
    return app


def _routes() -> list[web.RouteDef]:
    return [
        web.post("/upload", upload),
        web.get("/status", books.get_status),
        web.get("/books", books.list_books),
        web.post("/books", books.add_books),
        web.get("/books/{book_id}", books.get_book),
        web.delete("/books/{book_id}", books.remove_book),
        web.post("/books/{book_id}/pause", books.pause_book),
        web.post("/books/{book_id}/resume", books.resume_book),
        web.post("/books/{book_id}/retry", books.retry_book),
        web.post("/pause", books.pause_helping),
        web.post("/resume", books.resume_helping),
        web.get("/results/{book_id}", books.get_result),
        web.get("/tasks", guests.list_tasks),
        web.get("/tasks/next", guests.of_this_pc(guests.next_task), allow_head=False),
        web.post("/tasks/complete", guests.of_this_pc(guests.complete_task)),
        web.post("/workers/register", guests.of_this_pc(guests.register_worker)),
        web.post("/workers/{worker_id}/heartbeat", guests.of_this_pc(guests.heartbeat)),
        web.get("/chunks/{filename}", guests.of_this_pc(guests.chunk_audio)),
        web.get("/ws/dashboard", live.dashboard_socket, allow_head=False),
        web.get("/ws/worker/{worker_id}", guests.of_this_pc(guests.worker_socket), allow_head=False),
    ]


async def _close_sockets(app: web.Application) -> None:
    sockets = app[SOCKETS]
    for each in list(sockets):
        await each.close(code=WSCloseCode.GOING_AWAY, message=b"The node ends.")


@asynccontextmanager
async def serve(app: web.Application, port: int) -> AsyncIterator[int]:
    """Serves on 127.0.0.1, and on ::1 where there is one, and yields the port; 0 takes any free one.

    PortTakenError where it is not free on both.
    """
    sockets = _listening_sockets(port)
    runner = web.AppRunner(app, handle_signals=False, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
    try:
        await runner.setup()
        for each in sockets:
            await web.SockSite(runner, each).start()
        yield sockets[0].getsockname()[1]
    finally:
        await runner.cleanup()
        for each in sockets:
            each.close()


def _listening_sockets(port: int) -> list[socket.socket]:
    """One socket for each loopback address, all on one port."""
    for _ in range(TRIES_FOR_A_FREE_PORT):
        first = listening_socket("127.0.0.1", port, option="--port")
        found = first.getsockname()[1]
        try:
            return [first, listening_socket("::1", found, option="--port")]
        except PortTakenError:
            first.close()
            if port != 0:
                raise
        except OSError:
            return [first]  # this PC has no IPv6
    raise PortTakenError("No free port was found; choose one with --port.")
