"""The HTTP API and the status page, on this PC's loopback addresses only."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from weakref import WeakSet

from aiohttp import WSCloseCode, web

from swarmstt.errors import PortTakenError
from swarmstt.sockets import TRIES_FOR_A_FREE_PORT, listening_socket, serve_connections
from swarmstt.web import page
from swarmstt.web.api import live
from swarmstt.web.api.arrivals import Arrivals
from swarmstt.web.api.bodies import MOST_BODY_BYTES
from swarmstt.web.api.door import door_routes
from swarmstt.web.api.guard import add_page_headers, guard
from swarmstt.web.api.http_log import HTTP_LOG
from swarmstt.web.api.keys import (
    ADDING,
    ARRIVALS,
    BEAT_SECONDS,
    BOOKS,
    CHANGES_SECONDS,
    GIVE_WAY,
    GUESTS,
    INVITATIONS,
    MEMBERSHIP,
    READ_ALONG,
    SETTINGS,
    SOCKETS,
    STATUS,
)
from swarmstt.web.api.own_user import OwnUser
from swarmstt.web.api.ports import Ports
from swarmstt.web.api.replies import explain_errors
from swarmstt.web.api.settings import settings_routes
from swarmstt.web.api.status import giving_way_routes, status_routes
from swarmstt.web.books.cover import COVERS, CoversPort, get_cover
from swarmstt.web.books.ebook import ebook_routes
from swarmstt.web.books.edits import EDITS, EditsPort, edit_routes
from swarmstt.web.books.read_along import read_along_routes
from swarmstt.web.books.rows import book_routes
from swarmstt.web.books.undecided import UNDECIDED, UndecidedPort, decide
from swarmstt.web.books.upload import upload
from swarmstt.web.guests.admissions import Admissions
from swarmstt.web.guests.app import add_guest_routes
from swarmstt.web.guests.invitations import invitation_routes
from swarmstt.web.guests.worker_rows import worker_routes
from swarmstt.web.incoming.places import settling
from swarmstt.web.licences import licence_routes
from swarmstt.web.models.port import ModelsPort
from swarmstt.web.models.rows import MODELS, model_routes
from swarmstt.web.programs.access import Access
from swarmstt.web.programs.management import PROGRAMS, program_routes
from swarmstt.web.programs.rows import add_program_rows

SHUTDOWN_SECONDS = 5.0
"""How long a request may take to end when the node does."""
MOST_ARRIVALS = 256
"""Connections of other users and of what comes by tunnels; this PC's own user settles with the first request."""
ARRIVAL_SECONDS = 30.0
KEEP_ALIVE_SECONDS = 75.0


def build_app(
    ports: Ports,
    *,
    allowed_hosts: Collection[str] = (),
    changes_seconds: float = 0.2,
    beat_seconds: float = 4.0,
    admissions: Admissions | None = None,
    own_user: OwnUser | None = None,
    programs: Access | None = None,
    models: ModelsPort | None = None,
    undecided: UndecidedPort | None = None,
    covers: CoversPort | None = None,
    edits: EditsPort | None = None,
) -> web.Application:
    """Builds the application for a node. `allowed_hosts` are names besides the loopback ones that it may be reached by;
    `changes_seconds` is the least time between two messages to one live page, `beat_seconds` the longest;
    `admissions` let guests in under /join/, `programs` let other programs in; `own_user` decides on who asks from this
    PC; `models` are this PC's; `undecided` keeps uploads that may be several books; `covers` are those of books;
    through `edits` a person changes a book."""
    arrivals = Arrivals(most=MOST_ARRIVALS, most_of_an_address=None, seconds=ARRIVAL_SECONDS)
    app = web.Application(
        middlewares=[
            explain_errors,
            guard(
                allowed_hosts,
                own_user or OwnUser(),
                arrivals,
                is_looked_at_elsewhere=programs.is_for_programs if programs is not None else None,
            ),
        ],
        client_max_size=MOST_BODY_BYTES,
    )
    app[ARRIVALS] = arrivals
    sockets: WeakSet[web.WebSocketResponse] = WeakSet()
    app[SOCKETS] = sockets
    app[CHANGES_SECONDS] = changes_seconds
    app[BEAT_SECONDS] = beat_seconds
    app.on_response_prepare.append(add_page_headers)
    app.on_shutdown.append(_close_sockets)
    page.add_page(app)
    app.add_routes(licence_routes())
    _add_rows(app, ports)
    if covers is not None:
        app[COVERS] = covers
    if undecided is not None:
        app[UNDECIDED] = undecided
        app.router.add_post("/uploads/{upload_id}", decide)
    if edits is not None:
        app[EDITS] = edits
        app.add_routes(edit_routes())
    if models is not None:
        app[MODELS] = models
        app.add_routes(model_routes())
    if programs is not None:
        add_program_rows(app, programs, settling(arrivals))
    if admissions is not None:
        add_guest_routes(app, admissions, comes_in=settling(arrivals))
    return app


def _add_rows(app: web.Application, ports: Ports) -> None:
    app[STATUS], app[BOOKS], app[ADDING], app[GUESTS] = ports.status, ports.books, ports.adding, ports.guests
    app.add_routes([*status_routes(), *book_routes(), *ebook_routes(), *worker_routes()])
    app.router.add_post("/upload", upload)
    app.router.add_get("/books/{book_id}/cover", get_cover)
    app.router.add_get("/ws/dashboard", live.dashboard_socket, allow_head=False)
    if ports.membership is not None:
        app[MEMBERSHIP] = ports.membership
        app.add_routes(door_routes())
    if ports.settings is not None:
        app[SETTINGS] = ports.settings
        app.add_routes(settings_routes())
    if ports.invitations is not None:
        app[INVITATIONS] = ports.invitations
        app.add_routes(invitation_routes())
    if ports.programs is not None:
        app[PROGRAMS] = ports.programs
        app.add_routes(program_routes())
    if ports.read_along is not None:
        app[READ_ALONG] = ports.read_along
        app.add_routes(read_along_routes())
    if ports.give_way is not None:
        app[GIVE_WAY] = ports.give_way
        app.add_routes(giving_way_routes())


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
    runner = web.AppRunner(
        app,
        handle_signals=False,
        access_log=None,
        auto_decompress=False,
        logger=HTTP_LOG,
        shutdown_timeout=SHUTDOWN_SECONDS,
        keepalive_timeout=KEEP_ALIVE_SECONDS,
    )
    async with AsyncExitStack() as stack:
        for each in sockets:
            stack.callback(each.close)
        stack.push_async_callback(runner.cleanup)
        await runner.setup()
        assert runner.server is not None
        receive = app[ARRIVALS].receiving(runner.server)
        for each in sockets:
            server = asyncio.create_task(serve_connections(each, receive))
            stack.push_async_callback(asyncio.wait, {server})
            stack.callback(server.cancel)
        yield sockets[0].getsockname()[1]


def _listening_sockets(port: int) -> list[socket.socket]:
    """Returns one socket for each loopback address, all on one port."""
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
